//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lib.catalog.DatabaseSettings;
import lib.catalog.Extensions;
import lib.catalog.MigrationOptions;
import lib.catalog.OwnedObjects;
import lib.journal.EarlierGrants;
import lib.journal.Journal;
import lib.journal.LateObjects;
import lib.journal.Memberships;
import lib.journal.RunIdentity;
import lib.server.JournalTables;
import lib.server.Leftovers;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetLock;
import lib.settings.ComputingSessions;
import lib.source.Contents;
import lib.source.Inventory;
import lib.source.LeftBehind;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Report;
import lib.talk.Steps;
import lib.timescale.Jobs;
import lib.timescale.RestoringMode;
import lib.timescale.Timescale;
import lib.timescale.TimescaleCatalog;
import lib.tools.RefusedStatement;

/**
 * Loads a database into the target in the order that is safe: owners come before what the server computes with their
 * rights, rows before indexes, constraints and triggers, privileges after these, and event triggers last of all,
 * because they would fire on the rest. All that will be made is written down on the target first, so that a run that
 * fails can be undone.
 */
public final class Loading {
    private final MigrationOptions wanted;
    private final Contents contents;
    private final TargetLock lock;
    private final ComputingSessions computing;
    private final Server target;
    private final Session to;
    private final Memberships memberships;
    private final Console console;
    private final Steps steps;
    private final Report report;
    private final Jobs jobs;
    private final List<RefusedStatement> refusals = new ArrayList<>();

    /**
     * @param lock keeps other runs off the target
     * @param to a session on the target, which stays open until the journal is ended
     * @param memberships those of the run; its owner closes them
     */
    public Loading(MigrationOptions wanted, Contents contents, TargetLock lock, ComputingSessions computing, Session to,
            Memberships memberships, Console console,
            Steps steps, Report report) {
        this.wanted = wanted;
        this.contents = contents;
        this.lock = lock;
        this.computing = computing;
        target = computing.server();
        this.to = to;
        this.memberships = memberships;
        this.console = console;
        this.steps = steps;
        this.report = report;
        jobs = contents.timescale() == null ? null : new Jobs(to, contents.timescale());
    }

    /**
     * Loads everything.
     *
     * @param identity what a run that goes on with this one must have in common with it
     * @param roles makes those that own the objects, once the journal has begun
     * @param extensions those to create
     * @param sequences where the sequences of the source stand; asked for after the rows
     * @param privileges further statements that give privileges
     * @return the journal, to be ended when nothing more can fail
     */
    public Journal run(LoadMethod method, RunIdentity identity, Runnable roles, LeftBehind leftBehind,
            List<Extensions.Extension> extensions,
            Supplier<List<Inventory.Sequence>> sequences,
            List<String> privileges) {
        List<OwnedObjects.Owned> objects = objects(contents, leftBehind);
        Journal journal = wanted.resume() && JournalTables.exist(to)
                ? Journal.resume(target, to, wanted.prepare(), objects, extensions)
                : Journal.begin(target, to, identity, wanted.prepare(), objects, extensions);
        if (journal.resumed()) {
            LateObjects.dropEventTriggers(to, journal.units());
            EarlierGrants.takeBack(to)
                    .forEach(sql -> report.note("not taken back from an interrupted run: %s", sql));
        }
        roles.run();
        memberships.record();
        // Whatever becomes of this run, the sessions that it has begun can be told from others.
        target.greet(Leftovers.REGISTRATION);
        List<Extensions.Extension> ahead = method.extensionsBefore(extensions);
        if (!ahead.isEmpty()) {
            steps.run("extensions", () -> {
                List<String> changed = journal.create(ahead);
                return ahead.size() + (journal.resumed() ? " there" : " created")
                        + (changed.isEmpty() ? "" : ", changed since: " + Count.some(changed));
            });
        }
        if (contents.tablesOnly()) {
            // Like pg_dump -t, which leaves the schema to the operator.
            contents.schemas().forEach(schema -> journal.createSchema(schema.name()));
        }
        AfterLoad afterLoad = new AfterLoad(computing, to, console);
        List<String> settings = contents.of(target.database(), contents.settings()).stream()
                .filter(setting -> !DatabaseSettings.makesReadOnly(setting)).toList();
        // What is computed from now on is computed under these. What is refused is tried again when extensions and
        // roles are there.
        List<String> deferred =
                afterLoad.applySettings(
                        settings.stream().filter(setting -> !DatabaseSettings.disturbsLoad(setting)).toList(), false);
        deferred.addAll(settings.stream().filter(DatabaseSettings::disturbsLoad).toList());
        OwnersAndPrivileges rights = new OwnersAndPrivileges(
                new OwnersAndPrivileges.Request(wanted.noOwner() || method.loadsEverything() ? List.of() : objects,
                        contents,
                        !wanted.noPrivileges(), privileges),
                target, to, memberships, afterLoad, method::grantPrivileges, console, steps, report);
        if (journal.resumed()) {
            rights.follow();
        }
        Runnable load = () -> {
            method.load(jobs, rights, journal);
            if (wanted.prepare()) {
                return;
            }
            steps.run("sequences", () -> {
                List<Inventory.Sequence> positions = sequences.get();
                afterLoad.setSequences(positions);
                return positions.size() + " set";
            });
            steps.run("privileges", () -> {
                rights.setRemainingOwners();
                rights.grantPrivileges();
                return wanted.noPrivileges() ? "not given" : method.loadsEverything() ? "as in the dump" : "given";
            });
        };
        if (!contents.inRestoringMode()) {
            if (jobs != null) {
                Ownership ownership = new Ownership(to, target.facts(), memberships);
                contents.timescale().jobOwners().forEach(ownership::join);
            }
            load.run();
        } else {
            inRestoringMode(load, journal.resumed());
        }
        if (wanted.prepare()) {
            target.greet("");
            return journal;
        }
        if (contents.hasAfterRestoringMode() && !method.loadsEverything()) {
            steps.run("what reads hypertables", () -> method.loadAfterRestoringMode(journal));
            if (!contents.onHypertables().isEmpty()) {
                steps.run("what hypertables refer to", () -> {
                    try (RestoringMode mode = RestoringMode.turnOn(lock, target, to, contents.timescale(), console)) {
                        String made = method.loadInRestoringModeAgain(journal);
                        mode.end(to);
                        return made;
                    }
                });
            }
        }
        // In restoring mode a view sees of a hypertable only what is not compressed.
        if (!contents.materializedViews().isEmpty() && (!method.loadsEverything() || jobs != null)) {
            steps.run("materialized views", () -> {
                afterLoad.refreshViews(contents.materializedViews());
                return contents.materializedViews().size() + " refreshed";
            });
        }
        if (!method.loadsEverything()) {
            steps.run("event triggers", () -> {
                method.createEventTriggers(journal);
                rights.setEventTriggerOwners();
                return "done";
            });
        }
        steps.run("analyze", () -> {
            afterLoad.analyze(method.notAnalyzed(), wanted.workers());
            return "done";
        });
        target.greet("");
        afterLoad.applySettings(deferred, true);
        refusals.addAll(rights.refusals());
        refusals.addAll(afterLoad.refused());
        RefusedStatement
                .lines(refusals.stream().filter(refusal -> !isGrantedByService(refusal)).toList(), console.verbose())
                .forEach(text -> report.note("left out: %s", text));
        return journal;
    }

