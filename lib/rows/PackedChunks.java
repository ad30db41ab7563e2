//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.journal.FinishedUnits;
import lib.rebuild.Chunk;
import lib.server.Session;
import lib.source.Inventory;
import lib.talk.Sql;
import lib.timescale.ExtensionCall;
import lib.timescale.Hypertables;
import lib.timescale.TimescaleExtension;

/**
 * The chunks of a target that an earlier run has made, and those of them that it has compressed: of compressed rows
 * nobody knows which transaction has brought them, and none can be removed.
 */
final class PackedChunks {
    private static final String DOING = "comparing what an interrupted run has compressed";

    private final Session target;
    /** Hypertables and chunks by the chunks' names, all quoted and qualified. */
    private final Map<String, Hypertables.ChunkOf> chunks = new HashMap<>();

    /**
     * @param target a session on the target
     * @param madeAnew whether hypertables are made anew there
     */
    PackedChunks(Session target, boolean madeAnew) {
        this.target = target;
        if (madeAnew && TimescaleExtension.of(target) != null) {
            Hypertables.chunks(target).forEach(chunk -> chunks.put(chunk.sql(), chunk));
        }
    }

    private boolean isPacked(Inventory.Table table) {
        return chunks.containsKey(table.sql()) && chunks.get(table.sql()).compressed();
    }

    /** @return those of which one side has compressed rows */
    Set<Long> among(Collection<BegunTable> begun) {
        return begun.stream().map(BegunTable::table).filter(table -> table.decompressed() || isPacked(table))
                .map(Inventory.Table::oid).collect(Collectors.toSet());
    }

    /** @return whether it is compressed on the target, and is not on the source any more */
    boolean isUnpacked(Inventory.Table table) {
        return !table.decompressed() && isPacked(table);
    }

    /** @return what the triggers and keys stand on that act on rows of this table: of a chunk, its hypertable */
    String actingOn(Inventory.Table table) {
        return chunks.containsKey(table.sql()) ? chunks.get(table.sql()).hypertable() : table.sql();
    }

    /** Decompresses those of these that are compressed, and has them be compressed again later. */
    void unpack(Collection<Inventory.Table> tables, FinishedUnits units) {
        for (Inventory.Table table : tables) {
            if (isPacked(table)) {
                String call = target.text(DOING, ExtensionCall.query("decompress_chunk",
                        Map.of("uncompressed_chunk", Sql.literal(table.sql()) + "::pg_catalog.regclass")));
                units.undoAll(DOING, List.of("SELECT FROM " + call), Chunk.COMPRESSED, Set.of(table.toString()));
            }
        }
    }
}
