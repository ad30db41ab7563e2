//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.catalog.OwnedObjects;
import lib.code.OwnerPowers;
import lib.code.OwnersCode;
import lib.preflight.TargetSchemas;
import lib.roles.RolePowers;
import lib.server.Finding;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.timescale.Timescale;

/**
 * Whether the target has the roles that a dump names, and the connecting user may give them what they own. Roles belong
 * to the server; a dump of one database only names them.
 */
final class RestoreRoles {
    /** A role of the target; {@code reach} is whether the connecting user may give objects to it. */
    private record Role(String name, boolean superuser, boolean inherits, boolean reach) {
    }

    private final Manifest manifest;
    private final TargetDatabase database;
    private final boolean owners;
    private final boolean privileges;
    private final boolean takesOver;
    private final Collection<String> granted;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * @param owners whether objects are given to their owners
     * @param privileges whether privileges are granted
     * @param takesOver whether what a failed run has made is removed first, or gone on with
     * @param granted the roles of the target that get their code although it can do more there than on the source
     */
    RestoreRoles(Manifest manifest, TargetDatabase database, boolean owners, boolean privileges, boolean takesOver,
            Collection<String> granted) {
        this.manifest = manifest;
        this.database = database;
        this.owners = owners;
        this.privileges = privileges;
        this.takesOver = takesOver;
        this.granted = granted;
    }

    /** Asks the target. */
    List<Finding> check(Server target, Session to) {
        Set<String> named =
                !owners ? Set.of() : manifest.contents().objects().stream().filter(object -> !object.isPublic())
                        .map(OwnedObjects.Owned::owner).collect(Collectors.toCollection(TreeSet::new));
        Set<String> missing = new TreeSet<>(named);
        missing.addAll(manifest.users());
        if (privileges) {
            missing.addAll(manifest.grantees());
        }
        List<Role> roles = to.list("listing the roles",
                """
                SELECT r.rolname, r.rolsuper, r.rolinherit, %s FROM pg_catalog.pg_roles r"""
                        .formatted(Membership.mayServe("r.oid")),
                row -> new Role(row.getString(1), row.getBoolean(2), row.getBoolean(3), row.getBoolean(4)));
        roles.forEach(role -> missing.remove(role.name));
        if (!manifest.isPlain()) {
            manifest.serverRoles().stream().filter(missing::remove)
                    .forEach(role -> findings.add(Finding.warning("roles", null, named.contains(role)
                            ? "what role \"%s\" owned on the source will belong to \"%s\""
                            : "privileges of role \"%s\" are not migrated: it belongs to the source's server",
                            role, target.facts().user())));
        }
        if (owners && !manifest.ownersCode().isEmpty()) {
            rights(target, to, roles);
        }
        if (!missing.isEmpty()) {
            boolean inNames = manifest.users().stream().anyMatch(missing::contains);
            String where = manifest.isPlain() ? " for the dump" : "";
            findings.add(Finding.stop("roles",
                    "create them with dump-roles and psql first"
                            + (inNames ? "" : ", or use --no-owner and --no-privileges" + where),
                    "the dump names roles that do not exist on the target: %s", String.join(", ", missing)));
        }
        if (!target.facts().superuser()) {
            String user = target.facts().user();
            List<Role> others =
                    roles.stream().filter(role -> named.contains(role.name) && !role.name.equals(user)).toList();
            boolean inherits = roles.stream().anyMatch(role -> role.name.equals(user) && role.inherits);
            others.forEach(role -> reach(role, target.facts(), inherits));
            schemas(to, user, others);
        }
        return findings;
    }

    /** @param roles of the target, with those out of reach, whose objects go to the connecting user */
    private void rights(Server target, Session to, List<Role> roles) {
        Set<String> unreachable =
                roles.stream().filter(role -> !role.reach).map(Role::name).collect(Collectors.toSet());
        manifest.ownersCode().stream().map(OwnersCode::owner)
                .filter(owner -> roles.stream().noneMatch(role -> role.name.equals(owner))).forEach(unreachable::add);
        OwnerPowers ownerPowers = new OwnerPowers(RolePowers.read(to, target), unreachable, target.facts().user());
        List<Timescale.Job> jobs =
                manifest.contents().timescale() == null ? List.of() : manifest.contents().timescale().jobs();
        findings.addAll(ownerPowers.check(ownerPowers.with(manifest.ownersCode(), jobs), granted));
    }

    private void reach(Role owner, Server.Facts facts, boolean inherits) {
        String user = facts.user();
        if (owner.superuser) {
            findings.add(Finding.warning("roles", null, "what role \"%s\" owned on the source will belong to \"%s\"",
                    owner.name, user));
        } else if (!owner.reach) {
            findings.add(Finding.stop("roles", Membership.granting(owner.name, user, inherits, facts.major()),
                    "role \"%s\" owns objects of the dump, and \"%s\" cannot act as it on the target", owner.name,
                    user));
        }
    }

    private void schemas(Session to, String user, List<Role> owners) {
        if (!database.missing()) {
            Map<String, Set<String>> bySchema = TargetSchemas.owners(manifest.contents().objects());
            Set<String> given =
                    owners.stream().filter(role -> !role.superuser).map(Role::name).collect(Collectors.toSet());
            bySchema.values().forEach(names -> names.retainAll(given));
            findings.addAll(new TargetSchemas(to, user, takesOver).check(bySchema, Set.of()));
        }
    }
}
