//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Connecting.java Journal.java OwnedObjects.java Rows.java Server.java Sql.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
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
        // Only a superuser can give anything to a superuser.
        roles = new TreeSet<>(Rows.texts(target, "target", "listing the roles",
                "SELECT rolname FROM pg_catalog.pg_roles" + (superuser ? "" : " WHERE NOT rolsuper")));
    }

    /** Gives the objects away; those whose owner does not exist, or is out of the connecting user's reach, stay. */
    public void give(List<OwnedObjects.Owned> objects, Journal journal) {
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
                Rows.run(target, "target", "becoming a member of role \"" + owner + "\" to give objects to it",
                        "GRANT " + Sql.ident(owner) + " TO CURRENT_USER" + (major() >= 16 ? " WITH INHERIT TRUE, SET TRUE" : ""));
            }
        }
        // Schemas are given first, and taking back what was lent to an owner would take what is the owner's own.
        Set<List<String>> owned = objects.stream().filter(object -> object.kind().equals("SCHEMA"))
                .map(object -> List.of(object.schema(), object.owner())).collect(Collectors.toSet());
        for (OwnedObjects.Owned object : objects) {
            if (object.schema() != null && !object.kind().equals("SCHEMA") && !object.owner().equals(user)
                    && !owned.contains(List.of(object.schema(), object.owner())) && !mayCreate(object.owner(), object.schema())) {
                lent.add("CREATE ON SCHEMA " + Sql.ident(object.schema()) + " TO " + Sql.ident(object.owner()));
            }
        }
        run(lent.stream().map(grant -> "GRANT " + grant).toList());
        return List.copyOf(lent);
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
            statement.execute("GRANT " + Sql.ident(role) + " TO CURRENT_USER" + (major() >= 16 ? " WITH INHERIT TRUE, SET TRUE" : ""));
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
