package lib.roles;

/**
 * A property of a role that is not migrated.
 *
 * @param role the role that loses it, or null if it belongs to no single role
 * @param statement what a superuser of the target would have to run, or null if no statement helps
 * @param caution an undesired effect of that statement, or null
 * @param accepting the option that accepts this, or null where there is none
 */
record RoleLoss(String role, String what, String why, String statement, String caution, String accepting) {
    RoleLoss(String role, String what, String why, String statement) {
        this(role, what, why, statement, null, null);
    }

    /**
     * The remedy, after the caution if there is one.
     *
     * @param by who may run the statement, or when
     * @return null if there is none
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
