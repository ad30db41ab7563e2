//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.EntrySql;
import lib.journal.FinishedUnits;
import lib.journal.Unit;
import lib.server.Session;
import lib.source.Contents;
import lib.source.Inventory;
import lib.talk.Sql;

/**
 * Makes what stands after the rows: the indexes of a table, its constraints and its statistics as soon as its rows are
 * there, beside the loading of other tables; everything that concerns several tables at the end.
 */
final class PostData {
    /** Bytes from which on the indexes of a table are made beside each other. */
    private static final long LARGE = 64L << 20;

    /** What statistics are kept of beside those of the columns. */
    private static final Set<String> ANALYZED = Set.of("INDEX", "STATISTICS");

    private final PostPlan plan;
    private final Contents contents;
    private final SchemaWorkers workers;
    private final Runnable privileges;
    private final Map<Long, Inventory.Relation> analyzed = new HashMap<>();
    private final Map<Long, Long> bytes = new HashMap<>();
    private final Set<Long> hypertables;
    private final Set<String> parents;
    private final Set<Long> loaded = new HashSet<>();
    private final Set<Long> begun = new HashSet<>();

    /**
     * @param hypertables bytes of the rows of those that are no tables with rows of their own
     * @param target a session on the target
     * @param workers do the work
     * @param privileges gives the privileges, for functions that need them
     */
    PostData(PostPlan plan, Contents contents, Map<Long, Long> hypertables, Session target, SchemaWorkers workers,
            Runnable privileges) {
        this.plan = plan;
        this.contents = contents;
        this.workers = workers;
        this.privileges = privileges;
        contents.analyzed().forEach(relation -> analyzed.put(relation.oid(), relation));
        contents.tables().forEach(table -> bytes.put(table.oid(), table.bytes()));
        bytes.putAll(hypertables);
        this.hypertables = hypertables.keySet();
        parents = Set.copyOf(target.list("listing the tables with children", """
                SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.oid IN (SELECT inhparent FROM pg_catalog.pg_inherits) AND c.relkind IN ('r', 'p')""",
                row -> Sql.name(row.getString(1), row.getString(2))));
    }

    /** @return how many tables have indexes that take long */
    static long large(Contents contents) {
        return contents.tables().stream().filter(table -> table.bytes() >= LARGE).count();
    }

    /**
     * Has tables be analyzed again that get something which statistics are kept of: an index can be over expressions.
     *
     * @param units those that an interrupted run has made
     */
    void analyzeWithNew(FinishedUnits units) {
        Set<String> again = new HashSet<>();
        Stream.of(plan.own(), plan.computed()).flatMap(parts -> parts.entrySet().stream())
                .filter(parts -> analyzed.containsKey(parts.getKey())
                        && parts.getValue().stream().anyMatch(part -> ANALYZED.contains(part.entry().kind())
                                && !units.contain(Unit.of(part))))
                .forEach(parts -> again.add(analyzed.get(parts.getKey()).sql()));
        units.forgetStatistics(again);
    }

    /** Records that all rows of a table have arrived; called by what has loaded them. */
    synchronized void loaded(long table) {
        loaded.add(table);
        startTable(table);
    }

    private void startTable(long table) {
        begun.add(table);
        List<SchemaSession.Step> steps = new ArrayList<>();
        List<EntrySql> own = plan.own().getOrDefault(table, List.of());
        if (bytes.getOrDefault(table, 0L) < LARGE) {
            own.forEach(part -> steps.add(SchemaSession.Step.of(part)));
            analyzeStep(table, plan.computed().containsKey(table)).ifPresent(steps::add);
            workers.submit(steps);
            return;
        }
        List<List<SchemaSession.Step>> beside = new ArrayList<>();
        // ALTER TABLE in the same transaction would wait for those who make another index, and these for us.
        own.forEach(part -> {
            SchemaSession.Step step = SchemaSession.Step.of(part);
            if (part.entry().kind().equals("INDEX") && part.sql() != null && !part.sql().contains("\nALTER TABLE ")) {
                beside.add(List.of(step));
            } else {
                steps.add(step);
            }
        });
        analyzeStep(table, plan.computed().containsKey(table)).ifPresent(steps::add);
        workers.submit(beside, steps);
    }

