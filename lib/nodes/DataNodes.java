package lib.nodes;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Background;
import lib.talk.Console;
import lib.talk.Failure;
import lib.timescale.DistributedHypertables;
import lib.timescale.MultiNode;

/**
 * The data nodes of an access node, connected to from here: each as the access node itself is, at the host, port and
 * database under which the access node knows it, unless a connection string says otherwise.
 */
public final class DataNodes {
    private final MultiNode.Identity access;
    private final List<DataNode> nodes;

    private DataNodes(MultiNode.Identity access, List<DataNode> nodes) {
        this.access = access;
        this.nodes = nodes;
    }

    /**
     * Connects to all of them at once. One that cannot be reached is no failure here.
     *
     * @param session a session on the access node, whose statements are transactions of their own
     * @param given connection strings by the names of nodes
     * @throws Failure usage, where one of these is malformed, or names no data node
     */
    public static DataNodes connect(Server access, Session session, Map<String, String> given, Console console) {
        List<MultiNode.Node> known = MultiNode.nodes(session);
        Set<String> unknown = new HashSet<>(given.keySet());
        known.forEach(node -> unknown.remove(node.name()));
        if (!unknown.isEmpty()) {
            throw Failure.usage("--data-node names \"%s\", and the data nodes of the source are: %s",
                    unknown.iterator().next(), known.isEmpty() ? "none"
                            : known.stream().map(MultiNode.Node::name).collect(Collectors.joining(", ")));
        }
        MultiNode.Identity identity = MultiNode.identity(session);
        List<Background<Connected>> begun = known.stream().map(node -> {
            Dsn own = given.containsKey(node.name()) ? dsn(access, node, given.get(node.name())) : null;
            if (own != null) {
                Endpoints.warn(own, console, "where each server has a line of its own");
            }
            return Background.begin("data node", () -> connect(access, node, own, identity));
        }).toList();
        begun.forEach(Background::await);
        Map<String, String> seen = new HashMap<>();
        return new DataNodes(identity,
                begun.stream().map(Background::get).map(each -> each.unlessSeen(seen).beyond(session)).toList());
    }

    private static Dsn dsn(Server access, MultiNode.Node node, String text) {
        Map<String, String> place = new HashMap<>(node.place());
        if (node.user() != null) {
            place.put("user", node.user());
        }
        return access.dsn().elsewhere("data node " + node.name(), text, place);
    }

    /** @param identity null where the server is not reached, or is another one */
    private record Connected(MultiNode.Node node, Server server, Failure failure, MultiNode.Identity identity,
            Map<String, DistributedHypertables.Held> held) {
        /** One database under two names would be counted on for two copies of a chunk. */
        Connected unlessSeen(Map<String, String> seen) {
            String other = server == null ? null : seen.put(identity.database(), node.name());
            return other == null ? this
                    : new Connected(node, null, Failure.of("%s is data node %s as well", server.dsn().display(), other)
                            .hint("check --data-node %s and --data-node %s", node.name(), other), null, Map.of());
        }

        DataNode beyond(Session session) {
            if (server != null) {
                return new DataNode(node, server, null, Optional.empty(), identity.version(), held);
            }
            Optional<String> beyond = MultiNode.unreachable(session, node.name());
            return new DataNode(node, null, failure, beyond, null,
                    beyond.isEmpty() ? DistributedHypertables.held(session, node.name()) : Map.of());
        }
    }

    /** @param given null to reach it as the access node does, which need not be possible from here */
    private static Connected connect(Server access, MultiNode.Node node, Dsn given, MultiNode.Identity cluster) {
        try {
            Server server = Server.connect(given == null ? dsn(access, node, null) : given);
            try (Session session = server.session()) {
                MultiNode.Identity identity = MultiNode.identity(session);
                if (identity.version() != null && identity.isDataNode()
                        && identity.cluster().equals(cluster.cluster())) {
                    return new Connected(node, server, null, identity, DistributedHypertables.held(session));
                }
                String what = identity.version() == null ? "does not have timescaledb"
                        : identity.database().equals(cluster.database()) ? "is the access node itself"
                        : "is no data node of this access node";
                return new Connected(node, null, Failure.of("%s %s", server.dsn().display(), what)
                        .hint("check --data-node %s, or the options of server %1$s on the source", node.name()), null,
                        Map.of());
            }
        } catch (Failure e) {
            return new Connected(node, null, e, null, Map.of());
        }
    }

    /** @return all of them, by name */
    public List<DataNode> all() {
        return nodes;
    }

    /** @return those that can be reached from here */
    public List<DataNode> reached() {
        return nodes.stream().filter(DataNode::isReached).toList();
    }

    /** @return the version of timescaledb on the access node */
    public String version() {
        return access.version();
    }

    /**
     * @return the node of this name
     * @throws Failure where it cannot be reached from here
     */
    public DataNode node(String name) {
        return reached().stream().filter(node -> node.name().equals(name)).findFirst()
                .orElseThrow(() -> Failure.of("data node %s cannot be reached from here", name));
    }
}
