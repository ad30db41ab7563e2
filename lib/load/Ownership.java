//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.OwnedObjects;
import lib.journal.Memberships;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Batches;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * Gives every object that a migration made to its owner. A non-superuser must be a member of the new owner until the
 * load ends, and the new owner must have the CREATE privilege on the schema (PostgreSQL manual, ALTER TABLE, "Notes"),
 * which is granted for one transaction.
 */
final class Ownership {
    private static final int STATEMENTS_PER_BATCH = 200;
    /** The key of the advisory lock under which a schema's privileges change for a moment: "tsown" in ASCII. */
    private static final long SCHEMA_LOCK = 0x74736f776eL;

    private final Session target;
    private final String user;
    private final boolean superuser;
    private final Memberships memberships;
    private final Set<String> roles;
    private final Set<String> others = new HashSet<>();
    private final Map<String, Boolean> inherits = new HashMap<>();

    /**
     * @param target a session on the target, as the user who made the objects
     * @param memberships what the user becomes a member of, until they are closed
     */
    Ownership(Session target, Server.Facts facts, Memberships memberships) {
        this.target = target;
        user = facts.user();
        superuser = facts.superuser();
        this.memberships = memberships;
        roles = new TreeSet<>(target.texts("listing the roles in reach",
                "SELECT r.rolname FROM pg_catalog.pg_roles r WHERE " + Membership.mayServe("r.oid")));
    }

    /** From now on what somebody else owns already is given to the user, too, where it is the user's on the source. */
    void follow() {
        OwnedObjects.list(target).stream().filter(object -> !object.owner().equals(user))
                .forEach(object -> others.add(object.toString()));
    }

    private static boolean isSchema(OwnedObjects.Owned object) {
        return object.kind().equals("SCHEMA");
    }

    private boolean isToGive(OwnedObjects.Owned object) {
        return needsOwner(object, user) || !object.part() && others.contains(object.toString());
    }

    /**
     * Sets the owners of objects, as far as possible and as long as the connecting user can still work on them
     * afterwards.
     *
     * @return those whose owner was set
     */
    List<OwnedObjects.Owned> setOwners(List<OwnedObjects.Owned> objects) {
        List<OwnedObjects.Owned> given = usableAfterwards(objects);
        alterOwners(given);
        return given;
    }

    /**
     * Sets the owners of objects that the connecting user can no longer work on afterwards, too: the last step for
     * these.
     */
    void setRemainingOwners(List<OwnedObjects.Owned> objects) {
        List<OwnedObjects.Owned> given = reachable(objects);
        join(given);
        // As long as the user owns the schema, it can grant CREATE on it and revoke that.
        alterOwners(given.stream().filter(object -> !isSchema(object)).toList());
        alterOwners(given.stream().filter(Ownership::isSchema).toList());
    }

    private List<OwnedObjects.Owned> reachable(List<OwnedObjects.Owned> objects) {
        return objects.stream().filter(object -> roles.contains(object.owner()) && isToGive(object)).toList();
    }

    private List<OwnedObjects.Owned> usableAfterwards(List<OwnedObjects.Owned> objects) {
        List<OwnedObjects.Owned> reachable = reachable(objects);
        Set<String> inherited = join(reachable);
        return reachable.stream().filter(object -> superuser || inherited.contains(object.owner())).toList();
    }

    private void alterOwners(List<OwnedObjects.Owned> given) {
        Set<SchemaGrant> schemaGrants = schemaGrants(given);
        Batches.of(given, STATEMENTS_PER_BATCH).forEach(batch -> run(alterOwner(batch, schemaGrants)));
    }

    /** One transaction: nobody else sees the privilege that is granted for it, and it does not outlive a crash. */
    private static List<String> alterOwner(List<OwnedObjects.Owned> objects, Set<SchemaGrant> schemaGrants) {
        List<SchemaGrant> here =
                objects.stream().map(SchemaGrant::of).filter(schemaGrants::contains).distinct().toList();
        // With a schema's owner go the privileges that it has there.
        List<String> statements = new ArrayList<>(
                objects.stream().filter(Ownership::isSchema).map(Ownership::alterOwner).toList());
        here.forEach(grant -> statements.add(grant.grant()));
        objects.stream().filter(object -> !isSchema(object)).forEach(object -> statements.add(alterOwner(object)));
        here.forEach(grant -> statements.add(grant.revoke()));
        return statements;
    }

