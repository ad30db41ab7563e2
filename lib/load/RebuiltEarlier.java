//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.journal.FinishedUnits;
import lib.journal.Unit;
import lib.rebuild.Chunk;
import lib.rebuild.Making;
import lib.server.Session;
import lib.timescale.Hypertables;

/**
 * What an interrupted run has made anew, brought in line with what the target and the source have now: a table that was
 * made once more is no hypertable yet, and a chunk can have gone on the source.
 */
final class RebuiltEarlier {
    private static final String DOING = "following what has changed in hypertables";

    private final Session to;
    private final FinishedUnits units;

    RebuiltEarlier(Session to, FinishedUnits units) {
        this.to = to;
        this.units = units;
    }

    /**
     * Drops chunks that the source does not have any more, or has with another range, and forgets what the target does
     * not have.
     *
     * @param chunks as they are made now
     */
    void follow(Collection<Unit> chunks) {
        thaw();
        forget(Making.HYPERTABLE, Set.copyOf(Hypertables.names(to)));
        dropGone(Hypertables.chunks(to), chunks);
        // One that has gone may be made once more under its name.
        List<Hypertables.ChunkOf> there = Hypertables.chunks(to);
        forget(Making.CHUNK, there.stream().map(Hypertables.ChunkOf::name).collect(Collectors.toSet()));
        forget(Chunk.COMPRESSED, there.stream().filter(Hypertables.ChunkOf::compressed)
                .map(Hypertables.ChunkOf::name).collect(Collectors.toSet()));
    }

    /** A chunk that is frozen takes no change; those of the source are frozen again in the end. */
    private void thaw() {
        Set<String> frozen = units.names(Making.FROZEN);
        if (!frozen.isEmpty()) {
            units.undoAll(DOING, Hypertables.thawing(to), Making.FROZEN, frozen);
        }
    }

    private void dropGone(List<Hypertables.ChunkOf> there, Collection<Unit> chunks) {
        Set<String> gone = new TreeSet<>(units.names(Making.CHUNK));
        chunks.stream().filter(units::contain).forEach(chunk -> gone.remove(chunk.name()));
        List<String> drops = new ArrayList<>();
        there.stream().filter(chunk -> gone.contains(chunk.name()))
                .forEach(chunk -> drops.add("DROP TABLE " + chunk.sql()));
        if (!gone.isEmpty()) {
            units.undoAll(DOING, drops, Making.CHUNK, gone);
        }
    }

    private void forget(String kind, Set<String> there) {
        Set<String> lost = new TreeSet<>(units.names(kind));
        lost.removeAll(there);
        if (!lost.isEmpty()) {
            units.undoAll(DOING, List.of(), kind, lost);
        }
    }
}
