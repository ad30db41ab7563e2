package lib.nodes;

import java.util.Map;
import java.util.Optional;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Failure;
import lib.timescale.DistributedHypertables;
import lib.timescale.MultiNode;

/**
 * A data node, reached or not.
 *
 * @param server null where it cannot be reached from here
 * @param failure why, else null
 * @param beyond why the access node does not reach it either; asked for only where we do not
 * @param version of timescaledb there, or null where it cannot be reached from here
 * @param held what it has for chunks, by their quoted, qualified names; nothing where nobody reaches it
 */
public record DataNode(MultiNode.Node facts, Server server, Failure failure, Optional<String> beyond, String version,
        Map<String, DistributedHypertables.Held> held) {
    public String name() {
        return facts.name();
    }

    /** @return whether it can be reached from here */
    public boolean isReached() {
        return server != null;
    }

    /** @return whether its rows can be read through the access node, and in no other way */
    public boolean isBeyond() {
        return server == null && beyond.isEmpty();
    }

    /** @return a session there */
    public Session session() {
        return server.session();
    }

    /** @return where it is reached, and as whom */
    public String address() {
        return server.dsn().host() + ":" + server.dsn().port() + " as user " + server.dsn().user();
    }

    /** @return the node, as messages name it */
    @Override
    public String toString() {
        return "data node " + name();
    }
}
