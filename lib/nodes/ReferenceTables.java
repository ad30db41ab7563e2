package lib.nodes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lib.server.Session;
import lib.talk.Background;
import lib.talk.Failure;
import lib.timescale.NodeTables;

/**
 * The ordinary tables that the access node and data nodes have under one name. Nothing but the user keeps them alike
 * (distributed_exec), and only the access node's rows are taken.
 */
public final class ReferenceTables {
    /**
     * One that is not alike.
     *
     * @param table its quoted, qualified name
     * @param how in what it differs
     */
    public record Difference(String node, String table, String how) {
    }

    /** Of text, so that nothing depends on the form in which values are stored. */
    private static final String ROWS = """
            SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(pg_catalog.hashtextextended(
                     (ROW(%1$s))::pg_catalog.text, 0)), 0)::pg_catalog.text
              FROM ONLY %2$s""";

    private ReferenceTables() {
    }

    /** @return the tables that are not alike on the access node and on each of these data nodes */
    public static List<Difference> compare(Session access, List<DataNode> nodes) {
        Map<String, String> tables = NodeTables.ordinary(access);
        Map<String, Rows> rows = new TreeMap<>();
        List<Background<List<Difference>>> begun = nodes.stream()
                .map(node -> Background.begin("reference tables", () -> compare(access, tables, rows, node))).toList();
        begun.forEach(Background::await);
        List<Difference> differences = new ArrayList<>();
        begun.forEach(each -> differences.addAll(each.get()));
        return differences;
    }

    private static List<Difference> compare(Session access, Map<String, String> tables, Map<String, Rows> rows,
            DataNode node) {
        List<Difference> differences = new ArrayList<>();
        try (Session session = node.session()) {
            NodeTables.ordinary(session).forEach((table, columns) -> {
                String expected = tables.get(table);
                if (expected == null) {
                    return;
                }
                String how = expected.equals(columns) ? difference(access, session, rows, table, columns)
                        : "columns " + columns + " where the access node has " + expected;
                if (how != null) {
                    differences.add(new Difference(node.name(), table, how));
                }
            });
        }
        return differences;
    }

    /** Each table of the access node is read once, and its session has one question at a time. */
    private static Rows read(Session access, Map<String, Rows> rows, String table, String columns) {
        synchronized (rows) {
            return rows.computeIfAbsent(table, name -> Rows.read(access, table, columns));
        }
    }

    /** @return in what they differ, or null; whoever may not read a table cannot know that it is alike */
    private static String difference(Session access, Session node, Map<String, Rows> rows, String table,
            String columns) {
        try {
            Rows found = Rows.read(node, table, columns);
            Rows expected = read(access, rows, table, columns);
            return found.equals(expected) ? null : found.count == expected.count ? "other rows than the access node"
                    : found.count + " rows where the access node has " + expected.count;
        } catch (Failure e) {
            if (node.isClosed() || access.isClosed()) {
                throw e;
            }
            return "rows that cannot be compared: " + e.getMessage();
        }
    }

    /** @param sum a checksum */
    private record Rows(long count, String sum) {
        static Rows read(Session session, String table, String columns) {
            return session.list("comparing table " + table,
                    ROWS.formatted(columns, table),
                    row -> new Rows(row.getLong(1), row.getString(2))).get(0);
        }
    }
}
