//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.catalog.DatabaseSettings;
import lib.catalog.Extensions;
import lib.catalog.Grants;
import lib.catalog.MigrationOptions;
import lib.catalog.OthersComments;
import lib.catalog.OwnedObjects;
import lib.catalog.Selection;
import lib.catalog.SystemOwners;
import lib.code.OwnerPowers;
import lib.code.OwnersCode;
import lib.roles.RecognizedKind;
import lib.roles.RolePlan;
import lib.roles.Roles;
import lib.roles.TargetKind;
import lib.rows.Capacity;
import lib.server.Finding;
import lib.server.SameDatabase;
import lib.server.Server;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.ExtensionRows;
import lib.source.LeftBehind;
import lib.source.PathNeedSearch;
import lib.source.PathNeeds;
import lib.talk.Console;
import lib.talk.Failure;
import lib.timescale.Timescale;
import lib.tools.ClientTools;

/**
 * Looks at both sides before anything is changed, and says what would stop a migration or should make the operator
 * think.
 */
public final class Preflight {
    /**
     * How the migration is meant to be run.
     *
     * @param wanted with as many jobs as there will be
     * @param createdLater the name of the target's database when it has yet to be created, else null; the target is
     * then asked through another database
     */
    public record Plan(MigrationOptions wanted, Selection selection, String createdLater) {
        private boolean create() {
            return createdLater != null;
        }
    }

    private final Server source;
    private final Server target;
    private final Session from;
    private final Session to;
    private final Plan plan;
    private final Console console;
    private final TargetCheck check;
    private final List<Finding> findings = new ArrayList<>();
    private final Capacity capacity;
    private List<Finding> room;
    private Finding sessions;
    private ClientTools.Installation tools;
    private ValueSettings settings;
    private Extensions extensions;
    private LeftBehind uncarried;
    private PathNeeds pathNeeds;
    private RolePlan roles;
    private Set<String> keptComments = Set.of();
    private ExtensionOwners owners;
    private boolean withTimescale;
    private Integer neededClient;

    /** @param from a session on the source, {@code to} one on the target */
    public Preflight(Server source, Session from, Server target, Session to, Plan plan, Console console) {
        this.source = source;
        this.target = target;
        this.from = from;
        this.to = to;
        this.plan = plan;
        this.console = console;
        check = new TargetCheck(target, to,
                new TargetCheck.Plan("migrate", plan.wanted, plan.createdLater));
        capacity = new Capacity(source, from, target, to, plan.selection, plan.wanted.jobs(), plan.wanted.pauseJobs());
    }

    /**
     * Looks at what nobody can see any more once the source is being read, and finds out what its readers have to know:
     * {@link #tools} and {@link #extensions}.
     *
     * @return whether both servers can bear the readers, and the source can be dumped at all
     */
    public boolean begin(ClientTools installed) {
        sessions = EnvironmentChecks.sessions(from);
        room = capacity.check();
        VersionCheck versions = VersionCheck.of(source.facts(), target.facts(), installed);
        findings.addAll(versions.findings());
        tools = versions.tools();
        neededClient = versions.neededClient();
        settings = new ValueSettings(source, target, tools, console);
        if (tools != null && !capacity.empty()) {
            settings.begin();
        }
        extensions = check.extensions(Extensions.installed(from));
        return tools != null && go(room);
    }

    /** Runs every check; later ones that need what an earlier one has stopped are left away. */
    public List<Finding> run() {
        findings.add(TargetCheck.tls(source, from));
        findings.add(TargetCheck.tls(target, to));
        findings.addAll(CarriedSettings.acting(source, from));
        findings.addAll(CarriedSettings.acting(target, to));
        if (!plan.create() && SameDatabase.is(from, to)) {
            Failure refusal = SameDatabase.refusal(target);
            findings.add(Finding.stop("target", refusal.hint(), "%s", refusal.getMessage()));
            return findings;
        }
        List<Finding> state = check.state();
        findings.addAll(state);
        findings.addAll(check.encoding(source.facts().encoding(), source.facts().collate(), source.facts().ctype(),
                source.facts().sorting(),
                () -> DatabaseSettings.creation(from)));
        List<Finding> readability = new Readability(from, source.facts().user(), plan.selection).check();
        findings.addAll(readability);
        RecognizedKind kind = RecognizedKind.of(plan.wanted.kind(), target, to);
        if (go(readability)) {
            timescale(kind.kind());
        }
        findings.addAll(Collations.check(from, to, plan.create()));
        boolean intoUtf8 = !plan.create() && target.facts().encoding().equals("UTF8");
        findings.addAll(
                new TableChecks(from, source.facts(), to, plan.selection).check(source, withTimescale, intoUtf8));
        findings.addAll(new ExtensionCheck(from, to, target.facts(), extensions, plan.wanted.leaveOut())
                .on(kind.kind(), plan.selection).run());
        findings.addAll(new LargeRows(from, source.facts(), plan.selection).check(extensions.same(), plan.wanted.jobs(),
                Runtime.getRuntime().maxMemory()));
        findings.add(Finding.ok("target kind", "%s", kind));
        List<OwnedObjects.Owned> objects = OwnedObjects.list(from);
        Roles all = Roles.read(from, source);
        roles = new RolePlan(all, owners(objects), kind.kind(), target, to, plan.wanted.granted());
        // A superuser creates all roles.
        owners = new ExtensionOwners(extensions, to, target.facts(), database(),
                roles.missing().stream().collect(Collectors.toMap(Roles.Role::name,
                        role -> role.has(Roles.Attribute.SUPERUSER))),
                plan.wanted.leaveOut());
        findings.addAll(plan.wanted.noOwner() ? List.of() : owners.check());
        uncarried = LeftBehind.find(from, source, target.facts().superuser(), plan.selection)
                .and(FunctionSettings.refused(from, plan.selection, roles.target()));
        PathNeeds paths = PathNeedSearch.find(from, plan.selection, objects,
                extensions.all().stream().map(Extensions.Extension::name).toList());
        findings.addAll(paths.check("migrate", plan.wanted.leaveOut(), false));
        uncarried = uncarried.and(paths.leftOut(plan.wanted.leaveOut()));
        pathNeeds = paths.without(plan.wanted.leaveOut());
        findings.addAll(uncarried.check("migrate", plan.wanted.leaveOut()));
        findings.addAll(uncarried.needed(from, plan.wanted.leaveOut(), plan.selection));
        if (go(readability) && !plan.create() && !plan.selection.selective()) {
            ExtensionRows rows = ExtensionRows.find(from, to, target.facts().user());
            findings.addAll(rows.check("migrate", plan.wanted.leaveOut()));
            uncarried = uncarried.and(rows.things());
        }
        findings.addAll(settings.check(from, to, plan.selection, database()));
        // The first of these says whether there is anything on the target.
        roles(go(state.subList(0, 1)), objects);
        if (!plan.wanted.noOwner()) {
            findings.addAll(
                    plan.selection.selective() ? List.of()
                            : SystemOwners.check(from, kind.kind(), plan.wanted.leaveOut()));
            rights(owners(objects), all.bootstrap());
        }
        findings.addAll(new EnvironmentChecks(source, from, target, to).check(sessions,
                new ManagedServices(source, from, target, kind.kind(), database()), database()));
        findings.addAll(room);
        if (go(readability)) {
            capacity.hypertable().ifPresent(findings::add);
        }
        return findings;
    }

