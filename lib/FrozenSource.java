//SOURCES Archive.java Console.java Counters.java Dsn.java Failure.java Inventory.java Selection.java Server.java Snapshot.java Tool.java
package lib;

import java.util.List;

/** The source as every step reads it: one snapshot, the schema dumped under it, what it holds, and what had been written until then. */
public record FrozenSource(Server server, Selection selection, Snapshot snapshot, Archive archive, Inventory inventory, Counters counters)
        implements AutoCloseable {
    private static final int ATTEMPTS = 3;

    /**
     * Takes the snapshot and dumps the schema under it. pg_dump may find a table locked by somebody who waits for our snapshot; then the
     * snapshot is let go, and taken anew.
     *
     * @param target where the schema will be restored
     * @param filters pg_dump's own filter arguments
     */
    public static FrozenSource take(Server source, Dsn target, Selection selection, List<String> filters, Tool tool, Console console) {
        for (int attempt = 1;; attempt++) {
            Snapshot snapshot = Snapshot.take(source, selection, console);
            try {
                Counters counters = Counters.read(source, selection);
                Archive archive = Archive.dump(tool, source.dsn(), target, snapshot.id(), filters);
                return new FrozenSource(source, selection, snapshot, archive, new Inventory(snapshot.holder(), source, selection), counters);
            } catch (Failure e) {
                snapshot.close();
                if (attempt == ATTEMPTS || !e.getMessage().contains("could not obtain lock") && !e.getMessage().contains("lock timeout")) {
                    throw e;
                }
                console.warn("the schema could not be dumped (%s), trying again with a new snapshot", e.getMessage());
            }
        }
    }

    /**
     * What was written after the snapshot.
     *
     * @throws Failure step, when a table changed its file: the locks of the snapshot's holder rule that out, and its rows would be missing
     */
    public Counters writtenSince() {
        Counters now = Counters.read(server, selection);
        counters.files().forEach((table, file) -> {
            if (!file.equals(now.files().get(table))) {
                throw Failure.step("a table of the source was truncated, rewritten or dropped while it was read (oid %d)", table);
            }
        });
        return now.since(counters);
    }

    @Override
    public void close() {
        snapshot.close();
    }
}
