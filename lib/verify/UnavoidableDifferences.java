package lib.verify;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lib.catalog.DatabaseSettings;
import lib.catalog.OthersComments;
import lib.catalog.OwnedObjects;
import lib.roles.RecognizedKind;
import lib.roles.RolePlan;
import lib.roles.RoleTarget;
import lib.roles.RoleTranslation;
import lib.roles.Roles;
import lib.roles.TargetKind;
import lib.server.Server;
import lib.server.Session;
import lib.source.Tablespaces;

/**
 * The differences that the target's user cannot avoid, because it may not set everything: a migration announces and
 * accepts these too.
 */
final class UnavoidableDifferences {
    private UnavoidableDifferences() {
    }

    /**
     * @return what covers the differences that this user of the target could not have avoided; none for a superuser,
     * but for a service's own roles
     */
    static AnnouncedDifferences of(Server source, Session from, Server target, Session to) {
        Roles roles = Roles.read(from, source);
        Set<String> owners = new TreeSet<>();
        OwnedObjects.list(from).forEach(object -> owners.add(object.owner()));
        owners.addAll(from.texts("listing whose default privileges there are",
                "SELECT DISTINCT pg_catalog.pg_get_userbyid(defaclrole) FROM pg_catalog.pg_default_acl"));
        TargetKind kind = RecognizedKind.of(null, target, to).kind();
        RoleTarget there = RoleTarget.ask(kind, target, to);
        RolePlan plan = new RolePlan(roles, owners, kind, target, to, Set.of(), Set.of());
        Set<String> changed = new RoleTranslation(roles, there, true, false, Set.of()).changed();
        roles.databaseSettings().stream().filter(setting -> there.refusal(setting.name()).isPresent())
                .forEach(setting -> changed.add(setting.role()));
        return new AnnouncedDifferences(target.facts().user(), changed, plan.unreachable(), List.of(), false, false,
                false)
                .gone(plan.gone().replaced()).refusals(DatabaseSettings.refusals(from, there, target.database()))
                .superuser(target.facts().superuser()).powers(plan.powersThere())
                .tablespaces(Tablespaces.missing(from, to))
                .comments(OthersComments.find(from, target, to).kept());
    }
}
