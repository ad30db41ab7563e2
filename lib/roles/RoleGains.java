package lib.roles;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a role of the source would gain through a role of the target that has the name of one of the source but can do
 * more.
 */
final class RoleGains {
    /**
     * What a role would gain.
     *
     * @param powers names of attributes and of predefined roles
     * @param superuser whether one of them has no bounds
     */
    record Gain(Set<String> powers, boolean superuser) {
        /** @return why it is not granted */
        String why() {
            return "the target has a role of that name, which " + (superuser ? "is or can become a superuser"
                    : "can do more than on the source (" + String.join(", ", powers) + ")");
        }

        /** @return a warning for an administrator who grants it anyway */
        String caution(String member) {
            return superuser ? "this makes role \"" + member + "\" a superuser of the target"
                    : "this gives role \"" + member + "\" more than it has on the source (" + String.join(", ", powers)
                            + ")";
        }
    }

    private final RolePowers here;
    private final RoleTarget target;
    private final Collection<String> granted;

    /** @param granted the roles of the target that may be granted although the members gain by it */
    RoleGains(RolePowers here, RoleTarget target, Collection<String> granted) {
        this.here = here;
        this.target = target;
        this.granted = granted;
    }

    /**
     * @param already what the member can do on the target
     * @return what the member would gain beyond what it has on the source or on the target already, or null
     */
    Gain byMembership(Roles.Membership membership, Set<String> already) {
        String role = membership.role();
        if (granted.contains(role) || !target.exists(role) || target.powers().has(membership)
                || already.contains(RolePowers.SUPERUSER)) {
            return null;
        }
        Set<String> more = target.powers().of(role);
        // A superuser of the source need not be trusted as one on the target, even where both sides have one of that
        // name.
        boolean superuser = more.contains(RolePowers.SUPERUSER);
        more.removeAll(already);
        if (!superuser) {
            more.removeAll(here.of(role));
        }
        return gain(more, superuser);
    }

    /**
     * @param given the attributes that the target's role is to get
     * @return what a user who knows the password of the source could then do that they cannot do there, or null
     */
    Gain byPassword(Roles.Role role, Set<Roles.Attribute> given) {
        if (granted.contains(role.name()) || !target.exists(role.name())) {
            return null;
        }
        Set<Roles.Attribute> attributes = EnumSet.noneOf(Roles.Attribute.class);
        attributes.addAll(given);
        // An attribute that the user may not grant, the user may not remove either.
        target.powers().attributes(role.name()).stream().filter(attribute -> !target.givable().contains(attribute))
                .forEach(attributes::add);
        Set<String> more = RolePowers.gained(here.of(role.name()), target.powers().of(role.name(), attributes));
        return gain(more, more.contains(RolePowers.SUPERUSER));
    }

    private static Gain gain(Set<String> more, boolean superuser) {
        return more.isEmpty() ? null : new Gain(more, superuser);
    }
}
