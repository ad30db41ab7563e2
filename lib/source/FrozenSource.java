package lib.source;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import lib.catalog.Archive;
import lib.catalog.Selection;
import lib.rebuild.Rebuild;
import lib.rebuild.RebuildReader;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Attempt;
import lib.talk.Background;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.tools.Tool;

/**
 * The source as every step reads it: one snapshot, the schema dumped under it, what it holds, and what had been written
 * until then.
 *
 * @param schema the archive that {@link #archive} waits for
 * @param contents what the steps on the target have to know beside the archive
 */
public record FrozenSource(Server server, Selection selection, Snapshot snapshot, Background<Archive> schema,
        Inventory inventory, WriteCounters counters, Contents contents)
        implements AutoCloseable {
    private static final int ATTEMPTS = 3;

    /** A source that is being frozen beside other work, which may turn out to be in vain. */
    public static final class Pending {
        private final Server server;
        private final Tool tool;
        private final Background<FrozenSource> frozen;

        private Pending(Server server, Tool tool, Background<FrozenSource> frozen) {
            this.server = server;
            this.tool = tool;
            this.frozen = frozen;
        }

        /**
         * Waits for the end.
         *
         * @throws Failure what the work has thrown
         */
        public FrozenSource source() {
            return frozen.get();
        }

        /** Ends the work, and every session on the source. */
        public void stop() {
            frozen.then(FrozenSource::close);
            tool.stop();
            server.abandon();
            frozen.await();
        }
    }

    /**
     * Begins to freeze a source.
     *
     * @param tool for this work alone
     */
    public static Pending begin(Server source, Tool tool, Function<Tool, FrozenSource> work) {
        return new Pending(source, tool, Background.begin("freezing", () -> work.apply(tool)));
    }

    /** What was taken, and what else was read under its snapshot. */
    public record Taken<T>(FrozenSource source, T read) {
    }

    /**
     * Takes the snapshot and dumps the schema under it, beside what else is to be read. pg_dump may find a table locked
     * by somebody who waits for our snapshot; then the snapshot is released, and taken anew.
     *
     * @param sameExtensions the extensions that have the same version on both sides
     * @param rebuilds whether what TimescaleDB manages is made anew on the target
     * @param filters pg_dump's own filter arguments
     * @param more reads what else is to be read; it may be asked again, under the next snapshot
     */
    public static <T> Taken<T> take(Server source, Selection selection, Collection<String> sameExtensions,
            boolean rebuilds, List<String> filters, Tool tool, Console console,
            Function<FrozenSource, T> more) {
        for (int attempt = 1;; attempt++) {
            Snapshot snapshot = Snapshot.take(source, selection, console);
            Background<Archive> schema =
                    Background.begin("schema", () -> Archive.dump(tool, source.dsn(), snapshot.id(), filters));
            try {
                // Under the snapshot, for a table that came later may go again.
                WriteCounters counters = WriteCounters.read(snapshot.holder(), selection);
                Rebuild rebuild = rebuilds ? RebuildReader.read(snapshot.holder()) : null;
                Inventory inventory = new Inventory(snapshot.holder(), source, selection, sameExtensions, rebuild);
                FrozenSource frozen = new FrozenSource(source, selection, snapshot, schema, inventory, counters,
                        Contents.read(snapshot.holder(), source, selection, inventory, rebuild, schema::get));
                T read = more.apply(frozen);
                frozen.archive();
                return new Taken<>(frozen, read);
            } catch (RuntimeException e) {
                schema.await();
                // The server's own words may be in any language, those of pg_dump about its query are not.
                boolean isTransient = e instanceof Failure failure && isLocked(failure);
                RuntimeException explained =
                        isTransient ? e : withSchemaChanges(source, snapshot, e, ", then run again");
                snapshot.close();
                if (!isTransient) {
                    throw explained;
                }
                if (attempt == ATTEMPTS) {
                    throw Failure.of(
                            "another session wants to drop, truncate or alter a table of the source, so it cannot "
                                    + "be dumped")
                            .because(e)
                            .hint("stop what changes tables on the source, then run again");
                }
                console.say("waiting, because another session wants to drop, truncate or alter a table of the source");
            }
        }
    }

    private static boolean isLocked(Failure failure) {
        return failure.detail() != null && failure.detail().contains("Query was: LOCK TABLE")
                || failure.getMessage().contains("could not obtain lock on relation");
    }

    /** @return the dump of the schema, once it is there */
    public Archive archive() {
        return schema.get();
    }

    /**
     * What was written after the snapshot.
     *
     * @throws Failure when a table changed its file: the locks of the snapshot's holder rule that out, and its rows
     * would be missing
     */
    public WriteCounters writtenSince() {
        WriteCounters now = now();
        counters.files().forEach((table, file) -> {
            if (!file.equals(now.files().get(table))) {
                throw Failure.of(
                        "a table of the source was truncated, rewritten or dropped while it was read (oid %d)", table);
            }
        });
        return now.since(counters);
    }

    /**
     * @return what somebody has created, changed or dropped on the source since, where only rows could have been
     * expected to change
     */
    public List<String> changesOfSchema() {
        return changesOfSchema(server, snapshot);
    }

    private static List<String> changesOfSchema(Server server, Snapshot snapshot) {
        try (Session session = server.session()) {
            synchronized (snapshot.holder()) {
                return SchemaChanges.between(snapshot.holder(), session);
            }
        }
    }

    /**
     * Does work with what was read of the source. That may not fit together when somebody changes the schema meanwhile:
     * pg_dump has the name of a type from the snapshot, but the signature of a function that takes it as it is now.
     *
     * @throws Failure that of the work; a step's also names the changes that can be its cause
     */
    public void explainFailures(Attempt.Work work) throws SQLException {
        try {
            work.run();
        } catch (Failure e) {
            throw withSchemaChanges(server, snapshot, e, "");
        }
    }

    private static RuntimeException withSchemaChanges(Server server, Snapshot snapshot, RuntimeException e,
            String then) {
        if (!(e instanceof Failure failure) || failure.exitCode() != Failure.REFUSED || Cleanup.stopping()
                || snapshot.holder().isClosed()) {
            return e;
        }
        List<String> changes;
        try {
            changes = changesOfSchema(server, snapshot);
        } catch (RuntimeException other) {
            // What has failed first is what is to be said.
            return e;
        }
        if (changes.isEmpty()) {
            return e;
        }
        Failure explained = Failure.of("%s%s", Failure.why(e), SchemaChanges.description(changes)).because(e);
        return (failure.detail() == null ? explained : explained.detail("%s", new Printable(failure.detail())))
                .hint("%sstop what changes the schema of the source%s",
                        new Printable(failure.hint() == null ? "" : failure.hint() + "\n"), then);
    }

    private WriteCounters now() {
        try (Session session = server.session()) {
            return WriteCounters.read(session, selection);
        }
    }

    @Override
    public void close() {
        snapshot.close();
    }
}
