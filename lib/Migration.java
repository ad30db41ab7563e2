//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Bytes.java Cleanup.java ClientTools.java Console.java Copier.java Count.java Counters.java Difference.java DifferenceTable.java Dsn.java
//SOURCES Expected.java Extensions.java Failure.java Filters.java Finding.java Finishing.java FrozenSource.java Inventory.java Journal.java
//SOURCES LargeObjects.java OwnedObjects.java Ownership.java Preflight.java ProgressLine.java Report.java RolePlan.java Roles.java Schema.java
//SOURCES Selection.java Server.java Snapshot.java Steps.java TargetDatabase.java Tool.java Verification.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Moves a database in the order that is safe: nothing is changed before every check has passed, rows arrive before indexes, constraints and
 * triggers, owners and privileges come after both, and event triggers last of all, because they would fire on the rest.
 */
public final class Migration {
    /**
     * What the operator asked for.
     *
     * @param leaveOut classes and names of what may stay behind
     * @param verify how thoroughly both sides are compared at the end, or null for not at all
     */
    public record Order(Filters filters, int jobs, Collection<String> leaveOut, boolean createDatabase, boolean restart,
            Verification.Level verify, boolean noOwner, boolean noPrivileges) {
    }

    private final Console console;
    private final Order order;
    private final Report report = new Report();
    private final Steps steps;
    private boolean begun;
    private String arrived = "";

    public Migration(Console console, Order order) {
        this.console = console;
        this.order = order;
        this.steps = new Steps(console, report);
    }

    /** @return the account of the run, as far as it has come */
    public Report report() {
        return report;
    }

    /** @return whether anything was changed, so that the account is worth reading even after a failure */
    public boolean begun() {
        return begun;
    }

    /**
     * Runs every step.
     *
     * @throws Failure refused, when nothing was changed; step, when work had begun; differences, when verification found some
     */
    public void run(Dsn source, Dsn target, ClientTools clients) {
        Cleanup.Task interrupted = Cleanup.onExit(this::interrupted);
        try {
            migrate(Server.connect(source), TargetDatabase.connect(target, order.createDatabase), clients);
        } catch (Failure e) {
            if (!begun) {
                throw e.exitCode() == Failure.STEP ? e.asRefusal() : e;
            }
            throw e.exitCode() == Failure.DIFFERENCES ? e : e.asStep().hint("%srun the same command again with --restart: it removes what this run made",
                    e.hint() == null ? "mend the cause, then " : e.hint() + "\nthen ");
        } catch (SQLException e) {
            throw Failure.step("a session could not be ended: %s", e.getMessage()).because(e);
        } finally {
            // The sessions that a signal takes away bring us here before it is the message's turn.
            if (!Cleanup.stopping()) {
                interrupted.cancel();
            }
        }
    }

    private void interrupted() {
        console.warn(begun ? "interrupted: the source is unchanged, the target is half loaded" : "interrupted: nothing was changed");
        if (begun) {
            console.hint("run the same command again with --restart: it removes what this run made");
        }
    }

    private void migrate(Server source, TargetDatabase database, ClientTools clients) throws SQLException {
        report.head("source  %s (PostgreSQL %s)", source.dsn(), source.facts().version());
        report.head("target  %s (PostgreSQL %s)", database.dsn(), database.server().facts().version());
        Selection selection;
        Preflight preflight;
        Roles roles;
        try (Connection from = source.session(); Connection to = database.server().session()) {
            selection = Selection.resolve(from, "source", order.filters);
            preflight = new Preflight(source, from, database.server(), to,
                    new Preflight.Plan(selection, order.jobs, order.leaveOut, database.missing() ? database.dsn().database() : null, order.restart));
            steps.run("preflight", () -> judge(preflight.run(clients)));
            roles = Roles.read(from, source);
        }
        Tool tool = new Tool(preflight.tools(), console);
        try (FrozenSource frozen = FrozenSource.take(source, database.server().dsn(), selection, order.filters.arguments(), tool, console)) {
            Server target = database.server();
            if (database.missing()) {
                target = database.create(frozen.snapshot().holder());
                begun = true;
                console.say("created database \"%s\" on the target", target.dsn().database());
            }
            load(frozen, target, preflight, roles);
        }
    }

