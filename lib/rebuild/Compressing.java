//DEPS org.postgresql:postgresql:42.7.14
package lib.rebuild;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Says how chunks with rows are compressed on the target. Before 2.14 a hypertable with compression turned on takes no
 * more keys, so this comes after all constraints.
 */
public final class Compressing {
    /**
     * Chunks that were compressed with the same settings.
     *
     * @param settings turns compression on with them
     * @param chunks each may be compressed beside the others
     * @param last whether these settings are those of the hypertable in the end
     * @param repeatable whether they can be set where chunks are compressed
     */
    public record Round(Making settings, List<Making> chunks, boolean last, boolean repeatable) {
    }

    /** Since this version a chunk keeps the settings that it was compressed with. */
    private static final String OWN_SETTINGS = "2.14";
    /** The oldest one of which that was tried; foreign keys are possible since 2.20. */
    private static final String KEYS_AFTERWARDS = "2.22";
    private static final String SPARSE_INDEXES = "2.22";
    private static final String SKIPPING = "2.16";

    /** Stands for a chunk in a statement, and in no other. */
    private static final String HERE = "{chunk}";

    private final Rebuild rebuild;
    private final TargetApi api;
    private String call;

    /** @param target a session on the target, which has the extension */
    public Compressing(Rebuild rebuild, Session target) {
        this.rebuild = rebuild;
        api = new TargetApi(target);
    }

    /**
     * @return what is done one after another: a chunk gets the settings that its hypertable has at the time, and in the
     * end the hypertable has its own
     */
    public List<Round> rounds() {
        List<Round> rounds = new ArrayList<>();
        rebuild.hypertables().stream().filter(hypertable -> hypertable.compression() != null)
                .forEach(hypertable -> {
                    if (api.isAtLeast(OWN_SETTINGS)) {
                        rounds.addAll(rounds(hypertable));
                    } else {
                        rounds.add(round(hypertable));
                    }
                });
        return rounds;
    }

    private List<Round> rounds(Hypertable hypertable) {
        Map<CompressionSettings, List<Making>> groups = new LinkedHashMap<>();
        CompressionSettings last = hypertable.compression();
        compressed(hypertable).forEach(chunk -> groups.computeIfAbsent(
                Objects.requireNonNullElse(chunk.settings(), last), any -> new ArrayList<>()).add(compress(chunk)));
        List<Making> own = Objects.requireNonNullElse(groups.remove(last), List.of());
        List<Round> rounds = new ArrayList<>();
        groups.forEach(
                (settings, chunks) -> rounds.add(new Round(settings(hypertable, settings), chunks, false, true)));
        rounds.add(new Round(settings(hypertable, last), own, true, true));
        return rounds;
    }

    /** All chunks have the settings of the hypertable, which do not change any more once a chunk is compressed. */
    private Round round(Hypertable hypertable) {
        List<Chunk> chunks = compressed(hypertable);
        CompressionSettings settings = hypertable.compression().decided() ? hypertable.compression()
                : chunks.stream().map(Chunk::settings).filter(Objects::nonNull).findFirst()
                        .orElse(hypertable.compression());
        return new Round(settings(hypertable, settings), chunks.stream().map(this::compress).toList(), true, false);
    }

    private static List<Chunk> compressed(Hypertable hypertable) {
        return hypertable.chunks().stream().filter(Chunk::compressed).toList();
    }

    private Making settings(Hypertable hypertable, CompressionSettings settings) {
        String sql = settings.turnOn(relation(hypertable), api.isAtLeast(SPARSE_INDEXES));
        return new Making("COMPRESSION", hypertable.toString(), !api.isAtLeast(OWN_SETTINGS) ? sql
                : sql + settings.leaveOpen(TargetApi.relation(hypertable.sql())));
    }

    private String relation(Hypertable hypertable) {
        return !hypertable.aggregate() ? "TABLE " + hypertable.sql() : "MATERIALIZED VIEW " + rebuild.aggregates()
                .stream().filter(aggregate -> aggregate.id() == hypertable.id()).findFirst().orElseThrow().sql();
    }

    private Making compress(Chunk chunk) {
        if (call == null) {
            // Asked for once: there may be thousands of chunks.
            call = api.call("compress_chunk", Map.of("uncompressed_chunk", HERE));
        }
        return new Making(Chunk.COMPRESSED, chunk.toString(), call.replace(HERE, TargetApi.relation(chunk.sql())));
    }

    /** @return whether keys and checks can still be made where chunks are compressed; row security cannot */
    public boolean isPossibleBeforeKeys() {
        return api.isAtLeast(KEYS_AFTERWARDS);
    }

    /**
     * @return what is done when all chunks are compressed: those that several chunks become, and those that are frozen
     */
    public List<Making> last() {
        List<Making> last = new ArrayList<>();
        for (Hypertable hypertable : rebuild.hypertables()) {
            Dimension first = hypertable.dimensions().get(0);
            if (hypertable.compression() != null && first.compressedInterval() != null) {
                last.add(new Making("COMPRESSED INTERVAL", hypertable.toString(), "ALTER " + relation(hypertable)
                        + " SET (timescaledb.compress_chunk_time_interval = '" + first.compressedInterval()
                        + (first.times() ? " microseconds" : "") + "');"));
            }
            hypertable.chunks().stream().filter(Chunk::frozen).forEach(chunk -> last.add(new Making(Making.FROZEN,
                    chunk.toString(), api.internal("freeze_chunk", TargetApi.relation(chunk.sql())))));
        }
        return last;
    }

    /** @return how the ranges of columns are kept for each chunk that is compressed from now on */
    public List<Making> skipping() {
        List<Making> skipping = new ArrayList<>();
        if (!api.isAtLeast(SKIPPING)) {
            return skipping;
        }
        rebuild.hypertables().forEach(hypertable -> hypertable.skipping().forEach(column -> skipping.add(new Making(
                "CHUNK SKIPPING", hypertable + ": " + column, "SET LOCAL timescaledb.enable_chunk_skipping = on; "
                        + api.call("enable_chunk_skipping", Map.of("hypertable", TargetApi.relation(hypertable.sql()),
                                "column_name", Sql.literal(column)))))));
        return skipping;
    }
}