    /** @return whether nothing stops the migration */
    public static boolean go(List<Finding> findings) {
        return findings.stream().noneMatch(finding -> finding.level() == Finding.Level.STOP);
    }

    public ClientTools.Installation tools() {
        return tools;
    }

    /**
     * @return the major version of the client programs that would serve and are not installed, or null where nothing is
     * missing
     */
    public Integer neededClient() {
        return neededClient;
    }

    /**
     * @return sessions on the target that compute; {@code now} is the target, or the database that has been created
     * there since, whose settings are its own
     */
    public ComputingSessions computing(Server now) {
        return settings.computing(now);
    }

    public Extensions extensions() {
        return extensions;
    }

    public LeftBehind uncarried() {
        return uncarried;
    }

    public PathNeeds pathNeeds() {
        return pathNeeds;
    }

    public RolePlan rolePlan() {
        return roles;
    }

    public ExtensionOwners extensionOwners() {
        return owners;
    }

    /** @return the default privileges that the target has */
    public DefaultPrivileges defaultPrivileges() {
        return check.defaults();
    }

    /** @return what keeps the comment that it has on the target */
    public Set<String> keptComments() {
        return keptComments;
    }

    private void timescale(TargetKind kind) {
        List<Finding> found = TimescaleSource.check(from, plan.selection, plan.wanted.pauseJobs());
        findings.addAll(found);
        withTimescale = !found.isEmpty() && go(found);
        if (!found.isEmpty() && !plan.create() && !target.facts().superuser()) {
            findings.addAll(new TimescaleRights(to, target.facts().user(), () -> kind).check());
        }
    }

    private String database() {
        return plan.create() ? plan.createdLater : target.database();
    }

    private static Set<String> owners(List<OwnedObjects.Owned> objects) {
        return objects.stream().filter(object -> !object.isPublic()).map(OwnedObjects.Owned::owner)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Asks for what acts with its owner's rights only where somebody would gain by it. */
    private void rights(Set<String> owners, String bootstrap) {
        List<Timescale.Job> jobs = withTimescale ? Timescale.jobs(from) : List.of();
        jobs.forEach(job -> owners.add(job.owner()));
        OwnerPowers heirs = new OwnerPowers(roles.targetPowers(), roles.unreachable(), target.facts().user());
        owners.removeIf(owner -> owner.equals(bootstrap) || heirs.gained(owner, roles.powers().of(owner)).isEmpty());
        if (!owners.isEmpty()) {
            findings.addAll(heirs.check(heirs.with(OwnersCode.read(from, plan.selection, owners, roles.powers()), jobs),
                    plan.wanted.granted()));
        }
    }

    /**
     * @param empty whether the target can be used at all; schemas that stand there otherwise are not the ones that will
     * be made
     */
    private void roles(boolean empty, List<OwnedObjects.Owned> objects) {
        findings.addAll(roles.check());
        findings.addAll(roles.grantors(Grants.grantors(from)));
        if (!plan.selection.selective()) {
            findings.addAll(DatabaseSettings.refused(from, roles.target(), database()));
        }
        findings.addAll(CarriedSettings.check(from, roles.target(), database(), plan.selection.selective()));
        if (!plan.create()) {
            OthersComments comments = OthersComments.find(from, target, to);
            findings.addAll(comments.check());
            keptComments = comments.kept();
        }
        if (!plan.create() && empty) {
            findings.addAll(check.namesakes(uncarried.without(objects), from, plan.selection));
            findings.addAll(new TargetSchemas(to, target.facts().user(), plan.wanted.restart())
                    .check(TargetSchemas.owners(objects, from, plan.selection), roles.unreachable()));
        }
    }
}
