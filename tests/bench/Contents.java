//DEPS org.postgresql:postgresql:42.7.14

package bench;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import testbed.ServerAccess;

/** What is in a database, by SQL alone and in no order, so that it can be held against another one's. */
record Contents(SortedMap<String, String> facts) {
    /** Hypertables are in it, their chunks are not: their rows are the hypertable's. */
    private static final String TABLES = """
            SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema$|_?timescaledb)'
            """;
    private static final String ROWS =
            "SELECT count(*) || ' rows, sum ' || coalesce(sum(hash_record_extended(t, 0)), 0) FROM %s t";

    private static final String OBJECTS = """
            SELECT 'indexes of ' || nspname, count(*) || ' valid' FROM pg_index JOIN pg_class c ON c.oid = indexrelid
              JOIN pg_namespace n ON n.oid = relnamespace
             WHERE indisvalid AND nspname !~ '^(pg_|information_schema$)' GROUP BY nspname
            UNION ALL
            SELECT 'constraints of ' || nspname, count(*) || ' valid' FROM pg_constraint
              JOIN pg_namespace n ON n.oid = connamespace
             WHERE convalidated AND nspname !~ '^(pg_|information_schema$)' GROUP BY nspname
            UNION ALL
            SELECT 'triggers', count(*)::text FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL
            SELECT 'tables analyzed', count(DISTINCT starelid)::text FROM pg_statistic
              JOIN pg_class c ON c.oid = starelid
              JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information_schema$|_timescaledb)'
                OR relname ~ '^_hyper_.*_chunk$'
            UNION ALL
            SELECT 'sequence ' || sequencename, last_value::text FROM pg_sequences
              WHERE schemaname !~ '^(pg_|_timescaledb)'
            """;

    /** Of the catalog itself: the views of the extension take minutes for thousands of chunks. */
    private static final String CHUNKS = """
            SELECT 'chunks of ' || h.table_name, format('%s, of them %s compressed, ranges %s', count(*),
              count(c.compressed_chunk_id),
                   sum(hashtextextended(format('%s %s', s.range_start, s.range_end), 0)))
              FROM _timescaledb_catalog.hypertable h JOIN _timescaledb_catalog.chunk c ON c.hypertable_id = h.id
              JOIN _timescaledb_catalog.chunk_constraint k ON k.chunk_id = c.id
                JOIN _timescaledb_catalog.dimension_slice s ON s.id = k.dimension_slice_id
             GROUP BY h.table_name
            """;

    static Contents of(ServerAccess server, String database) {
        SortedMap<String, String> facts = new TreeMap<>();
        try (Connection connection = server.connect(database); Statement statement = connection.createStatement()) {
            for (String[] table : pairs(statement, TABLES)) {
                facts.put(table[0], pairs(statement, ROWS.formatted(table[0])).get(0)[0]);
            }
            pairs(statement, OBJECTS).forEach(fact -> facts.put(fact[0], fact[1]));
            if (!pairs(statement, "SELECT FROM pg_extension WHERE extname = 'timescaledb'").isEmpty()) {
                pairs(statement, CHUNKS).forEach(fact -> facts.put(fact[0], fact[1]));
            }
            return new Contents(facts);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** @return the first thing in which the copy differs, empty if there is none */
    String difference(Contents copy) {
        SortedSet<String> names = new TreeSet<>(facts.keySet());
        names.addAll(copy.facts.keySet());
        return names.stream()
                .filter(name -> !facts.getOrDefault(name, "missing").equals(copy.facts.getOrDefault(name, "missing")))
                .map(name -> name + ": " + facts.getOrDefault(name, "missing") + " on the source, "
                        + copy.facts.getOrDefault(name, "missing") + " on the target")
                .findFirst().orElse("");
    }

    /** @return rows of up to two columns */
    private static List<String[]> pairs(Statement statement, String sql) throws SQLException {
        List<String[]> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery(sql)) {
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                rows.add(new String[]{columns > 0 ? result.getString(1) : "", columns > 1 ? result.getString(2) : ""});
            }
        }
        return rows;
    }
}
