//DEPS org.postgresql:postgresql:42.7.14
package lib.roles;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lib.server.Server;
import lib.server.Session;

/**
 * What the roles of a cluster can do beyond privileges on objects: attributes that a member may use by SET ROLE, and
 * predefined roles (PostgreSQL manual, 22.3 "Role Membership" and 22.5 "Predefined Roles"). A role has its own powers
 * and those of all roles that it is a member of.
 */
public final class RolePowers {
    /** The name of the power that includes all others. */
    public static final String SUPERUSER = Roles.Attribute.SUPERUSER.name();

    private static final Set<Roles.Attribute> ATTRIBUTES =
            EnumSet.of(Roles.Attribute.SUPERUSER, Roles.Attribute.CREATEROLE,
                    Roles.Attribute.REPLICATION, Roles.Attribute.BYPASSRLS);

    private final Map<String, Set<Roles.Attribute>> attributes;
    private final List<Roles.Membership> memberships;

    /** @param attributes of each role of the cluster */
    RolePowers(Map<String, Set<Roles.Attribute>> attributes, List<Roles.Membership> memberships) {
        this.attributes = attributes;
        this.memberships = memberships;
    }

    /** Asks a server. */
    public static RolePowers read(Session session, Server server) {
        Map<String, Set<Roles.Attribute>> attributes = new HashMap<>();
        session.list("listing the roles",
                "SELECT r.rolname, " + Roles.ATTRIBUTES + " FROM pg_catalog.pg_roles r",
                row -> attributes.put(row.getString(1), Roles.attributes(row.getString(2))));
        return new RolePowers(attributes, Roles.memberships(session, server));
    }

    /**
     * What code gains when it gets an owner other than its author. A role that may create roles is not told from a
     * managed service's administrator, and is as good as one for a target where it is no superuser (docs/rights.md).
     *
     * @return the powers that the new owner has and the old one does not; none where the old one is a superuser
     */
    public static Set<String> gained(Collection<String> before, Collection<String> after) {
        Set<String> gained = new TreeSet<>(after);
        if (before.contains(SUPERUSER)
                || !after.contains(SUPERUSER) && before.contains(Roles.Attribute.CREATEROLE.name())) {
            gained.clear();
        }
        gained.removeAll(before);
        return gained;
    }

    Set<Roles.Attribute> attributes(String role) {
        return attributes.getOrDefault(role, Set.of());
    }

    /** @return the names of attributes and of predefined roles */
    public Set<String> of(String role) {
        return of(role, attributes.getOrDefault(role, Set.of()));
    }

    /** @return the names of attributes and of predefined roles, if the role had these attributes */
    Set<String> of(String role, Set<Roles.Attribute> own) {
        Set<String> powers = new TreeSet<>();
        Set<String> seen = new HashSet<>(Set.of(role));
        Deque<String> open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
            String reached = open.remove();
            if (reached.startsWith("pg_")) {
                powers.add(reached);
            }
            (reached.equals(role) ? own : attributes.getOrDefault(reached, Set.<Roles.Attribute>of())).stream()
                    .filter(ATTRIBUTES::contains)
                    .forEach(attribute -> powers.add(attribute.name()));
            memberships.stream()
                    .filter(membership -> membership.member().equals(reached) && seen.add(membership.role()))
                    .forEach(membership -> open.add(membership.role()));
        }
        return powers;
    }

    /** @return whether the cluster has a membership that allows all that this one does */
    boolean has(Roles.Membership wanted) {
        return memberships.stream()
                .anyMatch(there -> there.role().equals(wanted.role()) && there.member().equals(wanted.member())
                        && (there.admin() || !wanted.admin()) && allows(there.inherit(), wanted.inherit())
                        && allows(there.set(), wanted.set()));
    }

    /** Before PostgreSQL 16 there are no such options, and every membership allows both. */
    private static boolean allows(Boolean there, Boolean wanted) {
        return there == null || there || Boolean.FALSE.equals(wanted);
    }
}