    /** Prints what preflight found and goes on only when nothing stops the run. */
    private String judge(List<Finding> findings) {
        List<Finding> stops = findings.stream().filter(finding -> finding.level() == Finding.Level.STOP).toList();
        for (Finding finding : findings) {
            if (finding.level() == Finding.Level.WARNING) {
                console.warn("%s: %s", finding.check(), finding.text());
                report.note("%s", finding);
            } else {
                console.explain("%s", finding);
            }
        }
        if (stops.size() == 1) {
            Finding stop = stops.get(0);
            throw Failure.refused("%s", stop.text()).hint("%s", stop.fix());
        }
        for (Finding stop : stops) {
            console.error("%s", stop.text());
            console.hint("%s", stop.fix());
        }
        if (!stops.isEmpty()) {
            throw Failure.refused("preflight found %d reasons not to start, nothing was changed", stops.size());
        }
        long warnings = findings.stream().filter(finding -> finding.level() == Finding.Level.WARNING).count();
        return Count.of(findings.size(), "check") + ", " + Count.of(warnings, "warning");
    }

    private void load(FrozenSource source, Server target, Preflight preflight, Roles roles) throws SQLException {
        Snapshot snapshot = source.snapshot();
        Inventory inventory = source.inventory();
        List<Extensions.Extension> extensions = preflight.extensions().all().stream()
                .filter(extension -> extension.installed() == null && !order.leaveOut.contains(extension.name())).toList();
        try (Connection to = target.session()) {
            Schema schema = new Schema(source.archive().into(target.dsn()), preflight.uncarried(), snapshot.holder(), to);
            List<Inventory.Table> tables = inventory.tables(preflight.extensions().same());
            schema.agree(tables);
            List<Long> largeObjects = inventory.largeObjects();
            List<OwnedObjects.Owned> objects = schema.objects(new HashSet<>(largeObjects));
            List<String> options = inventory.missingTablespaces(to).isEmpty() ? List.of() : List.of("--no-tablespaces");
            Journal.lock(to);
            begun = true;
            if (order.restart && Journal.exists(to)) {
                steps.run("clearing", () -> Journal.undo(to) + " objects of the earlier run removed");
            }
            RolePlan.Outcome given = steps.run("roles", () -> preflight.rolePlan().apply(to),
                    outcome -> outcome.created() + " created, " + (roles.roles().size() - outcome.created()) + " existed");
            given.leftOut().forEach(text -> report.note("left out: %s", text));
            Journal journal = Journal.begin(to, objects, extensions);
            steps.run("extensions", () -> {
                schema.extensions(extensions);
                return extensions.size() + " created";
            });
            steps.run("schema", () -> {
                schema.preData(source.selection().tablesOnly(), inventory.schemas(), options);
                return source.archive().relations() + " tables, views and sequences";
            });
            List<Inventory.Table> late = tables.stream().filter(Inventory.Table::late).toList();
            Copier copier = new Copier(snapshot, target, console, order.jobs);
            steps.run("data", () -> copy(copier, tables.stream().filter(table -> !table.late()).toList(), tables));
            if (!largeObjects.isEmpty()) {
                steps.run("large objects", () -> {
                    new LargeObjects(snapshot, target, order.jobs).copy(largeObjects);
                    return largeObjects.size() + " copied";
                });
            }
            steps.run("indexes, constraints", () -> {
                schema.postData(order.jobs, options, late);
                if (!late.isEmpty()) {
                    copier.copy(late);
                    schema.lateData(options);
                }
                return "done";
            });
            finish(source, target, to, schema, objects, journal, roles, preflight);
        }
    }

