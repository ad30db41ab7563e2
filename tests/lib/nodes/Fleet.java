//DEPS info.picocli:picocli:4.7.7

package lib.nodes;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lib.dsn.Dsn;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Console;
import lib.timescale.DistributedHypertables;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import testbed.MultiNode;

/**
 * A cluster as a command sees it.
 *
 * @param err what was said
 */
record Fleet(Server access, DataNodes nodes, StringWriter err) {
    @Command(name = "test")
    private static final class Reading {
        @Mixin
        Console console;
        @Mixin
        DataNodeOption nodes;
    }

    static Fleet of(MultiNode cluster, String... options) {
        return of(cluster.uri(), options);
    }

    /** @param options the command's, such as {@code --data-node} */
    static Fleet of(String uri, String... options) {
        Reading command = new Reading();
        StringWriter err = new StringWriter();
        CommandLine line = new CommandLine(command).setErr(new PrintWriter(err));
        line.parseArgs(options);
        Server access = Server.connect(Dsn.parse("source", uri, false, Map.of("HOME", "/nonexistent")));
        try (Session session = access.session()) {
            return new Fleet(access, DataNodes.connect(access, session, command.nodes.connections(), command.console),
                    err);
        }
    }

    ChunkReads reads() {
        try (Session session = access.session()) {
            return ChunkReads.choose(DistributedHypertables.chunks(session), nodes.all());
        }
    }

    /** The rows of each hypertable, sorted, as they are read by this choice. */
    SortedMap<String, List<String>> rows(ChunkReads reads) {
        SortedMap<String, List<String>> rows = new TreeMap<>();
        for (ChunkReads.Read read : reads.orFail().all()) {
            try (Session session = read.direct() ? nodes.node(read.node()).session() : access.session()) {
                rows.computeIfAbsent(read.chunk().hypertable(), table -> new ArrayList<>()).addAll(session.texts(
                        "reading", "SELECT t::text FROM " + read.chunk().identity() + " t"));
            }
        }
        rows.values().forEach(list -> list.sort(null));
        return rows;
    }

    /** What the access node itself says. */
    SortedMap<String, List<String>> expected() {
        try (Session session = access.session()) {
            SortedMap<String, List<String>> rows = new TreeMap<>();
            DistributedHypertables.list(session).forEach(table -> {
                List<String> all = new ArrayList<>(session.texts("reading", "SELECT t::text FROM " + table.identity()
                        + " t"));
                all.sort(null);
                if (!all.isEmpty()) {
                    rows.put(table.identity(), all);
                }
            });
            return rows;
        }
    }

    String failures() {
        return nodes.all().stream().filter(node -> !node.isReached())
                .map(node -> node.name() + ": " + node.failure().getMessage()).collect(Collectors.joining("\n"));
    }
}
