package lib.timescale;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.server.Session;

/** The tables of a data node, or of an access node, and what each of them is to the user. */
public final class NodeTables {
    /**
     * What is written to a table.
     *
     * @param oid its identifier
     * @param file where its rows are stored (relfilenode)
     * @param owner the table as the user knows it: of a chunk, its hypertable
     * @param rows how many rows were written, by the server's own statistics
     */
    public record Written(long oid, long file, String owner, long rows) {
    }

    /** Schemas whose tables are not a user's, but for chunks. */
    private static final String INTERNAL = """
            n.nspname OPERATOR(pg_catalog.~) '^(pg_|_timescaledb|timescaledb_)' OR n.nspname = 'information_schema'""";

    /** The rows of a compressed chunk stand in a chunk of another hypertable, which refers to nothing. */
    private static final String WRITTEN = """
            SELECT c.oid, c.relfilenode, CASE WHEN h.id IS NOT NULL
                     THEN pg_catalog.format('hypertable %%I.%%I', h.schema_name, h.table_name)
                     ELSE pg_catalog.format('table %%I.%%I', n.nspname, c.relname) END,
                   pg_catalog.pg_stat_get_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_tuples_updated(c.oid)
                     + pg_catalog.pg_stat_get_tuples_deleted(c.oid)
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN _timescaledb_catalog.chunk k ON k.schema_name = n.nspname AND k.table_name = c.relname
              LEFT JOIN _timescaledb_catalog.hypertable h ON h.id = k.hypertable_id
                OR h.compressed_hypertable_id = k.hypertable_id
             WHERE c.relkind = 'r' AND (k.id IS NOT NULL AND h.compression_state <> 2 OR k.id IS NULL AND NOT (%s))
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
                 WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = c.oid AND x.deptype = 'e')
             ORDER BY c.oid""".formatted(INTERNAL);

    private static final String ORDINARY = """
            SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname), coalesce(pg_catalog.string_agg(
                     pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname), '')
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND NOT (%s)
               AND NOT EXISTS (SELECT FROM _timescaledb_catalog.chunk k
                 WHERE k.schema_name = n.nspname AND k.table_name = c.relname)
               AND NOT EXISTS (SELECT FROM _timescaledb_catalog.hypertable h
                 WHERE h.schema_name = n.nspname AND h.table_name = c.relname)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
                 WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = c.oid AND x.deptype = 'e')
             GROUP BY 1 ORDER BY 1""".formatted(INTERNAL);

    /** Neither a member of a distributed hypertable nor what holds the rows of another one or of an aggregate. */
    private static final String OWN = """
            SELECT pg_catalog.format('%I.%I', h.schema_name, h.table_name) FROM _timescaledb_catalog.hypertable h
             WHERE h.replication_factor IS DISTINCT FROM -1 AND h.compression_state <> 2
               AND NOT EXISTS (SELECT FROM _timescaledb_catalog.continuous_agg g WHERE g.mat_hypertable_id = h.id)
             ORDER BY 1""";

    private static final String CHUNKS = """
            SELECT pg_catalog.format('%I.%I', k.schema_name, k.table_name) FROM _timescaledb_catalog.chunk k
             WHERE NOT k.dropped
             UNION SELECT pg_catalog.format('%I.%I', h.schema_name, h.table_name) FROM _timescaledb_catalog.hypertable h
             WHERE h.compression_state = 2""";

    private NodeTables() {
    }

    /**
     * @param node a session on a data node
     * @return its chunks and the user's tables, with what was written to them since the statistics were reset
     */
    public static List<Written> written(Session node) {
        return node.list("reading the statistics", WRITTEN,
                row -> new Written(row.getLong(1), row.getLong(2), row.getString(3), row.getLong(4)));
    }

    /** @return the user's tables that are no hypertables, by their quoted, qualified names, each with its columns */
    public static Map<String, String> ordinary(Session session) {
        Map<String, String> tables = new LinkedHashMap<>();
        session.list("listing the tables", ORDINARY, row -> tables.put(row.getString(1), row.getString(2)));
        return tables;
    }

    /**
     * @param node a session on a data node
     * @return its hypertables that the access node knows nothing of
     */
    public static List<String> ownHypertables(Session node) {
        return node.texts("listing the hypertables", OWN);
    }

    /** @return the tables that TimescaleDB has made for itself, by their quoted, qualified names */
    public static Set<String> chunks(Session session) {
        return new HashSet<>(session.texts("listing the chunks", CHUNKS));
    }
}
