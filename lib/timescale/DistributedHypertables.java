package lib.timescale;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The distributed hypertables of an access node, and where the copies of their chunks are. On the access node a chunk
 * is a foreign table; on each of its data nodes it is an ordinary table of the same name.
 */
public final class DistributedHypertables {
    /**
     * One of them.
     *
     * @param copies how many data nodes a new chunk goes to (the replication factor)
     * @param nodes those that it uses
     */
    public record Hypertable(String schema, String name, int copies, boolean compression, List<String> nodes,
            List<Dimension> dimensions) {
        /** @return the quoted, qualified name */
        public String identity() {
            return Sql.name(schema, name);
        }
    }

    /**
     * A dimension.
     *
     * @param interval of chunks, as an interval or a number; null for a space dimension
     * @param partitions of a space dimension, else null
     */
    public record Dimension(String column, String type, String interval, Integer partitions) {
        public boolean isSpace() {
            return partitions != null;
        }
    }

    /**
     * A copy of a chunk.
     *
     * @param number the chunk's own on that node, by which it is told from a stale one of the same name
     */
    public record Copy(String node, int number) {
    }

    /**
     * A chunk.
     *
     * @param hypertable its quoted, qualified name
     * @param standard the data node from which the access node reads it
     * @param copies those that are up to date, by node; there may be more on nodes that were not available when rows
     * were written
     */
    public record Chunk(String hypertable, String schema, String name, boolean compressed, String standard,
            List<Copy> copies) {
        /** @return the quoted, qualified name, which is the same on the access node and on data nodes */
        public String identity() {
            return Sql.name(schema, name);
        }
    }

    /**
     * What a data node has for a chunk.
     *
     * @param number the chunk's own on that node
     * @param bytes of its rows, compressed and not, without indexes
     */
    public record Held(int number, long bytes) {
    }

    private static final String HYPERTABLES = """
            SELECT h.hypertable_schema, h.hypertable_name, pg_catalog.to_jsonb(h)->>'replication_factor',
                   h.compression_enabled, n.node, d.column_name, d.column_type::text,
                   coalesce(d.time_interval::text, d.integer_interval::text), d.num_partitions
              FROM timescaledb_information.hypertables h
              JOIN timescaledb_information.dimensions d ON d.hypertable_schema = h.hypertable_schema
                AND d.hypertable_name = h.hypertable_name
              LEFT JOIN LATERAL (SELECT pg_catalog.string_agg(e.value, E'\\n' ORDER BY e.value) AS node
                FROM pg_catalog.jsonb_array_elements_text(pg_catalog.to_jsonb(h)->'data_nodes') e) n ON true
             WHERE pg_catalog.to_jsonb(h)->>'is_distributed' = 'true'
             ORDER BY 1, 2, d.dimension_number""";

    /** Bits of a chunk's status: src/chunk.h in TimescaleDB's sources. */
    private static final String CHUNKS = """
            SELECT h.schema_name, h.table_name, k.schema_name, k.table_name, k.status & 1 = 1, s.srvname,
                   n.node_name, n.node_chunk_id
              FROM _timescaledb_catalog.chunk k JOIN _timescaledb_catalog.hypertable h ON h.id = k.hypertable_id
              LEFT JOIN _timescaledb_catalog.chunk_data_node n ON n.chunk_id = k.id
              LEFT JOIN pg_catalog.pg_namespace cn ON cn.nspname = k.schema_name
              LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = cn.oid AND c.relname = k.table_name
              LEFT JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
              LEFT JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
             WHERE h.replication_factor > 0 AND NOT k.dropped ORDER BY k.id, n.node_name""";

