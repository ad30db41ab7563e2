//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.code.LockedTables;
import lib.code.PlannedCode;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Batches;
import lib.talk.Count;
import lib.talk.Sql;
import lib.timescale.CompressedChunk;
import lib.timescale.Timescale;

/**
 * Columns that were added with a default while chunks were compressed ({@link CompressedChunk}). No dump carries the
 * value that a batch from before has of such a column, and only ADD COLUMN writes it, so that these rows would arrive
 * with NULL. It is also kept, and says nothing, once no such batch is left.
 */
public final class AddedDefaults {
    private static final int CHUNKS_A_TRIP = 50;

    private final Session source;
    private final Timescale timescale;
    private final List<CompressedChunk> unseen = new ArrayList<>();

    private AddedDefaults(Session source, Timescale timescale) {
        this.source = source;
        this.timescale = timescale;
    }

    /**
     * @return a stop for each hypertable that has such batches, and a warning where somebody's code keeps us from
     * looking
     */
    public static List<Finding> check(Session source, Timescale timescale) {
        return new AddedDefaults(source, timescale).check();
    }

    private List<Finding> check() {
        Map<String, List<CompressedChunk>> affected = new LinkedHashMap<>();
        for (List<CompressedChunk> batch : Batches.of(CompressedChunk.list(source), CHUNKS_A_TRIP)) {
            affected(batch).forEach(
                    chunk -> affected.computeIfAbsent(chunk.hypertable(), any -> new ArrayList<>()).add(chunk));
        }
        List<Finding> findings = new ArrayList<>();
        affected.forEach((hypertable, some) -> findings.add(Finding.stop("timescaledb", remedy(some),
                "%s of hypertable %s would arrive with NULL in %s: they were compressed before the column was "
                        + "added, so its value stands only in the source's system catalog, which a dump does not "
                        + "include",
                Count.of(some.size(), "chunk"), hypertable,
                some.stream().map(CompressedChunk::columns).distinct().collect(Collectors.joining(", ")))));
        if (!unseen.isEmpty()) {
            findings.add(Finding.warning("timescaledb",
                    "check it as its owner: SELECT count(*) FROM ONLY " + unseen.get(0).batches() + " WHERE "
                            + unseen.get(0).condition()
                            + "; if that is not 0, " + remedy(unseen),
                    "whether %s would arrive with NULL in a column that was added with a default could not "
                            + "be checked: %s",
                    Count.of(unseen.size(), "compressed chunk"),
                    LockedTables.WHY_NOT));
        }
        return findings;
    }

    private List<CompressedChunk> affected(List<CompressedChunk> chunks) {
        String doing = "looking for columns that were added to compressed chunks";
        source.run(doing, PlannedCode.TABLES_ONLY);
        try (LockedTables held = new LockedTables(source, source)) {
            Set<Integer> coded = held.runningCode(doing,
                    chunks.stream().map(chunk -> new PlannedCode.Queried(chunk.batches(), false)).toList());
            List<CompressedChunk> seen = new ArrayList<>();
            for (int i = 0; i < chunks.size(); i++) {
                (coded.contains(i) ? unseen : seen).add(chunks.get(i));
            }
            Collection<String> found = seen.isEmpty() ? List.of()
                    : source.texts(doing, seen.stream().map(chunk -> "SELECT " + Sql.literal(chunk.name())
                            + " WHERE EXISTS (SELECT FROM ONLY " + chunk.batches() + " WHERE " + chunk.condition()
                            + ")")
                            .collect(Collectors.joining(" UNION ALL ")));
            return seen.stream().filter(chunk -> found.contains(chunk.name())).toList();
        } finally {
            source.run(doing, PlannedCode.ANYTHING);
        }
    }

    private String remedy(List<CompressedChunk> chunks) {
        return "on the source: " + CompressedChunk.compressedAgain(timescale, chunks);
    }
}
