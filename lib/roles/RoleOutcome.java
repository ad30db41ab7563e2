package lib.roles;

import java.util.Set;

/**
 * A role and what becomes of it.
 *
 * @param role with the attributes and the password that it will have
 * @param why the reason why it is kept or left out, or null
 * @param lowered the attributes that it has on the source and cannot have on the target
 */
record RoleOutcome(Roles.Role role, Action action, String why, Set<Roles.Attribute> lowered) {
    /** What becomes of a role. */
    enum Action {
        /** The target has no role of this name. */
        CREATED,
        /** The target has one, which gets the attributes, the password, the comment and the settings. */
        ALTERED,
        /** The target has one, which keeps its attributes and its password. */
        KEPT,
        /** It is not created on the target. */
        LEFT_OUT
    }

    RoleOutcome(Roles.Role role, Action action, String why) {
        this(role, action, why, Set.of());
    }
}
