package lib.roles;

/**
 * Something of a role, or of roles, that does not arrive.
 *
 * @param role the role that goes without, or null if it is nobody's in particular
 * @param statement what a superuser of the target would have to run, or null where nothing helps
 * @param caution what comes of that and need not be wanted, or null
 * @param accepting the option that accepts this, or null where there is none
 */
record RoleLoss(String role, String what, String why, String statement, String caution, String accepting) {
    RoleLoss(String role, String what, String why, String statement) {
        this(role, what, why, statement, null, null);
    }

    /**
     * What mends it, said after what comes of it.
     *
     * @param by who may run the statement, or when
     * @return null where nothing does
     */
    String remedy(String by) {
        String before = caution == null ? ""
                : caution + "; only if that is wanted: " + (accepting == null ? "" : accepting + ", or ");
        return statement == null ? null : before + by + ": " + statement + ";";
    }

    @Override
    public String toString() {
        return (role == null ? "" : "role \"" + role + "\": ") + what + ": " + why;
    }
}
