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
import lib.server.TargetDatabase;
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
    private final Server source;
    private final Server target;
    private final Session from;
    private final Session to;
    private final TargetDatabase database;
    private final MigrationOptions wanted;
    private final Selection selection;
    private final Console console;
    private final TargetCheck check;
    private final List<Finding> findings = new ArrayList<>();
    private final Capacity capacity;
    private List<Finding> room;
    private Finding sessions;
    private ClientTools.Installation tools;
    private ValueSettings settings;
    private Extensions extensions;
    private LeftBehind leftBehind;
    private PathNeeds pathNeeds;
    private RolePlan roles;
    private Set<OthersComments.CommentedObject> keptComments = Set.of();
    private StandingObjects standing = StandingObjects.none();
    private ExtensionOwners owners;
    private boolean withTimescale;
    private Integer neededClient;

    /**
     * @param from a session on the source, {@code to} one on the target
     * @param wanted with as many workers as there will be
     */
    public Preflight(Server source, Session from, TargetDatabase database, Session to, MigrationOptions wanted,
            Selection selection, Console console) {
        this.source = source;
        this.database = database;
        target = database.server();
        this.from = from;
        this.to = to;
        this.wanted = wanted;
        this.selection = selection;
        this.console = console;
        check = new TargetCheck(database, to, "migrate", wanted);
        capacity = new Capacity(source, from, target, to, selection, wanted.workers(), wanted.pauseJobs());
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
        if (!database.missing() && SameDatabase.is(from, to)) {
            Failure refusal = SameDatabase.refusal(target);
            findings.add(Finding.stop("target", refusal.hint(), "%s", refusal.getMessage()));
            return findings;
        }
        List<Finding> state = check.state();
        findings.addAll(state);
        findings.addAll(check.encoding(source.facts().encoding(), source.facts().collate(), source.facts().ctype(),
                source.facts().sorting(),
                () -> DatabaseSettings.creation(from)));
        List<Finding> readability = new Readability(from, source.facts().user(), selection).check();
        findings.addAll(readability);
        RecognizedKind kind = RecognizedKind.of(wanted.kind(), target, to);
        if (go(readability)) {
            timescale(kind.kind());
        }
        findings.addAll(Collations.check(from, to, database.missing()));
        boolean intoUtf8 = !database.missing() && target.facts().encoding().equals("UTF8");
        findings.addAll(
                new TableChecks(from, source.facts(), to, selection).check(source, withTimescale, intoUtf8));
        findings.addAll(new ExtensionCheck(from, to, target.facts(), extensions, wanted.leaveOut())
                .on(kind.kind(), selection, wanted.rebuild()).run());
        findings.addAll(new LargeRows(from, source.facts(), selection).check(extensions.same(), wanted.workers(),
                Runtime.getRuntime().maxMemory()));
        findings.add(Finding.ok("target kind", "%s", kind));
        List<OwnedObjects.Owned> objects = OwnedObjects.list(from);
        Roles all = Roles.read(from, source);
        roles = new RolePlan(all, owners(objects), kind.kind(), target, to, wanted.granted(),
                wanted.resume() ? check.rolesMade() : List.of());
        // A superuser creates all roles.
        owners = new ExtensionOwners(extensions, to, target.facts(), database.name(),
                roles.missing().stream().collect(Collectors.toMap(Roles.Role::name,
                        role -> role.has(Roles.Attribute.SUPERUSER))),
                wanted.leaveOut());
        findings.addAll(wanted.noOwner() ? List.of() : owners.check());
        leftBehind = LeftBehind.find(from, source, target.facts().superuser(), selection)
                .and(FunctionSettings.refused(from, selection, roles.target()))
                .and(wanted.rebuild() && withTimescale
                        ? NewerTimescale.of(from, extensions, target.facts().user()) : List.of());
        PathNeeds paths = PathNeedSearch.find(from, selection, objects,
                extensions.all().stream().map(Extensions.Extension::name).toList());
        findings.addAll(paths.check("migrate", wanted.leaveOut(), false));
        leftBehind = leftBehind.and(paths.leftOut(wanted.leaveOut()));
        pathNeeds = paths.without(wanted.leaveOut());
        findings.addAll(leftBehind.check("migrate", wanted.leaveOut()));
        findings.addAll(leftBehind.needed(from, wanted.leaveOut(), selection));
        if (go(readability) && !database.missing() && !selection.selective()) {
            ExtensionRows rows = ExtensionRows.find(from, to, target.facts().user());
            findings.addAll(rows.check("migrate", wanted.leaveOut()));
            leftBehind = leftBehind.and(rows.things());
        }
        findings.addAll(settings.check(from, to, selection, database.name()));
        // The first of these says whether there is anything on the target.
        roles(go(state.subList(0, 1)), objects);
        if (!wanted.noOwner()) {
            findings.addAll(
                    selection.selective() ? List.of()
                            : SystemOwners.check(from, kind.kind(), wanted.leaveOut()));
            rights(owners(objects), all.bootstrap());
        }
        findings.addAll(new EnvironmentChecks(source, from, target, to).check(sessions,
                new ManagedServices(source, from, target, kind.kind(), database.name()),
                database.name()));
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
    Integer neededClient() {
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

    public LeftBehind leftBehind() {
        return leftBehind;
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

    /** @return the comments and privileges that the target keeps */
    public StandingObjects standing() {
        return standing;
    }

    /** @return what keeps the comment that it has on the target */
    public Set<OthersComments.CommentedObject> keptComments() {
        return keptComments;
    }

    private void timescale(TargetKind kind) {
        List<Finding> found = TimescaleSource.check(from, selection, wanted.pauseJobs(), wanted.rebuild());
        findings.addAll(found);
        withTimescale = !found.isEmpty() && go(found);
        if (withTimescale && wanted.rebuild() && !wanted.takesOver() && !database.missing()) {
            findings.addAll(NewerTimescale.jobs(to));
        }
        if (!found.isEmpty() && !database.missing() && !target.facts().superuser()) {
            findings.addAll(new TimescaleRights(to, target.facts().user(), () -> kind).check());
        }
    }

    private static Set<String> owners(List<OwnedObjects.Owned> objects) {
        return objects.stream().filter(object -> !object.isPublic()).map(OwnedObjects.Owned::owner)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Asks for what acts with its owner's rights only where somebody would gain by it. */
    private void rights(Set<String> owners, String bootstrap) {
        List<Timescale.Job> jobs = withTimescale ? Timescale.jobs(from) : List.of();
        jobs.forEach(job -> owners.add(job.owner()));
        OwnerPowers ownerPowers = new OwnerPowers(roles.targetPowers(), roles.unreachable(), target.facts().user());
        owners.removeIf(
                owner -> owner.equals(bootstrap) || ownerPowers.gained(owner, roles.powers().of(owner)).isEmpty());
        if (!owners.isEmpty()) {
            findings.addAll(
                    ownerPowers.check(ownerPowers.with(OwnersCode.read(from, selection, owners, roles.powers()), jobs),
                            wanted.granted()));
        }
    }

    /**
     * @param empty whether the target can be used at all; schemas that stand there otherwise are not the ones that will
     * be made
     */
    private void roles(boolean empty, List<OwnedObjects.Owned> objects) {
        findings.addAll(roles.check());
        findings.addAll(roles.grantors(Grants.grantors(from)));
        if (!selection.selective()) {
            findings.addAll(DatabaseSettings.refused(from, roles.target(), database.name()));
        }
        findings.addAll(CarriedSettings.check(from, roles.target(), database.name(), selection.selective()));
        if (!database.missing()) {
            OthersComments comments = OthersComments.find(from, target, to);
            findings.addAll(comments.check());
            keptComments = comments.kept();
            standing = StandingObjects.find(from, target, to, selection, check.interruptedBefore(),
                    keptComments, wanted.noPrivileges());
            findings.addAll(standing.check());
        }
        if (!database.missing() && empty) {
            findings.addAll(check.namesakes(leftBehind.without(objects), from, selection));
            findings.addAll(new TargetSchemas(to, target.facts().user(), wanted.takesOver())
                    .check(TargetSchemas.owners(objects, from, selection), roles.unreachable()));
        }
    }
}