    /**
     * For objects that are yet to be made, by whatever session.
     *
     * @return what to run after the creation of each, in the same transaction; nothing for those that
     * {@link #setOwners} would not give
     */
    Map<Archive.Address, String> ownersOnCreation(List<OwnedObjects.Owned> objects) {
        List<OwnedObjects.Owned> given = usableAfterwards(objects);
        Set<SchemaGrant> schemaGrants = schemaGrants(given);
        Map<Archive.Address, String> statements = new HashMap<>();
        given.forEach(object -> {
            // Two sessions that change the privileges on one schema at once would fail.
            String lock =
                    schemaGrants.contains(SchemaGrant.of(object))
                            ? "SELECT pg_catalog.pg_advisory_xact_lock(" + SCHEMA_LOCK + ");\n" : "";
            statements.put(new Archive.Address(object.catalog(), object.oid()),
                    lock + String.join(";\n", alterOwner(List.of(object), schemaGrants)) + ";");
        });
        return statements;
    }

    /**
     * @return those of the objects that stay with the connecting user, because their owner does not exist or is out of
     * reach
     */
    List<OwnedObjects.Owned> keptByUser(List<OwnedObjects.Owned> objects) {
        return objects.stream().filter(object -> isToGive(object) && !roles.contains(object.owner())).toList();
    }

    /** @return whether an object that this user has made has to be given away */
    static boolean needsOwner(OwnedObjects.Owned object, String user) {
        // A schema may have been there before; everything else belongs to the user who made it already.
        return !object.part() && (!object.owner().equals(user) || isSchema(object));
    }

    /** @return the statement that gives an object to its owner */
    static String alterOwner(OwnedObjects.Owned object) {
        return "ALTER " + object.kind() + " " + object.identity() + " OWNER TO " + Sql.ident(object.owner());
    }

    /**
     * Makes the connecting user a member of the owners for the duration of the run.
     *
     * @return the owners whose rights the user inherits, so that their objects can be loaded
     */
    private Set<String> join(List<OwnedObjects.Owned> objects) {
        return superuser ? Set.of() : objects.stream().map(OwnedObjects.Owned::owner).distinct().sorted()
                .filter(owner -> inherits.computeIfAbsent(owner,
                        any -> owner.equals(user) || memberships.join(target, owner)))
                .collect(Collectors.toSet());
    }

    /** Who may create in a schema as its owner may not do so any more when it has been given to another one. */
    private Set<SchemaGrant> schemaGrants(List<OwnedObjects.Owned> given) {
        Set<String> leaving = given.stream()
                .filter(object -> isSchema(object) && others.contains(object.toString()))
                .map(OwnedObjects.Owned::schema).collect(Collectors.toSet());
        return superuser ? Set.of()
                : schemaGrants(given, user).stream()
                        .filter(grant -> leaving.contains(grant.schema) || !mayCreate(grant.owner, grant.schema))
                        .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** An owner who gets objects in a schema of another owner, and needs CREATE there for a moment. */
    record SchemaGrant(String schema, String owner) {
        static SchemaGrant of(OwnedObjects.Owned object) {
            return new SchemaGrant(object.schema(), object.owner());
        }

        String grant() {
            return "GRANT CREATE ON SCHEMA " + Sql.ident(schema) + " TO " + Sql.ident(owner);
        }

        String revoke() {
            return "REVOKE CREATE ON SCHEMA " + Sql.ident(schema) + " FROM " + Sql.ident(owner);
        }
    }

    /** @return who needs CREATE on which schema while this user sets owners */
    static Set<SchemaGrant> schemaGrants(List<OwnedObjects.Owned> objects, String user) {
        // Schemas are given first, and taking back what was lent to an owner would take what is the owner's own.
        Set<SchemaGrant> owned = objects.stream().filter(Ownership::isSchema)
                .map(SchemaGrant::of).collect(Collectors.toSet());
        return objects.stream()
                .filter(object -> object.schema() != null && !isSchema(object)
                        && !object.owner().equals(user))
                .map(SchemaGrant::of).filter(grant -> !owned.contains(grant))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * Makes the connecting user a member of a role for the duration of the run, if possible.
     *
     * @return whether it is one now
     */
    boolean join(String role) {
        if (superuser || role.equals(user)) {
            return true;
        }
        try {
            return memberships.join(target, role) || mayActAs(role);
        } catch (Failure e) {
            // The role is out of reach: its objects will have another owner.
            return false;
        }
    }

    /** A member that does not inherit the rights of the role may still use SET ROLE. */
    private boolean mayActAs(String role) {
        return "t".equals(
                target.text("asking for memberships", "SELECT "
                        + Membership.mayActAs("r.oid") + " FROM pg_catalog.pg_roles r WHERE r.rolname = "
                        + Sql.literal(role)));
    }

    private boolean mayCreate(String role, String schema) {
        return "t".equals(
                target.text("asking for the right to create", "SELECT pg_catalog.has_schema_privilege("
                        + Sql.literal(role) + ", " + Sql.literal(schema) + ", 'CREATE')"));
    }

    private void run(List<String> statements) {
        if (statements.isEmpty()) {
            return;
        }
        try (Statement statement = target.createStatement()) {
            statement.execute(String.join(";", statements));
        } catch (SQLException e) {
            throw target.failure("setting the owners", e);
        }
    }
}
