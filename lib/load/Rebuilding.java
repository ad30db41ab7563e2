//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.EntrySql;
import lib.journal.Journal;
import lib.rebuild.Aggregate;
import lib.rebuild.CatalogState;
import lib.rebuild.Compressing;
import lib.rebuild.Hypertable;
import lib.rebuild.HypertableMaker;
import lib.rebuild.Making;
import lib.rebuild.Rebuild;
import lib.server.Session;
import lib.source.Contents;
import lib.talk.Count;
import lib.talk.Sql;
import lib.talk.Steps;
import lib.timescale.Jobs;

/**
 * Makes anew on the target what TimescaleDB manages: hypertables out of tables that have no rows yet, aggregates, and
 * chunks, into which rows are copied as into tables; and what comes after rows and keys.
 */
final class Rebuilding {
    /** pg_dump says so of every table, and TimescaleDB refuses it for a hypertable. */
    private static final Pattern ONLY = Pattern.compile("(?m)^ALTER TABLE ONLY ");
    private static final long PG_CLASS = 1259;

    private final Rebuild rebuild;
    private final Contents contents;
    private final Session to;
    private final Steps steps;
    private final Set<Integer> roots = new HashSet<>();
    private final boolean secured;
    private final Set<Long> aggregates;
    /** The statements that make aggregates, by the identifiers of their views. */
    private Map<Long, String> views;

    /**
     * @param contents those of a source of which something is made anew
     * @param entries of the archive
     * @param to a session on the target
     */
    Rebuilding(Contents contents, List<Archive.Entry> entries, Session to, Steps steps) {
        rebuild = contents.rebuild();
        this.contents = contents;
        this.to = to;
        this.steps = steps;
        aggregates = rebuild.aggregates().stream().map(Aggregate::oid).collect(Collectors.toSet());
        Set<Long> tables = rebuild.byTable().keySet();
        secured = entries.stream()
                .anyMatch(entry -> entry.kind().equals("ROW SECURITY") && tables.contains(entry.oid()));
        entries.stream().filter(entry -> entry.kind().equals("TABLE") && tables.contains(entry.oid()))
                .forEach(entry -> roots.add(entry.id()));
    }

    /**
     * @param parts what stands before the rows, or after them
     * @return the same, as TimescaleDB takes it: aggregates in place of the views that users see of them
     */
    List<EntrySql> adapted(List<EntrySql> parts) {
        return parts.stream().map(part -> isAggregate(part) ? part.running(views().get(part.entry().oid()))
                : onHypertable(part)).toList();
    }

    private Map<Long, String> views() {
        if (views == null) {
            views = new HypertableMaker(rebuild, to).aggregates();
        }
        return views;
    }

    /** Brings what an interrupted run has made in line with what is there now. */
    void follow(Journal journal) {
        new RebuiltEarlier(to, journal.units()).follow(new HypertableMaker(rebuild, to).chunks().stream()
                .flatMap(List::stream).map(Rebuilding::step).map(SchemaSession.Step::unit).toList());
    }

    /** @return of what stands before the rows, aggregates and what needs them, which come after the hypertables */
    List<EntrySql> late(List<EntrySql> before) {
        Set<Integer> late = new HashSet<>();
        List<EntrySql> found = new ArrayList<>();
        for (EntrySql part : before) {
            if (isAggregate(part) || part.needs().stream().anyMatch(late::contains)) {
                late.add(part.entry().id());
                found.add(part);
            }
        }
        return found;
    }

    private boolean isAggregate(EntrySql part) {
        return part.entry().catalog() == PG_CLASS && aggregates.contains(part.entry().oid());
    }

    /**
     * Makes hypertables, aggregates and what needs these, and all chunks.
     *
     * @param late as {@link #late} has found it, with owners
     * @param prepares whether another run follows
     */
    void make(List<EntrySql> late, SchemaWorkers workers, Journal journal, boolean prepares) {
        HypertableMaker maker = new HypertableMaker(rebuild, to);
        steps.run("hypertables", () -> {
            Set<String> there = journal.units().names(Making.HYPERTABLE);
            submit(maker.hypertables().stream().filter(each -> !there.contains(each.name())).toList(), workers);
            if (!there.isEmpty()) {
                workers.submit(maker.settings().stream().filter(each -> there.contains(each.name()))
                        .map(Rebuilding::always).toList());
            }
            workers.await();
            Map<Long, EntrySql> parts = new HashMap<>();
            late.stream().filter(this::isAggregate).forEach(part -> parts.put(part.entry().oid(), part));
            List<SchemaSession.Step> made = new ArrayList<>();
            // pg_dump knows of an aggregate of another one no more than that both are views.
            views().keySet().forEach(view -> made.add(SchemaSession.Step.of(given(parts.get(view)))));
            late.stream().filter(part -> !isAggregate(part))
                    .forEach(part -> made.add(SchemaSession.Step.of(part)));
            workers.submit(made);
            workers.await();
            // What has just been made was given numbers of its own.
            workers.submit(List.of(always(maker.numbers(prepares))));
            workers.await();
            // Sessions that make chunks of the same hypertable wait for each other.
            maker.chunks().forEach(chunks -> submit(chunks, workers));
            workers.await();
            return Count.of(rebuild.tables().size(), "hypertable") + ", "
                    + Count.of(rebuild.aggregates().size(), "continuous aggregate") + ", "
                    + Count.of(rebuild.hypertables().stream().mapToLong(each -> each.chunks().size()).sum(), "chunk");
        });
    }

