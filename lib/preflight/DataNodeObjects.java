package lib.preflight;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lib.catalog.OwnedObjects;
import lib.nodes.DataNode;
import lib.nodes.ReferenceTables;
import lib.server.Session;
import lib.source.LeftBehind;
import lib.timescale.NodeTables;
import lib.timescale.Timescale;

/**
 * What data nodes have that does not arrive, because all but the rows of distributed hypertables is taken from the
 * access node: objects and roles that it does not have, and tables that hold other rows there.
 */
final class DataNodeObjects {
    private static final String OBJECTS_KIND = "node-objects";
    private static final String TABLES_KIND = "node-tables";

    private DataNodeObjects() {
    }

    /** @param nodes those that can be reached */
    static LeftBehind find(Session access, List<DataNode> nodes) {
        Set<String> known = new HashSet<>(objects(access));
        Map<String, List<String>> only = new TreeMap<>();
        for (DataNode node : nodes) {
            try (Session session = node.session()) {
                List<String> there = objects(session);
                there.removeAll(known);
                NodeTables.ownHypertables(session).forEach(table -> {
                    there.remove("table " + table);
                    there.add("hypertable " + table);
                });
                Timescale.jobs(session).forEach(job -> there.add(job.toString()));
                there.forEach(name -> only.computeIfAbsent(name, each -> new ArrayList<>()).add(node.toString()));
            }
        }
        List<LeftBehind.Item> items = new ArrayList<>();
        only.forEach((name, where) -> items.add(new LeftBehind.Item(OBJECTS_KIND, name,
                "the access node does not have it, but " + String.join(", ", where), 0, 0)));
        Map<String, List<String>> differences = new LinkedHashMap<>();
        ReferenceTables.compare(access, nodes).forEach(difference -> differences
                .computeIfAbsent(difference.table(), table -> new ArrayList<>())
                .add("data node " + difference.node() + " has " + difference.how()));
        differences.forEach((table, where) -> items.add(new LeftBehind.Item(TABLES_KIND, table,
                "only the access node's rows arrive, and " + String.join(", ", where), 0, 0)));
        return LeftBehind.of(items);
    }

    /** @return what a database and its server have, each with its kind */
    private static List<String> objects(Session session) {
        Set<String> chunks = NodeTables.chunks(session);
        List<String> objects = new ArrayList<>();
        OwnedObjects.list(session).stream()
                .filter(object -> !object.part()
                        && !(object.kind().equals("TABLE") && chunks.contains(object.identity())))
                .forEach(object -> objects.add(object.toString()));
        session.texts("listing the extensions", "SELECT e.extname FROM pg_catalog.pg_extension e")
                .forEach(name -> objects.add("extension " + name));
        session.texts("listing the roles", "SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.oid >= 16384")
                .forEach(name -> objects.add("role " + name));
        return objects;
    }
}
