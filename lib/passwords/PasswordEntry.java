package lib.passwords;

import lib.dsn.Dsn;

/**
 * A password of a role, as a line of a file gives it. Its text form is without the password.
 *
 * @param host null for any
 * @param port null for any
 * @param database null for any
 * @param role null for any
 */
record PasswordEntry(String host, String port, String database, String role, String password) {
    static PasswordEntry of(Dsn target, String role, String password) {
        return new PasswordEntry(target.host(), String.valueOf(target.port()), target.database(), role, password);
    }

    /** @return whether the line applies to this database, and perhaps to others */
    boolean fits(Dsn target) {
        return fits(host, target.host()) && fits(port, String.valueOf(target.port()))
                && fits(database, target.database());
    }

    /** @return whether the line applies to this database only */
    boolean names(Dsn target) {
        return fits(target) && host != null && port != null && database != null && role != null;
    }

    private static boolean fits(String field, String value) {
        return field == null || field.equals(value);
    }

    @Override
    public String toString() {
        return "the password of " + role;
    }
}