    /** The hypertable with the rows goes to the owner too, who needs CREATE on its schema for that moment. */
    private EntrySql given(EntrySql aggregate) {
        String owner = contents.objects().stream().filter(object -> object.catalog() == PG_CLASS
                && object.oid() == aggregate.entry().oid()).findFirst().orElseThrow().owner();
        boolean lent = !aggregate.owner().isEmpty() && "f".equals(to.text("asking for the right to create",
                "SELECT pg_catalog.has_schema_privilege(" + Sql.literal(owner) + ", " + Sql.literal(Rebuild.INTERNAL)
                        + ", 'CREATE')"));
        String create = " CREATE ON SCHEMA " + Rebuild.INTERNAL;
        return !lent ? aggregate : aggregate.thenRun("GRANT" + create + " TO " + Sql.ident(owner) + ";\n"
                + aggregate.owner() + "\nREVOKE" + create + " FROM " + Sql.ident(owner) + ";");
    }

    private static void submit(List<Making> making, SchemaWorkers workers) {
        workers.submit(steps(making));
    }

    private static List<SchemaSession.Step> steps(List<Making> making) {
        return making.stream().map(Rebuilding::step).toList();
    }

    private static SchemaSession.Step step(Making making) {
        return SchemaSession.Step.of(doing(making), making.sql()).recordedAs(making.kind(), making.name());
    }

    private static String doing(Making making) {
        return "making " + making.kind().toLowerCase(Locale.ROOT) + " " + making.name();
    }

    private EntrySql onHypertable(EntrySql part) {
        return part.sql() == null || part.needs().stream().noneMatch(roots::contains) ? part
                : part.running(ONLY.matcher(part.sql()).replaceAll("ALTER TABLE "));
    }

    /** @return bytes of the rows of each hypertable, by its table */
    Map<Long, Long> bytes() {
        Map<Long, Long> ofTables = contents.tables().stream()
                .collect(Collectors.toMap(Contents.Table::oid, Contents.Table::bytes));
        return rebuild.hypertables().stream().collect(Collectors.toMap(Hypertable::oid, each -> each.chunks().stream()
                .mapToLong(chunk -> ofTables.getOrDefault(chunk.oid(), 0L)).sum()));
    }

    /**
     * @param landed is told of a table whose rows are all there
     * @return what is to be told of tables and chunks
     */
    LongConsumer landing(LongConsumer landed) {
        Map<Long, Hypertable> byChunk = new HashMap<>();
        Map<Long, AtomicInteger> left = new HashMap<>();
        rebuild.hypertables().forEach(hypertable -> {
            hypertable.chunks().forEach(chunk -> byChunk.put(chunk.oid(), hypertable));
            left.put(hypertable.oid(), new AtomicInteger(hypertable.chunks().size()));
        });
        return table -> {
            Hypertable hypertable = byChunk.get(table);
            if (hypertable == null) {
                landed.accept(table);
            } else if (left.get(hypertable.oid()).decrementAndGet() == 0) {
                landed.accept(hypertable.oid());
            }
        };
    }

    /** Makes what comes after all rows, indexes and keys: it compresses chunks, and says how old aggregates are. */
    void finish(Jobs jobs, SchemaWorkers workers, Journal journal) {
        CatalogState state = new CatalogState(rebuild, to);
        new HypertableMaker(rebuild, to).aggregateIndexes().forEach(index -> workers.submit(List.of(always(index))));
        workers.await();
        Compressing compressing = new Compressing(rebuild, to);
        compress(compressing, workers, journal);
        submit(compressing.last(), workers);
        // Every run says these, for rows that it has brought count as changes that aggregates lack.
        List<Making> last = new ArrayList<>(state.jobs(jobs.columns("owner")));
        if (state.hasAggregates()) {
            last.add(state.aggregates());
        }
        workers.submit(last.stream().map(Rebuilding::always).toList());
        workers.await();
    }

    /** Compresses chunks in a pass before the downtime, where what is yet to be made can be made nevertheless. */
    void prepare(SchemaWorkers workers, Journal journal) {
        Compressing compressing = new Compressing(rebuild, to);
        if (!secured && compressing.isPossibleBeforeKeys()) {
            compress(compressing, workers, journal);
        }
    }

    private void compress(Compressing compressing, SchemaWorkers workers, Journal journal) {
        if (rebuild.hypertables().stream().allMatch(hypertable -> hypertable.compression() == null)) {
            return;
        }
        steps.run("compression", () -> {
            submit(compressing.skipping(), workers);
            workers.await();
            for (Compressing.Round round : compressing.rounds()) {
                List<SchemaSession.Step> open = steps(round.chunks()).stream()
                        .filter(step -> !journal.units().contain(step.unit())).toList();
                // A chunk that is compressed once more needs its settings once more.
                if (!round.repeatable()) {
                    submit(List.of(round.settings()), workers);
                } else if (round.last() || !open.isEmpty()) {
                    workers.submit(List.of(always(round.settings())));
                }
                workers.await();
                workers.submit(open.stream().map(List::of).toList(), List.of());
                workers.await();
            }
            return Count.of(rebuild.compressed().size(), "chunk") + " compressed";
        });
    }

    private static SchemaSession.Step always(Making making) {
        return SchemaSession.Step.of(doing(making), making.sql());
    }
}
