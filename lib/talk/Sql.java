package lib.talk;

/** Quoting of names and values for SQL; the only place where either is quoted. */
public final class Sql {
    private Sql() {
    }

    /** Quotes an identifier always, as {@code quote_ident} does when it must (PostgreSQL manual, 4.1.1). */
    public static String ident(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** Quotes a schema-qualified name. */
    public static String name(String schema, String name) {
        return ident(schema) + '.' + ident(name);
    }

    /**
     * Quotes a string constant; one with a backslash is written {@code E'…'} so that standard_conforming_strings does
     * not matter.
     */
    public static String literal(String value) {
        String quoted = '\'' + value.replace("'", "''") + '\'';
        return value.indexOf('\\') < 0 ? quoted : 'E' + quoted.replace("\\", "\\\\");
    }
}
