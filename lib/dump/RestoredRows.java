//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.code.LoadOrder;
import lib.journal.FinishedUnits;
import lib.journal.Journal;
import lib.journal.Unit;
import lib.rows.RowMover;
import lib.rows.RowSample;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.settings.ComputingSessions;
import lib.source.Contents;
import lib.source.Schema;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.ProgressLine;
import lib.talk.Steps;
import lib.timescale.Jobs;

/** Rows out of the files of a dump. */
public final class RestoredRows implements RowMover {
    /** Bytes; emptying a table of less, which makes new files for it, takes longer than to bring its rows. */
    private static final long LARGE = 1 << 20;

    private final Schema schema;
    private final Contents contents;
    private final ComputingSessions target;
    private final Session to;
    private final int workers;
    private final Console console;
    private final Steps steps;
    private final TableLoader loader;

    /** @param to a session on the target */
    public RestoredRows(Schema schema, Contents contents, ComputingSessions target, Session to, int workers,
            Console console, Steps steps) {
        this.schema = schema;
        this.contents = contents;
        this.target = target;
        this.to = to;
        this.workers = workers;
        this.console = console;
        this.steps = steps;
        loader = new TableLoader(schema.archive(), target, workers);
    }

    @Override
    public void prepare(int sessions) {
        // Each worker connects when it begins.
    }

    @Override
    public void stop() {
        loader.stop();
    }

    @Override
    public RowSample sample(long table) {
        return RowSample.of(schema.archive(), table);
    }

    @Override
    public void moveCatalog(Jobs jobs) {
        schema.rows().catalog(jobs);
    }

    @Override
    public void move(LongConsumer loaded, Journal journal) {
        if (journal.resumed()) {
            Set<Long> made = made();
            steps.run("earlier rows",
                    () -> new EarlierTables(contents, target.server(), workers, console).settle(
                            contents.tables().stream().filter(table -> !table.catalog()).toList(),
                            table -> made.contains(table.oid()), journal));
        }
        steps.run("data", () -> {
            ProgressLine line = console.progress(growth(to, "data", contents));
            try {
                // Functions of extensions that are called by an index may read these.
                Set<Long> made = made();
                load(table -> !table.deferred() && !made.contains(table.oid()), loaded, journal);
                load(table -> !table.deferred() && made.contains(table.oid()), loaded, journal);
                largeObjects(journal);
                schema.rows().sequences();
            } finally {
                line.close();
            }
            return movedRows() + ", " + Bytes.text(contents.bytes()) + " on the source";
        });
    }

    private void largeObjects(Journal journal) {
        if (schema.hasLargeObjects() && !journal.units().contain(Unit.LARGE_OBJECTS)) {
            schema.rows().largeObjects();
            to.run("writing the journal", FinishedUnits.recording(List.of(Unit.LARGE_OBJECTS)));
        }
    }

    /** @return the tables that the archive makes; others came with their extensions, and have rows of these */
    private Set<Long> made() {
        return schema.archive().entries().stream().filter(entry -> entry.kind().equals("TABLE"))
                .map(Archive.Entry::oid).collect(Collectors.toSet());
    }

    @Override
    public void moveDeferred(Journal journal) {
        load(Contents.Table::deferred, table -> {}, journal);
    }

    private void load(Predicate<Contents.Table> which, LongConsumer loaded, Journal journal) {
        Map<Long, Archive.Entry> rows = schema.rows().ofTables();
        Set<Long> made = made();
        Set<Long> arrived = ConcurrentHashMap.newKeySet();
        LongConsumer arrival = table -> {
            arrived.add(table);
            loaded.accept(table);
        };
        List<TableRows.Source> sources = new ArrayList<>();
        for (Contents.Table table : contents.tables()) {
            if (table.catalog() || !which.test(table)) {
                continue;
            }
            if (!rows.containsKey(table.oid()) || EarlierTables.isFinished(journal.parts().take(table.oid()))) {
                arrival.accept(table.oid());
            } else {
                sources.add(new TableRows.Source(table, rows.get(table.oid()), made.contains(table.oid())
                        && !table.deferred() && (table.bytes() >= LARGE || journal.resumed())));
            }
        }
        LoadOrder.load(sources, source -> source.table().turn(),
                together -> loader.load(together, journal.parts(), arrival),
                source -> arrived.contains(source.table().oid()),
                failure -> !loader.stopped() && SqlFailures.refusesValues(failure));
    }

    @Override
    public String movedRows() {
        return movedRows(contents);
    }

    /** @return the tables whose rows were in the dump; nobody counts these */
    static String movedRows(Contents contents) {
        return "the rows of " + Count.of(contents.tables().size(), "table");
    }

    /** @return how much larger the target's database is than now, for a progress line */
    static Supplier<String> growth(Session target, String step, Contents contents) {
        long before = size(target);
        return () -> {
            try {
                return "%s: %s of about %s".formatted(step, Bytes.text(Math.max(0, size(target) - before)),
                        Bytes.text(contents.bytes()));
            } catch (Failure e) {
                // The session has ended, and with it the step; that says why by itself.
                return step;
            }
        };
    }

    private static long size(Session target) {
        return Long.parseLong(target.text("measuring the database",
                "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())"));
    }
}