    /** A member of a distributed hypertable has this replication factor on a data node (src/hypertable.h there). */
    private static final String HELD = """
            SELECT k.schema_name, k.table_name, k.id,
                   pg_catalog.pg_table_size(c.oid) + coalesce(pg_catalog.pg_table_size(zc.oid), 0)
              FROM _timescaledb_catalog.chunk k JOIN _timescaledb_catalog.hypertable h ON h.id = k.hypertable_id
              JOIN pg_catalog.pg_namespace cn ON cn.nspname = k.schema_name
              JOIN pg_catalog.pg_class c ON c.relnamespace = cn.oid AND c.relname = k.table_name
              LEFT JOIN _timescaledb_catalog.chunk z ON z.id = k.compressed_chunk_id
              LEFT JOIN pg_catalog.pg_namespace zn ON zn.nspname = z.schema_name
              LEFT JOIN pg_catalog.pg_class zc ON zc.relnamespace = zn.oid AND zc.relname = z.table_name
             WHERE h.replication_factor = -1 AND NOT k.dropped""";

    /** Of a data node that has none of a hypertable's chunks, the function gives a row of nothing. */
    private static final String HELD_BEYOND = """
            SELECT i.chunk_schema, i.chunk_name, i.chunk_id, i.table_bytes + i.toast_bytes
              FROM %s(%s, %s, %s) i WHERE i.chunk_id IS NOT NULL""";

    private DistributedHypertables() {
    }

    /** @return all of them, by name */
    public static List<Hypertable> list(Session access) {
        Map<String, Hypertable> found = new LinkedHashMap<>();
        access.list("listing the distributed hypertables", HYPERTABLES, row -> {
            String schema = row.getString(1);
            String name = row.getString(2);
            String nodes = row.getString(5);
            int copies = row.getInt(3);
            boolean compression = row.getBoolean(4);
            Hypertable hypertable = found.computeIfAbsent(Sql.name(schema, name),
                    identity -> new Hypertable(schema, name, copies, compression,
                            nodes == null ? List.of() : List.of(nodes.split("\n")), new ArrayList<>()));
            return hypertable.dimensions.add(new Dimension(row.getString(6), row.getString(7), row.getString(8),
                    row.getObject(9) == null ? null : row.getInt(9)));
        });
        return List.copyOf(found.values());
    }

    /** @return the chunks of all of them, in the order in which they were made */
    public static List<Chunk> chunks(Session access) {
        Map<String, Chunk> found = new LinkedHashMap<>();
        access.list("listing the chunks of distributed hypertables", CHUNKS, row -> {
            String hypertable = Sql.name(row.getString(1), row.getString(2));
            String schema = row.getString(3);
            String name = row.getString(4);
            boolean compressed = row.getBoolean(5);
            String standard = row.getString(6);
            Chunk chunk = found.computeIfAbsent(Sql.name(schema, name),
                    identity -> new Chunk(hypertable, schema, name, compressed, standard, new ArrayList<>()));
            return row.getString(7) != null && chunk.copies.add(new Copy(row.getString(7), row.getInt(8)));
        });
        return List.copyOf(found.values());
    }

    /**
     * @param node a session on a data node
     * @return what it has, by the quoted, qualified names of chunks
     */
    public static Map<String, Held> held(Session node) {
        return ask(node, HELD);
    }

    /** @return what a data node has, as the access node is told by it */
    public static Map<String, Held> held(Session access, String node) {
        String function = MultiNode.function(access, "data_node_chunk_info");
        Map<String, Held> held = new LinkedHashMap<>();
        list(access).stream().filter(hypertable -> hypertable.nodes.contains(node))
                .forEach(hypertable -> held.putAll(ask(access, HELD_BEYOND.formatted(function, Sql.literal(node),
                        Sql.literal(hypertable.schema), Sql.literal(hypertable.name)))));
        return held;
    }

    private static Map<String, Held> ask(Session session, String query) {
        Map<String, Held> held = new LinkedHashMap<>();
        session.list("listing the chunks of a data node", query,
                row -> held.put(Sql.name(row.getString(1), row.getString(2)),
                        new Held(row.getInt(3), row.getLong(4))));
        return held;
    }
}
