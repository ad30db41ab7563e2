package lib.nodes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.talk.Count;
import lib.talk.Failure;
import lib.timescale.DistributedHypertables;

/**
 * Which chunk is read where: of its copies one, so that all data nodes have about as many bytes to send; through the
 * access node where none of them can be reached from here.
 */
public final class ChunkReads {
    /**
     * A chunk and where it is read.
     *
     * @param node the data node that has the rows
     * @param direct whether they are read there, else through the access node
     * @param bytes of the rows as they are stored
     */
    public record Read(DistributedHypertables.Chunk chunk, String node, boolean direct, long bytes) {
    }

    private final List<Read> reads;
    private final List<DistributedHypertables.Chunk> lost;

    private ChunkReads(List<Read> reads, List<DistributedHypertables.Chunk> lost) {
        this.reads = reads;
        this.lost = lost;
    }

    /**
     * Chooses.
     *
     * @param chunks all chunks of distributed hypertables
     * @param nodes all data nodes
     */
    public static ChunkReads choose(List<DistributedHypertables.Chunk> chunks, List<DataNode> nodes) {
        List<Choice> choices = chunks.stream().map(chunk -> Choice.of(chunk, nodes)).toList();
        Map<String, Long> load = new HashMap<>();
        Map<DistributedHypertables.Chunk, Read> chosen = new HashMap<>();
        // Those without a choice first, then the largest: what is left evens out.
        choices.stream().filter(choice -> !choice.nodes.isEmpty())
                .sorted(Comparator.comparing((Choice choice) -> choice.nodes.size() > 1)
                        .thenComparing(choice -> -choice.bytes()))
                .forEach(choice -> {
                    DataNode node = choice.nodes.stream()
                            .min(Comparator.comparing(each -> load.getOrDefault(each.name(), 0L))).orElseThrow();
                    long bytes = choice.bytes(node);
                    load.merge(node.name(), bytes, Long::sum);
                    chosen.put(choice.chunk, new Read(choice.chunk, node.name(), node.isReached(), bytes));
                });
        return new ChunkReads(chunks.stream().filter(chosen::containsKey).map(chosen::get).toList(),
                chunks.stream().filter(chunk -> !chosen.containsKey(chunk)).toList());
    }

    /** @param nodes those that can be chosen, none of them better than another */
    private record Choice(DistributedHypertables.Chunk chunk, List<DataNode> nodes) {
        static Choice of(DistributedHypertables.Chunk chunk, List<DataNode> all) {
            List<DataNode> holders = all.stream().filter(node -> holds(node, chunk)).toList();
            List<DataNode> reached = holders.stream().filter(DataNode::isReached).toList();
            List<DataNode> available = reached.stream().filter(node -> node.facts().available()).toList();
            // The access node reads a chunk from one node only, whatever it has copies on.
            return new Choice(chunk, !available.isEmpty() ? available : !reached.isEmpty() ? reached
                    : holders.stream().filter(node -> node.isBeyond() && node.name().equals(chunk.standard()))
                            .toList());
        }

        /** A node that was not available for a while may have a copy that is out of date, which has lost its entry. */
        private static boolean holds(DataNode node, DistributedHypertables.Chunk chunk) {
            DistributedHypertables.Held held = node.held().get(chunk.identity());
            return held != null && chunk.copies().contains(
                    new DistributedHypertables.Copy(node.name(), held.number()));
        }

        long bytes() {
            return nodes.stream().mapToLong(this::bytes).max().orElse(0);
        }

        long bytes(DataNode node) {
            return node.held().get(chunk.identity()).bytes();
        }
    }

    /** @return every chunk that can be read, in the order in which they were made */
    public List<Read> all() {
        return reads;
    }

    /** @return the chunks of which no copy can be read */
    public List<DistributedHypertables.Chunk> lost() {
        return lost;
    }

    /** @return the reads through the access node, by the data node that has the rows */
    public Map<String, List<Read>> beyond() {
        return reads.stream().filter(read -> !read.direct)
                .collect(Collectors.groupingBy(Read::node, LinkedHashMap::new, Collectors.toList()));
    }

    /** @return how many bytes are read of each data node */
    public Map<String, Long> load() {
        return reads.stream().collect(Collectors.groupingBy(Read::node, LinkedHashMap::new,
                Collectors.summingLong(Read::bytes)));
    }

    /**
     * Stops where there is no copy left of a chunk.
     *
     * @throws Failure that names the first of them, with the data nodes that should have a copy
     */
    public ChunkReads orFail() {
        if (!lost.isEmpty()) {
            throw Failure.of("%s", description()).hint("%s", remedy());
        }
        return this;
    }

    /** @return which chunks cannot be read */
    public String description() {
        List<String> named = new ArrayList<>();
        lost.forEach(chunk -> named.add(chunk.identity() + " of " + chunk.hypertable() + " ("
                + (chunk.copies().isEmpty() ? "which no data node has"
                        : "on " + chunk.copies().stream().map(DistributedHypertables.Copy::node)
                                .collect(Collectors.joining(", ")))
                + ")"));
        return "no copy can be read of " + Count.of(lost.size(), "chunk") + ": " + Count.some(named);
    }

    /** @return what to do about them */
    public String remedy() {
        return "start the data nodes that have them, or say where they are reached: --data-node NAME=CONNSTR";
    }
}