    /** What lets a managed service's user load, on what is not its own, is for the service to grant. */
    private boolean isGrantedByService(RefusedStatement refusal) {
        return refusal.isTo(target.facts().user()) || contents.timescale() != null && refusal.subject() != null
                && RestoringMode.isSwitch(contents.timescale(), refusal.subject().object());
    }

    /**
     * Jobs name their owners, so these must be there and reachable before; and none may run before both sides have been
     * compared.
     */
    private void inRestoringMode(Runnable load, boolean resumed) {
        Ownership ownership = new Ownership(to, target.facts(), memberships);
        contents.timescale().jobOwners().forEach(ownership::join);
        if (resumed) {
            // What the interrupted run has loaded of the catalog may be half of it, and is of another snapshot.
            RestoringMode.withdraw(to, contents.timescale(), () -> {});
        }
        try (RestoringMode mode = RestoringMode.turnOn(lock, target, to, contents.timescale(), console)) {
            load.run();
            if (wanted.prepare()) {
                mode.withdraw(to);
                return;
            }
            if (!contents.timescale().tablespaces().isEmpty()) {
                to.run("detaching hypertables from tablespaces that are not there",
                        TimescaleCatalog.DETACHING);
            }
            jobs.pause();
            mode.end(to);
        }
    }

    /** Lets the jobs of TimescaleDB run again, as on the source; the last step, for they change what is there. */
    public void resumeJobs() {
        lock.awaitHeld(to);
        if (jobs != null && !contents.timescale().jobs().isEmpty()) {
            steps.run("jobs", jobs::resume);
            jobs.notes().forEach(note -> report.note("%s", note));
            if (contents.timescale().jobs().stream().anyMatch(Timescale.Job::scheduled) && !jobs.scheduled()) {
                warn("no scheduler of TimescaleDB's jobs is running on the target; " + jobs.startingScheduler());
            }
        }
    }

    /** Ends a pass before the downtime. */
    public void endPass(Journal journal) {
        lock.awaitHeld(to);
        journal.endPass();
    }

    /**
     * Ends the run: all is well, the memberships are as before, and nothing of ours stays. After a crash of the target
     * that is not so: it empties unlogged tables, and may have taken what was committed last.
     */
    public void end(Journal journal) {
        lock.awaitHeld(to);
        memberships.putBack(to);
        journal.end(target.facts().superuser());
    }

    /** @return the owners of jobs on the source whose jobs somebody else owns on the target */
    public Set<String> lostJobOwners() {
        return jobs == null ? Set.of()
                : jobs.remapped().stream().map(remapped -> remapped.job().owner()).collect(Collectors.toSet());
    }

    /** @return how many privileges and settings stay behind */
    public int refusedCount() {
        return (int) refusals.stream().filter(refusal -> !isGrantedByService(refusal)).count();
    }

    /** @return the settings that would have the target refuse every write, and stay behind */
    public List<String> readOnlySettings() {
        return contents.settings().stream().filter(DatabaseSettings::makesReadOnly).toList();
    }

    /** @return the privileges and settings that the target refused */
    public List<RefusedStatement> refusals() {
        return refusals;
    }

    private void warn(String text) {
        report.note("warning: %s", text);
        console.warn("%s", text);
    }

    /** @return the objects that a load makes, with their owners */
    public static List<OwnedObjects.Owned> objects(Contents contents, LeftBehind leftBehind) {
        return leftBehind.without(contents.objects());
    }
}
