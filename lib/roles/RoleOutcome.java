package lib.roles;

import java.util.Set;

/**
 * A role and what becomes of it.
 *
 * @param role with the attributes and the password that it will have
 * @param why the reason if it is kept or left out, else null
 * @param lowered the attributes that it has on the source and may not have here
 */
record RoleOutcome(Roles.Role role, Fate fate, String why, Set<Roles.Attribute> lowered) {
    /** What becomes of a role. */
    enum Fate {
        /** The target has none of this name. */
        CREATED,
        /** The target has one, which gets the attributes, the password, the comment and the settings. */
        ALTERED,
        /** The target has one, which keeps its attributes and its password. */
        KEPT,
        /** The target does not get it. */
        LEFT_OUT
    }

    RoleOutcome(Roles.Role role, Fate fate, String why) {
        this(role, fate, why, Set.of());
    }
}
