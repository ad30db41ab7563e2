//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.server.Session;
import lib.talk.Bytes;
import lib.talk.Count;
import lib.talk.Printable;

/**
 * Which tables of the source could become hypertables, and how, from what the statistics say: a file for
 * {@code --hypertables}, with a reason for each of its lines.
 */
public final class Proposal {
    /** Recent chunks' indexes are to stay in memory, beside everything else that is to be there. */
    private static final int PART_OF_MEMORY = 4;

    private final Session source;
    private final ConversionTarget target;
    private final Memory memory;
    private final List<ProposedTable> tables = new ArrayList<>();
    private final Map<ProposedTable, List<Obstacle>> obstacles = new LinkedHashMap<>();

    /**
     * The memory of the target's server.
     *
     * @param reason from where it is known
     */
    public record Memory(long bytes, String reason) {
        /** Nobody tells how much a server has; by the manual's advice, a quarter of it is in shared_buffers. */
        public static Memory of(Session target) {
            long buffers = target.list("asking for shared_buffers",
                    "SELECT pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers'))",
                    row -> row.getLong(1)).get(0);
            return new Memory(4 * buffers, "4 times its shared_buffers; --proposal-memory says otherwise");
        }
    }

    private Proposal(Session source, ConversionTarget target, Memory memory) {
        this.source = source;
        this.target = target;
        this.memory = memory;
    }

    /** @param least how many bytes a table must have, with its indexes, to be looked at */
    public static Proposal of(Session source, Selection selection, ConversionTarget target, Memory memory,
            long least) {
        Proposal proposal = new Proposal(source, target, memory);
        Set<Long> hypertables = ConversionCheck.hypertables(source);
        List<SourceTable> found = SourceTables.ofSize(source, selection, least).stream()
                .filter(table -> !hypertables.contains(table.oid())).toList();
        proposal.propose(found);
        return proposal;
    }

    private void propose(List<SourceTable> found) {
        // How many share the memory is known when the first look has left away those that are none.
        long sharing = found.stream().map(table -> look(table, memory.bytes))
                .filter(table -> table.reason() == null).count();
        for (SourceTable table : found) {
            tables.add(look(table, (double) memory.bytes / PART_OF_MEMORY / Math.max(1, sharing)));
        }
        boolean changed;
        do {
            changed = settle();
        } while (changed);
    }

    private ProposedTable look(SourceTable table, double bytes) {
        return ProposedTable.of(source, table, bytes, target.community());
    }

    /** @return whether a table was taken out, or its compression, so that others may have fewer obstacles */
    private boolean settle() {
        Map<Long, List<Obstacle>> with = obstacles(true);
        Map<Long, List<Obstacle>> without = obstacles(false);
        obstacles.clear();
        for (ProposedTable table : List.copyOf(tables)) {
            if (table.reason() != null) {
                continue;
            }
            List<Obstacle> all = with.getOrDefault(table.table().oid(), List.of());
            List<Obstacle> fatal = all.stream().filter(obstacle -> obstacle.outcomes().isEmpty()).toList();
            List<Obstacle> fewer = without.getOrDefault(table.table().oid(), List.of());
            if (!fatal.isEmpty()) {
                tables.set(tables.indexOf(table), ProposedTable.not(table.table(), fatal.get(0).what()
                        + " stands in the way: " + fatal.get(0).why()));
                return true;
            } else if (fewer.size() < all.size()) {
                Obstacle kept = all.stream().filter(obstacle -> fewer.stream()
                        .noneMatch(other -> other.what().equals(obstacle.what()))).findFirst().orElse(all.get(0));
                tables.set(tables.indexOf(table), table.uncompressed("not compressed, so that " + kept.what()
                        + " can stay: " + kept.why()));
                return true;
            }
            obstacles.put(table, all);
        }
        return false;
    }

