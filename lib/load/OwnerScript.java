//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.catalog.OwnedObjects;
import lib.journal.Memberships;
import lib.journal.PriorMembership;
import lib.server.Server;
import lib.server.Session;
import lib.source.Contents;
import lib.source.LeftBehind;
import lib.talk.ShellScript;
import lib.talk.Sql;

/**
 * What {@link Ownership} does, as statements for psql: a user who is not a superuser is granted memberships and
 * privileges for as long as it takes.
 */
public final class OwnerScript {
    private static final ShellScript.Side TARGET = ShellScript.Side.TARGET;

    private final ShellScript script;
    private final Session target;
    private final Server.Facts facts;
    private final List<OwnedObjects.Owned> given;
    private final List<OwnedObjects.Owned> kept;

    /**
     * @param target a session on the target
     * @param unreachable the owners whose objects stay with the connecting user
     */
    public OwnerScript(ShellScript script, Contents contents, LeftBehind leftBehind, Session target,
            Server.Facts facts, Set<String> unreachable) {
        this.script = script;
        this.target = target;
        this.facts = facts;
        Set<String> others = new TreeSet<>(unreachable);
        if (!facts.superuser()) {
            // Only a superuser can give anything to a superuser.
            others.addAll(target.texts("listing the superusers",
                    "SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper"));
        }
        List<OwnedObjects.Owned> objects = Loading.objects(contents, leftBehind).stream()
                .filter(object -> Ownership.needsOwner(object, facts.user())).toList();
        given = objects.stream().filter(object -> !others.contains(object.owner())).toList();
        kept = objects.stream().filter(object -> others.contains(object.owner())).toList();
    }

    /**
     * Makes the connecting user a member of the owners until the script ends.
     *
     * @param more further roles to be a member of, where that can be
     * @param created the roles that the script creates
     */
    public void joinRoles(boolean owners, Collection<String> more, Collection<String> created) {
        Set<String> wanted = new TreeSet<>(more);
        if (owners) {
            given.forEach(object -> wanted.add(object.owner()));
        }
        wanted.remove(facts.user());
        List<PriorMembership> roles =
                facts.superuser() ? List.of() : Memberships.takeable(target, facts, wanted, created);
        if (!roles.isEmpty()) {
            String leaving = roles.stream().map(role -> role.leaving(facts) + ";\n").collect(Collectors.joining());
            script.step(
                    "A user who is not a superuser can give objects only to roles that they are a member of; revoked "
                            + "when the script ends")
                    .atExit("leave", TARGET, "BEGIN READ WRITE;\n" + leaving + "COMMIT;")
                    .sql(TARGET, roles.stream().map(role -> role.joining(facts)).toList());
        }
    }

    /** @return whether a superuser can give all of these objects to their owners */
    public boolean superuserCanSetOwners(Predicate<OwnedObjects.Owned> wanted) {
        return facts.superuser() && kept.stream().noneMatch(wanted);
    }

    /** Gives objects away. */
    public void setOwners(String title, Predicate<OwnedObjects.Owned> wanted) {
        List<OwnedObjects.Owned> objects = given.stream().filter(wanted).toList();
        if (objects.isEmpty()) {
            return;
        }
        String giving =
                objects.stream().map(object -> Ownership.alterOwner(object) + ";\n").collect(Collectors.joining());
        Set<Ownership.SchemaGrant> grants =
                facts.superuser() ? Set.of() : Ownership.schemaGrants(objects, facts.user());
        if (grants.isEmpty()) {
            script.step(title).sql(TARGET, giving.stripTrailing());
        } else {
            script.step(title + "; each is granted CREATE on the schema meanwhile").sql(TARGET, schemaGrants(grants)
                    + "\nSELECT 'GRANT ' || what || ' TO ' || owner FROM lent\n\\gexec\n" + giving
                    + "SELECT 'REVOKE ' || what || ' FROM ' || owner FROM lent\n\\gexec");
        }
    }

    private static String schemaGrants(Set<Ownership.SchemaGrant> grants) {
        String all = grants.stream()
                .map(grant -> "(" + Sql.literal(grant.schema()) + ", " + Sql.literal(grant.owner()) + ")")
                .collect(Collectors.joining(", "));
        return """
                CREATE TEMPORARY TABLE lent AS
                SELECT pg_catalog.format('CREATE ON SCHEMA %%I', schema) AS what, pg_catalog.quote_ident(owner) AS owner
                  FROM (VALUES %s) AS guest(schema, owner) WHERE NOT pg_catalog.has_schema_privilege(owner, schema,
                    'CREATE');"""
                .formatted(all);
    }
}
