//SOURCES Archive.java Background.java Connecting.java Console.java Contents.java Counters.java Failure.java Inventory.java SchemaChanges.java
//SOURCES Selection.java Server.java Snapshot.java Tool.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * The source as every step reads it: one snapshot, the schema dumped under it, what it holds, and what had been written until then.
 *
 * @param schema the archive that {@link #archive} waits for
 */
public record FrozenSource(Server server, Selection selection, Snapshot snapshot, Background<Archive> schema, Inventory inventory, Counters counters)
        implements AutoCloseable {
    private static final int ATTEMPTS = 3;

    /**
     * Takes the snapshot and dumps the schema under it, beside what else is to be read. pg_dump may find a table locked by somebody who waits for
     * our snapshot; then the snapshot is let go, and taken anew.
     *
     * @param sameExtensions the extensions that have the same version on both sides
     * @param filters pg_dump's own filter arguments
     * @param more what else is to be read; it may be asked for again, under the next snapshot
     */
    public static FrozenSource take(Server source, Selection selection, Collection<String> sameExtensions, List<String> filters, Tool tool, Console console,
            Consumer<FrozenSource> more) {
        for (int attempt = 1;; attempt++) {
            Snapshot snapshot = Snapshot.take(source, selection, console);
            Background<Archive> schema = Background.begin("schema", () -> Archive.dump(tool, source.dsn(), snapshot.id(), filters));
            try {
                // Under the snapshot, for a table that came later may go again.
                Counters counters = Counters.read(snapshot.holder(), selection);
                FrozenSource frozen = new FrozenSource(source, selection, snapshot, schema,
                        new Inventory(snapshot.holder(), source, selection, sameExtensions), counters);
                more.accept(frozen);
                frozen.archive();
                return frozen;
            } catch (RuntimeException e) {
                schema.await();
                snapshot.close();
                // The server's own words may be in any language, those of pg_dump about its query are not.
                if (!(e instanceof Failure failure) || !isLocked(failure)) {
                    throw e;
                }
                if (attempt == ATTEMPTS) {
                    throw Failure.refused("another session wants to drop, truncate or alter a table of the source, so it cannot be dumped").because(e)
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

    /** @return what the steps on the target have to know beside the archive */
    public Contents contents() {
        return Contents.read(snapshot.holder(), server, selection, inventory, this::archive);
    }

    /**
     * What was written after the snapshot.
     *
     * @throws Failure step, when a table changed its file: the locks of the snapshot's holder rule that out, and its rows would be missing
     */
    public Counters writtenSince() {
        Counters now = now();
        counters.files().forEach((table, file) -> {
            if (!file.equals(now.files().get(table))) {
                throw Failure.step("a table of the source was truncated, rewritten or dropped while it was read (oid %d)", table);
            }
        });
        return now.since(counters);
    }

    /** @return what somebody has created, changed or dropped on the source since, where only rows could have been expected to change */
    public List<String> changesOfSchema() {
        try (Connection session = server.session()) {
            synchronized (snapshot.holder()) {
                return SchemaChanges.between(snapshot.holder(), session);
            }
        } catch (SQLException e) {
            throw Connecting.statement("source", "ending the session", e);
        }
    }

    private Counters now() {
        try (Connection session = server.session()) {
            return Counters.read(session, selection);
        } catch (SQLException e) {
            throw Connecting.statement("source", "reading the statistics", e);
        }
    }

    @Override
    public void close() {
        snapshot.close();
    }
}
