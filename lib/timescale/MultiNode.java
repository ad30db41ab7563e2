package lib.timescale;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * A database that is spread over several servers, as TimescaleDB up to 2.13 has it: an access node, which knows all and
 * keeps none of the rows of distributed hypertables, and its data nodes. For each data node the access node has a
 * foreign server (add_data_node).
 */
public final class MultiNode {
    /**
     * What a database says of itself (_timescaledb_catalog.metadata).
     *
     * @param version of the extension, or null where the database does not have it
     * @param database what identifies it
     * @param cluster what identifies the access node that it belongs to, or null for none; an access node belongs to
     * itself
     */
    public record Identity(String version, String database, String cluster) {
        /** @return whether it is a data node of some access node */
        public boolean isDataNode() {
            return cluster != null && !cluster.equals(database);
        }
    }

    /**
     * A data node, as its access node knows it.
     *
     * @param place how the access node connects to it, by libpq's keywords: host, hostaddr, port, dbname
     * @param user as whom the user mapping lets us connect to it, or null where that says nothing
     * @param available whether the access node uses it (alter_data_node)
     */
    public record Node(String name, Map<String, String> place, String user, boolean available) {
    }

    private static final String NODES = """
            SELECT s.srvname, o.host, o.hostaddr, o.port, o.dbname, coalesce(o.available, 'true') <> 'false',
                   (SELECT m.option_value FROM pg_catalog.pg_user_mappings u,
                      pg_catalog.pg_options_to_table(u.umoptions) m
                     WHERE u.srvid = s.oid AND u.usename IN (current_user, 'public') AND m.option_name = 'user'
                     ORDER BY u.umuser DESC LIMIT 1)
              FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
              JOIN LATERAL (SELECT pg_catalog.max(t.option_value) FILTER (WHERE t.option_name = 'host') AS host,
                     pg_catalog.max(t.option_value) FILTER (WHERE t.option_name = 'hostaddr') AS hostaddr,
                     pg_catalog.max(t.option_value) FILTER (WHERE t.option_name = 'port') AS port,
                     pg_catalog.max(t.option_value) FILTER (WHERE t.option_name = 'dbname') AS dbname,
                     pg_catalog.max(t.option_value) FILTER (WHERE t.option_name = 'available') AS available
                FROM pg_catalog.pg_options_to_table(s.srvoptions) t) o ON true
             WHERE w.fdwname = '%s' ORDER BY 1""".formatted(Hypertables.DATA_NODES);
    private static final List<String> KEYWORDS = List.of("host", "hostaddr", "port", "dbname");

    /** The function that asks a data node for a sign of life has moved to another schema with 2.12. */
    private static final String FUNCTION = """
            SELECT pg_catalog.format('%%I.%%I', n.nspname, p.proname)
              FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE p.proname = '%s' AND n.nspname IN ('_timescaledb_functions', '_timescaledb_internal')
               AND p.proowner IN %s ORDER BY 1 LIMIT 1""";
    private static final String PATIENCE = "5 s";

    private MultiNode() {
    }

    /** @return what the database of this session is */
    public static Identity identity(Session session) {
        TimescaleExtension extension = TimescaleExtension.of(session);
        if (extension == null) {
            return new Identity(null, null, null);
        }
        return session.list("asking which database it is", """
                SELECT pg_catalog.max(m.value) FILTER (WHERE m.key = 'uuid'),
                       pg_catalog.max(m.value) FILTER (WHERE m.key = 'dist_uuid')
                  FROM _timescaledb_catalog.metadata m""",
                row -> new Identity(extension.version(), row.getString(1), row.getString(2))).get(0);
    }

    /**
     * @return whether the database has a part of the rows of distributed hypertables, as a data node has; one that was
     * deleted keeps the identity of the cluster
     */
    public static boolean hasParts(Session session) {
        return identity(session).isDataNode() && session.text("looking for parts of distributed hypertables", """
                SELECT 1 FROM _timescaledb_catalog.hypertable h
                 WHERE pg_catalog.to_jsonb(h)->>'replication_factor' = '-1' LIMIT 1""") != null;
    }

    /** @return the data nodes of an access node, by their names; none of any other database */
    public static List<Node> nodes(Session access) {
        return access.list("listing the data nodes", NODES, row -> {
            Map<String, String> place = new LinkedHashMap<>();
            for (int i = 0; i < KEYWORDS.size(); i++) {
                if (row.getString(i + 2) != null) {
                    place.put(KEYWORDS.get(i), row.getString(i + 2));
                }
            }
            return new Node(row.getString(1), place, row.getString(7), row.getBoolean(6));
        });
    }

    /**
     * Has the access node ask a data node for a sign of life.
     *
     * @param access a session whose statements are transactions of their own
     * @return why it gets none, or nothing where it does
     */
    public static Optional<String> unreachable(Session access, String node) {
        String function = function(access, "ping_data_node");
        if (function == null) {
            return Optional.of("this version of TimescaleDB cannot ask it");
        }
        try {
            return "t".equals(access.text("asking a data node through the access node", "SELECT " + function + "("
                    + Sql.literal(node) + ", interval '" + PATIENCE + "')")) ? Optional.empty()
                            : Optional.of("it does not answer the access node");
        } catch (Failure e) {
            if (access.isClosed()) {
                throw e;
            }
            return Optional.of(Failure.why(e).text());
        }
    }

    /** @return whether a prepared transaction is part of one of an access node (tsl/src/remote/txn_id.c) */
    public static boolean isDistributed(String gid) {
        return gid.matches("ts-\\d+-\\d+-\\d+-\\d+");
    }

    /** @return the transactions that are prepared on a data node, neither committed nor rolled back */
    public static List<String> prepared(Session node) {
        return node.texts("looking for prepared transactions", """
                SELECT p.gid FROM pg_catalog.pg_prepared_xacts p WHERE p.database = pg_catalog.current_database()
                 ORDER BY p.prepared""");
    }

    /** @return the statement by which a superuser of an access node ends what a data node has prepared */
    public static String healing(Session access, String node) {
        return "SELECT %s((SELECT oid FROM pg_catalog.pg_foreign_server WHERE srvname = %s));"
                .formatted(function(access, "remote_txn_heal_data_node"), Sql.literal(node));
    }

    /** @return one of the extension's own functions, with its schema, or null where there is none of this name */
    static String function(Session access, String name) {
        return access.text("looking for a function of TimescaleDB",
                FUNCTION.formatted(name, TimescaleExtension.TRUSTED));
    }
}
