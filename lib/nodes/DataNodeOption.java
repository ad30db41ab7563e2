//DEPS info.picocli:picocli:4.7.7
package lib.nodes;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.talk.Failure;
import picocli.CommandLine.Option;

/** The option {@code --data-node}, for every command that reads data nodes. */
public final class DataNodeOption {
    @Option(names = "--data-node", paramLabel = "NAME=CONNSTR", order = 3,
            description = "connection string of a data node of the source, where it is not reached as the access node "
                    + "reaches it; what it does not say is as for the source (repeatable)")
    private List<String> given = List.of();

    /**
     * @return the connection strings by the names of data nodes
     * @throws Failure usage, in a line that holds no connection string: there may be a password in it
     */
    public Map<String, String> connections() {
        Map<String, String> connections = new LinkedHashMap<>();
        for (String text : given) {
            int equals = text.indexOf('=');
            if (equals < 1) {
                throw Failure.usage("--data-node must be NAME=CONNSTR")
                        .hint("write the name of the data node first: --data-node dn1=postgresql://host:5432/database");
            }
            if (connections.put(text.substring(0, equals), text.substring(equals + 1)) != null) {
                throw Failure.usage("--data-node names \"%s\" twice", text.substring(0, equals));
            }
        }
        return connections;
    }
}