    /** @param later whether something is yet to come that statistics are kept of */
    private Optional<SchemaSession.Step> analyzeStep(long table, boolean later) {
        Inventory.Relation relation = analyzed.get(table);
        if (later || hypertables.contains(table) || contents.analyzedDeferred().contains(table) || relation == null
                || parents.contains(relation.sql())
                || !loaded.contains(table)) {
            return Optional.empty();
        }
        analyzed.remove(table);
        return Optional.of(analyze(relation));
    }

    private static SchemaSession.Step analyze(Inventory.Relation relation) {
        return SchemaSession.Step.of("analyzing " + relation.sql(), "ANALYZE " + relation.sql() + ";")
                .recordedAs(Unit.ANALYZE, relation.sql());
    }

    /**
     * Makes the rest, once all rows are there but those that come late.
     *
     * @param passes whether rows are yet to change: then there is nothing that would act on them
     */
    void finish(boolean passes) {
        synchronized (this) {
            plan.own().keySet().stream().filter(table -> !begun.contains(table)).toList().forEach(this::startTable);
        }
        workers.await();
        computed();
        inOrder(steps(plan.rest()));
        inOrder(steps(plan.trees()));
        if (!passes) {
            foreignKeys();
        }
        if (contents.deferred().isEmpty() && contents.analyzedDeferred().isEmpty()) {
            // Of a table's children it takes samples only, where these are no partitions; of hypertables that is so in
            // restoring mode alone.
            analyzed.values().stream().filter(relation -> parents.contains(relation.sql())
                    && !hypertables.contains(relation.oid())).toList()
                    .forEach(relation -> {
                        analyzed.remove(relation.oid());
                        workers.submit(List.of(analyze(relation)));
                    });
            workers.await();
        }
        if (!passes) {
            inOrder(steps(plan.last()));
        }
    }

    /**
     * What calls functions of the user is computed as the owner of the table, who may need privileges for it: they come
     * last, since an owner can also lack some by then, but come first for what fails without them.
     */
    private void computed() {
        workers.deferPrivilegeFailures();
        plan.computed().forEach((table, parts) -> {
            List<SchemaSession.Step> steps = steps(parts);
            analyzeStep(table, false).ifPresent(steps::add);
            workers.submit(List.of(), steps);
        });
        workers.await();
        List<SchemaSession.Step> again = workers.takeDeferred();
        if (!again.isEmpty()) {
            privileges.run();
            workers.submit(List.of(), again);
            workers.await();
        }
    }

    private void foreignKeys() {
        List<SchemaSession.Step> serial = new ArrayList<>();
        List<List<SchemaSession.Step>> beside = new ArrayList<>();
        Set<Integer> trees = plan.trees().stream().map(part -> part.entry().id()).collect(Collectors.toSet());
        for (EntrySql part : plan.foreignKeys()) {
            Optional<ForeignKey> key = ForeignKey.of(part, trees);
            serial.add(key.map(ForeignKey::add).orElseGet(() -> SchemaSession.Step.of(part)));
            key.map(ForeignKey::validate).ifPresent(step -> beside.add(List.of(step)));
        }
        inOrder(serial);
        workers.submit(beside, List.of());
        workers.await();
    }

    private void inOrder(List<SchemaSession.Step> steps) {
        workers.submit(steps);
        workers.await();
    }

    private static List<SchemaSession.Step> steps(List<EntrySql> parts) {
        return new ArrayList<>(parts.stream().map(SchemaSession.Step::of).toList());
    }

    /** @return the relations that are yet to be analyzed */
    List<Inventory.Relation> notAnalyzed() {
        return contents.analyzed().stream().filter(relation -> analyzed.containsKey(relation.oid())).toList();
    }
}