    private Map<Long, List<Obstacle>> obstacles(boolean compressed) {
        Map<Long, SourceTable> found = new LinkedHashMap<>();
        Map<Long, Conversion> conversions = new LinkedHashMap<>();
        tables.stream().filter(table -> table.reason() == null).forEach(table -> {
            found.put(table.table().oid(), table.table());
            conversions.put(table.table().oid(),
                    compressed ? table.conversion() : table.uncompressed(null).conversion());
        });
        return new Obstacles(source, found, conversions, target.version()).of(conversions.keySet()).stream()
                .collect(Collectors.groupingBy(Obstacle::table));
    }

    /** @return how many tables are proposed */
    public int count() {
        return obstacles.size();
    }

    /** @return why others are not, each in a line; nothing where there are none of the size */
    public List<Printable> others() {
        return tables.stream().filter(table -> table.reason() != null)
                .map(table -> Printable.of(table.table().name() + ": " + table.reason())).toList();
    }

    /** @return the file */
    public String text() {
        StringBuilder text = new StringBuilder(Printable.of(("# A proposal for TimescaleDB %s, from the statistics of "
                + "the source. Change what you know better.").formatted(target.version()))
                + "\n# The indexes of the newest chunks of %s are to take a quarter of the target's memory at most,\n"
                        .formatted(Count.of(count(), "hypertable"))
                + "# and a chunk at most an eighth of what there is.\n"
                + "# Its memory is taken to be %s: %s.\n".formatted(Bytes.text(memory.bytes), memory.reason)
                + "hypertables:\n");
        obstacles.forEach((table, changes) -> text.append(hypertable(table, changes)));
        if (!others().isEmpty()) {
            text.append("\n# Not proposed:\n");
            others().forEach(other -> text.append("# ").append(other).append('\n'));
        }
        return text.toString();
    }

    private static String hypertable(ProposedTable proposed, List<Obstacle> obstacles) {
        SourceTable table = proposed.table();
        Conversion conversion = proposed.conversion();
        StringBuilder text = new StringBuilder("\n");
        line(text, "  # " + Printable.of(table.name()),
                (table.partitioned() ? Count.of(table.partitions().size(), "partition") + ", "
                        : "") + Bytes.text(table.bytes()) + " and " + Bytes.text(table.indexBytes())
                        + " of indexes, about " + Math.round(table.rows()) + " rows",
                ": ");
        text.append("  - schema: ").append(YamlText.of(table.name().schema())).append("\n    table: ")
                .append(YamlText.of(table.name().table())).append('\n');
        line(text, "    time_column: " + YamlText.of(conversion.timeColumn()), proposed.timeReason(), " # ");
        line(text, "    chunk_interval: " + conversion.interval(), proposed.intervalReason(), " # ");
        Conversion.Compression compression = conversion.compression();
        if (compression == null) {
            line(text, "   ", proposed.compressionReason(), " # ");
        } else {
            line(text, "    compression:\n      segmentby: [" + compression.segmentBy().stream().map(YamlText::of)
                    .collect(Collectors.joining(", ")) + "]", proposed.compressionReason(), " # ");
            compression.orderBy().forEach(sorting -> line(text, "      orderby: [{column: "
                    + YamlText.of(sorting.column()) + ", order: desc}]", "queries ask for what is new", " # "));
            line(text, "      after: " + compression.after(),
                    "what is changed often stays uncompressed, the newest chunk for sure", " # ");
        }
        if (!obstacles.isEmpty()) {
            text.append("    changes:\n");
            obstacles.forEach(obstacle -> line(text, "      - " + YamlText.change(obstacle,
                    obstacle.outcomes().keySet().iterator().next(), table.name()), obstacle.what() + ": "
                            + obstacle.why() + "; or " + obstacle.outcomes().keySet().stream().skip(1)
                                    .map(Treatment::toString).collect(Collectors.joining(", ")),
                    " # "));
        }
        return text.toString();
    }

    /** A name in a comment has no line break of its own. */
    private static void line(StringBuilder text, String yaml, String reason, String between) {
        text.append(yaml).append(between).append(Printable.of(reason)).append('\n');
    }
}
