//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Connecting.java Journal.java OwnedObjects.java RoleTarget.java Rows.java Server.java Sql.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Gives every object that a migration made to its owner. Somebody who is not superuser must be a member of the new owner, and the new
 * owner must have the right to create in the schema (PostgreSQL manual, ALTER TABLE, "Notes"); both are lent for the time it takes.
 */
public final class Ownership {
    private static final int STATEMENTS_A_TRIP = 200;

    private final Connection target;
    private final String user;
    private final boolean superuser;
    private final Set<String> roles;

    /** @param target a session on the target, as the user who made the objects */
    public Ownership(Connection target, Server.Facts facts) {
        this.target = target;
        user = facts.user();
        superuser = facts.superuser();
        roles = new TreeSet<>(Rows.texts(target, "target", "listing the roles in reach",
                "SELECT r.rolname FROM pg_catalog.pg_roles r WHERE " + RoleTarget.reachable(facts)));
    }

    /**
     * Gives the objects away.
     *
     * @return those that stay, because their owner does not exist or is out of the connecting user's reach
     */
    public List<OwnedObjects.Owned> give(List<OwnedObjects.Owned> objects, Journal journal) {
        List<OwnedObjects.Owned> given = objects.stream().filter(object -> roles.contains(object.owner()) && isGiven(object, user)).toList();
        List<String> lent = superuser ? List.of() : borrow(given, journal);
        List<String> batch = new ArrayList<>();
        for (OwnedObjects.Owned object : given) {
            batch.add(giving(object));
            if (batch.size() == STATEMENTS_A_TRIP) {
                run(batch);
                batch.clear();
            }
        }
        run(batch);
        run(lent.stream().map(grant -> "REVOKE " + grant.replaceFirst(" TO ", " FROM ")).toList());
        return objects.stream().filter(object -> isGiven(object, user) && !roles.contains(object.owner())).toList();
    }

    /** @return whether an object that this user has made has to be given away */
    static boolean isGiven(OwnedObjects.Owned object, String user) {
        // A schema may have been there before; everything else belongs to the user who made it already.
        return !object.part() && (!object.owner().equals(user) || object.kind().equals("SCHEMA"));
    }

    /** @return the statement that gives an object to its owner */
    static String giving(OwnedObjects.Owned object) {
        return "ALTER " + object.kind() + " " + object.identity() + " OWNER TO " + Sql.ident(object.owner());
    }

    /**
     * Makes the connecting user a member of the owners, until the journal ends, and lets the owners create in the schemas.
     *
     * @return the grants to take back, without the word GRANT
     */
    private List<String> borrow(List<OwnedObjects.Owned> objects, Journal journal) {
        Set<String> lent = new LinkedHashSet<>();
        for (String owner : new TreeSet<>(objects.stream().map(OwnedObjects.Owned::owner).toList())) {
            if (!owner.equals(user) && !isMember(owner)) {
                journal.member(owner);
                Rows.run(target, "target", "becoming a member of role \"" + owner + "\" to give objects to it", joining(owner, major()));
            }
        }
        guests(objects, user).stream().filter(guest -> !mayCreate(guest.owner, guest.schema))
                .forEach(guest -> lent.add("CREATE ON SCHEMA " + Sql.ident(guest.schema) + " TO " + Sql.ident(guest.owner)));
        run(lent.stream().map(grant -> "GRANT " + grant).toList());
        return List.copyOf(lent);
    }

    /** Somebody who gets something in a schema of somebody else. */
    record Guest(String schema, String owner) {
    }

    /** @return who must be let into which schema while objects are given away by this user */
    static Set<Guest> guests(List<OwnedObjects.Owned> objects, String user) {
        // Schemas are given first, and taking back what was lent to an owner would take what is the owner's own.
        Set<Guest> owned = objects.stream().filter(object -> object.kind().equals("SCHEMA"))
                .map(object -> new Guest(object.schema(), object.owner())).collect(Collectors.toSet());
        return objects.stream().filter(object -> object.schema() != null && !object.kind().equals("SCHEMA") && !object.owner().equals(user))
                .map(object -> new Guest(object.schema(), object.owner())).filter(guest -> !owned.contains(guest))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** @return the statement that makes the connecting user a member of a role, in the words of this major version of PostgreSQL */
    static String joining(String role, int major) {
        return "GRANT " + Sql.ident(role) + " TO CURRENT_USER" + (major >= 16 ? " WITH INHERIT TRUE, SET TRUE" : "");
    }

    /**
     * @param created roles that do not exist yet, and will have been created by the connecting user
     * @return those of the roles that somebody who is no superuser is no member of, and can become one
     */
    static List<String> joinable(Connection target, Server.Facts facts, Collection<String> roles, Collection<String> created) {
        List<String> there = Rows.texts(target, "target", "asking for memberships", """
                SELECT r.rolname FROM pg_catalog.pg_roles r
                 WHERE NOT r.rolsuper AND NOT (pg_catalog.pg_has_role(r.oid, 'USAGE') AND pg_catalog.pg_has_role(r.oid, '%s'))
                   AND (pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION') OR %s)"""
                .formatted(facts.major() >= 16 ? "SET" : "USAGE", facts.major() < 16 && facts.createRole()));
        return new TreeSet<>(roles).stream().filter(role -> created.contains(role) || there.contains(role)).toList();
    }

    /**
     * Makes the connecting user a member of a role until the journal ends, if that can be.
     *
     * @return whether it is one now
     */
    public boolean join(String role, Journal journal) {
        if (superuser || role.equals(user) || roles.contains(role) && isMember(role)) {
            return true;
        }
        try (Statement statement = target.createStatement()) {
            statement.execute(joining(role, major()));
        } catch (SQLException e) {
            // Not there, or out of reach: somebody else will own its things.
            return false;
        }
        journal.member(role);
        return true;
    }

    private boolean isMember(String role) {
        String how = major() >= 16 ? "'SET') AND pg_catalog.pg_has_role(%1$s, 'USAGE')" : "'USAGE')";
        return "t".equals(Rows.text(target, "target", "asking for memberships",
                ("SELECT pg_catalog.pg_has_role(%1$s, " + how).formatted(Sql.literal(role))));
    }

    private boolean mayCreate(String role, String schema) {
        return "t".equals(Rows.text(target, "target", "asking for the right to create", "SELECT pg_catalog.has_schema_privilege("
                + Sql.literal(role) + ", " + Sql.literal(schema) + ", 'CREATE')"));
    }

    private int major() {
        try {
            return target.getMetaData().getDatabaseMajorVersion();
        } catch (SQLException e) {
            throw Connecting.statement("target", "asking for the version", e);
        }
    }

    private void run(List<String> statements) {
        if (statements.isEmpty()) {
            return;
        }
        try (Statement statement = target.createStatement()) {
            statement.execute(String.join(";", statements));
        } catch (SQLException e) {
            throw Connecting.statement("target", "setting the owners", e);
        }
    }
}
