//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.util.function.LongConsumer;
import java.util.function.Supplier;
import lib.journal.Journal;
import lib.rows.RowMover;
import lib.rows.RowSample;
import lib.server.Session;
import lib.source.Contents;
import lib.source.Schema;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.ProgressLine;
import lib.talk.Steps;
import lib.timescale.Jobs;

/** Rows that pg_restore takes from the files of a dump. */
public final class RestoredRows implements RowMover {
    private final Schema schema;
    private final Contents contents;
    private final Session target;
    private final int workers;
    private final Console console;
    private final Steps steps;

    public RestoredRows(Schema schema, Contents contents, Session target, int workers, Console console, Steps steps) {
        this.schema = schema;
        this.contents = contents;
        this.target = target;
        this.workers = workers;
        this.console = console;
        this.steps = steps;
    }

    @Override
    public void prepare(int sessions) {
        // pg_restore connects by itself.
    }

    @Override
    public void stop() {
        // Nothing else is done while pg_restore is at work.
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
        steps.run("data", () -> {
            ProgressLine line = console.progress(growth(target, "data", contents));
            try {
                schema.rows().all(workers);
            } finally {
                line.close();
            }
            contents.tables().stream().filter(table -> !table.deferred() && !table.catalog())
                    .forEach(table -> loaded.accept(table.oid()));
            return movedRows() + ", " + Bytes.text(contents.bytes()) + " on the source";
        });
    }

    @Override
    public void moveDeferred(Journal journal) {
        schema.rows().deferred(workers);
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
