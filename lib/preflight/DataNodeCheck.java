package lib.preflight;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.nodes.ChunkReads;
import lib.nodes.DataNode;
import lib.nodes.DataNodes;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Sql;
import lib.timescale.DistributedHypertables;
import lib.timescale.MultiNode;

/**
 * The data nodes of a multi-node source: whether each can be reached, whether there is a copy of every chunk that can
 * be read, and what they have that would not arrive.
 */
final class DataNodeCheck {
    private static final String CHECK = "data nodes";

    private final Session access;
    private final DataNodes nodes;
    private final List<DistributedHypertables.Chunk> chunks;
    private final ChunkReads reads;

    /**
     * Connects to the data nodes of a source and looks at them.
     *
     * @param session a session on the source, whose statements are transactions of their own
     * @param given connection strings by the names of data nodes
     * @param leaveOut classes and names of what may stay behind
     * @return nothing for a source that has none
     * @throws Failure usage, where a connection string is malformed or names no data node
     */
    static List<Finding> of(Server source, Session session, Map<String, String> given, Collection<String> leaveOut,
            Console console) {
        return given.isEmpty() && MultiNode.nodes(session).isEmpty() ? List.of()
                : new DataNodeCheck(session, DataNodes.connect(source, session, given, console)).check(leaveOut);
    }

    private DataNodeCheck(Session access, DataNodes nodes) {
        this.access = access;
        this.nodes = nodes;
        chunks = DistributedHypertables.chunks(access);
        reads = ChunkReads.choose(chunks, nodes.all());
    }

    private List<Finding> check(Collection<String> leaveOut) {
        List<Finding> findings = new ArrayList<>();
        for (DataNode node : nodes.all()) {
            findings.addAll(node.isReached() ? reached(node) : List.of(unreached(node)));
        }
        if (!reads.lost().isEmpty()) {
            findings.add(Finding.stop(CHECK, reads.remedy(), "%s", reads.description()));
        }
        findings.addAll(DataNodeObjects.find(access, nodes.reached()).check("migrate", leaveOut));
        return findings;
    }

    private List<Finding> reached(DataNode node) {
        List<Finding> findings = new ArrayList<>();
        Set<String> unknown = unknown(node);
        if (!unknown.isEmpty()) {
            findings.add(Finding.warning(CHECK, null,
                    "%s has %s that the access node does not read, which stay behind: %s", node,
                    Count.of(unknown.size(), "chunk"), Count.some(unknown)));
        }
        try (Session session = node.session()) {
            findings.addAll(prepared(node, MultiNode.prepared(session)));
        }
        if (findings.isEmpty()) {
            long bytes = reads.load().getOrDefault(node.name(), 0L);
            findings.add(Finding.ok(CHECK, "%s: %s, PostgreSQL %s, timescaledb %s, %s to read", node.name(),
                    node.address(), node.server().facts().version(), node.version(), Bytes.text(bytes)));
        }
        return findings;
    }

    /** Rows of theirs may be part of what the access node shows; only it knows whether they are. */
    private List<Finding> prepared(DataNode node, List<String> all) {
        List<Finding> findings = new ArrayList<>();
        List<String> distributed = all.stream().filter(MultiNode::isDistributed).toList();
        if (!distributed.isEmpty()) {
            findings.add(Finding.stop(CHECK,
                    "as a superuser of the access node: " + MultiNode.healing(access, node.name()),
                    "%s has transactions of the access node that are neither committed nor rolled back: %s", node,
                    Count.some(distributed)));
        }
        all.stream().filter(gid -> !MultiNode.isDistributed(gid)).forEach(gid -> findings.add(Finding.stop(CHECK,
                "COMMIT PREPARED %1$s; or ROLLBACK PREPARED %1$s; on the %2$s".formatted(Sql.literal(gid), node),
                "%s has prepared transaction %s, neither committed nor rolled back", node, gid)));
        return findings;
    }

    /** Copies that were out of date were taken off the access node's list, as rows have been written without them. */
    private Set<String> unknown(DataNode node) {
        Set<String> known = chunks.stream()
                .filter(chunk -> chunk.copies().stream().anyMatch(copy -> copy.node().equals(node.name())))
                .map(DistributedHypertables.Chunk::identity).collect(Collectors.toSet());
        Set<String> unknown = new TreeSet<>(node.held().keySet());
        unknown.removeAll(known);
        return unknown;
    }

    private Finding unreached(DataNode node) {
        List<ChunkReads.Read> beyond = reads.beyond().getOrDefault(node.name(), List.of());
        String instead = beyond.isEmpty() ? "other copies of its chunks are read, where there are any"
                : Count.of(beyond.size(), "chunk") + " of it (" + Bytes.text(beyond.stream()
                        .mapToLong(ChunkReads.Read::bytes).sum())
                        + ") are read through the access node, which takes about three times as long and burdens it, "
                        + "and what is written there meanwhile is not seen";
        return Finding.warning(CHECK,
                node.failure().hint() + "; or say where it is reached: --data-node " + node.name() + "=CONNSTR",
                "%s%s; %s; what else it has is not looked at", node.failure().getMessage(),
                node.beyond().map(why -> ", and through the access node: " + why).orElse(""), instead);
    }
}