    private String copy(Copier copier, List<Inventory.Table> tables, List<Inventory.Table> all) {
        long total = all.stream().mapToLong(Inventory.Table::bytes).sum();
        long start = System.nanoTime();
        Supplier<String> state = () -> String.format(Locale.ROOT, "data: %d of %d tables, %s of about %s, %s/s  %s", copier.tables(), all.size(),
                Bytes.text(copier.bytes()), Bytes.text(total),
                Bytes.text(copier.bytes() * 1_000_000_000L / Math.max(1, System.nanoTime() - start)), String.join(" ", copier.current()));
        ProgressLine line = console.progress(state);
        try {
            copier.copy(tables);
        } finally {
            line.close();
        }
        arrived = Count.of(copier.rows(), "row") + " in " + Count.of(tables.size(), "table");
        return arrived + ", " + Bytes.text(copier.bytes());
    }

    private void finish(FrozenSource source, Server target, Connection to, Schema schema, List<OwnedObjects.Owned> objects, Journal journal, Roles roles,
            Preflight preflight) throws SQLException {
        Inventory inventory = source.inventory();
        Finishing finishing = new Finishing(source.snapshot().holder(), target, to, console);
        List<Inventory.Relation> sequences = inventory.sequences();
        Map<Long, Long> values = steps.run("sequences", () -> finishing.sequences(sequences), set -> set.size() + " set");
        Ownership ownership = new Ownership(to, target.facts());
        steps.run("owners, privileges", () -> {
            if (!order.noOwner) {
                ownership.give(objects, journal);
            }
            if (!order.noPrivileges) {
                schema.grants();
                if (!source.selection().selective()) {
                    finishing.grants();
                }
            }
            if (!source.selection().selective()) {
                finishing.comments();
            }
            return order.noOwner ? "owners not changed" : objects.size() + " objects";
        });
        List<Inventory.Relation> views = inventory.materializedViews();
        if (!views.isEmpty()) {
            steps.run("materialized views", () -> {
                finishing.refresh(views);
                return views.size() + " refreshed";
            });
        }
        steps.run("event triggers", () -> {
            schema.eventTriggers();
            return "done";
        });
        steps.run("analyze", () -> {
            finishing.analyze(inventory.analyzed(), order.jobs);
            return "done";
        });
        if (!source.selection().selective()) {
            // After all that opens new sessions to write: default_transaction_read_only may be among them.
            finishing.settings(roles);
        }
        finishing.leftOut().forEach(text -> report.note("left out: %s", text));
        account(source.writtenSince());
        List<Difference> differences = verify(source, target, values, preflight);
        journal.end(target.facts().superuser());
        if (!differences.isEmpty()) {
            throw Failure.differences("%s between source and target", Count.of(differences.size(), "difference"))
                    .detail("%s", String.join("\n", DifferenceTable.lines(differences.stream().limit(20).toList(), console.verbose())))
                    .hint("see all of them: verify --level %s", order.verify.name().toLowerCase(Locale.ROOT));
        }
        report.note("everything arrived: %s", arrived);
    }

    private void account(Counters since) {
        if (since.written() == 0) {
            report.note("source: no rows were written after the snapshot was taken");
            return;
        }
        String text = since.written() + " rows were written to the source after the snapshot was taken, they are not on the target ("
                + since.inserted() + " inserted, " + since.updated() + " updated, " + since.deleted() + " deleted)";
        report.note("warning: %s", text);
        console.warn("%s", text);
    }

    private List<Difference> verify(FrozenSource source, Server target, Map<Long, Long> sequences, Preflight preflight) {
        if (order.verify == null) {
            return List.of();
        }
        Set<String> leftOut = new HashSet<>(preflight.uncarried().names());
        leftOut.addAll(order.leaveOut);
        Expected expected = new Expected(preflight.rolePlan().announced(), preflight.rolePlan().unreachable(), leftOut, order.noOwner, order.noPrivileges, order.filters.excludeData());
        Verification verification = new Verification(source.snapshot(), target, source.selection(), console, order.jobs).sequenceValues(sequences);
        return steps.run("verify", () -> {
            ProgressLine line = console.progress(() -> "verify: " + verification.state());
            try {
                return verification.run(order.verify).stream().filter(difference -> !expected.covers(difference)).toList();
            } finally {
                line.close();
            }
        }, found -> found.isEmpty() ? "no differences (" + order.verify.name().toLowerCase(Locale.ROOT) + ")" : Count.of(found.size(), "difference"));
    }
}
