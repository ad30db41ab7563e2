//DEPS org.postgresql:postgresql:42.7.14
package lib.rebuild;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.server.Session;
import lib.talk.Sql;

/** Says how hypertables and chunks are made on the target, in the order in which that is safe. */
public final class HypertableMaker {
    /** More than a source makes between two passes. */
    private static final long MARGIN = 1_000_000;
    private static final String DEFAULT_TABLESPACE = "pg_default";

    private final Rebuild rebuild;
    private final TargetApi api;
    private final Set<String> tablespaces;

    /** @param target a session on the target, which has the extension */
    public HypertableMaker(Rebuild rebuild, Session target) {
        this.rebuild = rebuild;
        api = new TargetApi(target);
        tablespaces =
                Set.copyOf(target.texts("listing the tablespaces", "SELECT spcname FROM pg_catalog.pg_tablespace"));
    }

    /** @return what may change of hypertables that are there, set as the source has it now */
    public List<Making> settings() {
        return rebuild.tables().stream().map(hypertable -> {
            String table = TargetApi.relation(hypertable.sql());
            StringBuilder sql = new StringBuilder();
            hypertable.dimensions().stream().filter(Dimension::ranges).forEach(each -> sql.append(
                    api.call("set_chunk_time_interval", Map.of("hypertable", table, "chunk_time_interval",
                            each.interval() + "::pg_catalog.int8", "dimension_name", Sql.literal(each.column()))))
                    .append(' '));
            String now = hypertable.dimensions().get(0).now();
            if (now != null) {
                sql.append(api.call("set_integer_now_func", Map.of("hypertable", table, "integer_now_func",
                        function(now), "replace_if_exists", "true"))).append(' ');
            }
            attached(hypertable, table).forEach(each -> sql.append(each).append(' '));
            return new Making("SETTINGS", hypertable.toString(), sql.toString());
        }).toList();
    }

    private List<String> attached(Hypertable hypertable, String table) {
        return hypertable.tablespaces().stream().filter(tablespaces::contains).map(each -> api.call("attach_tablespace",
                Map.of("tablespace", Sql.literal(each), "hypertable", table, "if_not_attached", "true"))).toList();
    }

    /** @return how the user's tables become hypertables, before they have rows, indexes and keys */
    public List<Making> hypertables() {
        return rebuild.tables().stream().map(this::hypertable).toList();
    }

    /** The number is the source's, because the names of what TimescaleDB makes have it in them. */
    private Making hypertable(Hypertable hypertable) {
        String table = TargetApi.relation(hypertable.sql());
        Dimension first = hypertable.dimensions().get(0);
        Map<String, String> given = new HashMap<>(Map.of("relation", table,
                "time_column_name", Sql.literal(first.column()),
                "chunk_time_interval", first.interval() + "::pg_catalog.int8",
                "create_default_indexes", "false",
                "associated_schema_name", Sql.literal(hypertable.chunkSchema()),
                "associated_table_prefix", Sql.literal(hypertable.chunkPrefix())));
        if (first.function() != null) {
            given.put("time_partitioning_func", function(first.function()));
        }
        StringBuilder sql = new StringBuilder(numbered(hypertable.id())).append(api.call("create_hypertable", given));
        hypertable.dimensions().stream().skip(1).forEach(each -> sql.append(' ').append(dimension(table, each)));
        attached(hypertable, table).forEach(each -> sql.append(' ').append(each));
        if (first.now() != null) {
            sql.append(' ').append(api.call("set_integer_now_func",
                    Map.of("hypertable", table, "integer_now_func", function(first.now()))));
        }
        return new Making(Making.HYPERTABLE, hypertable.toString(), sql.toString());
    }

    private String dimension(String table, Dimension dimension) {
        Map<String, String> given = new HashMap<>(
                Map.of("hypertable", table, "column_name", Sql.literal(dimension.column())));
        if (dimension.ranges()) {
            given.put("chunk_time_interval", dimension.interval() + "::pg_catalog.int8");
        } else {
            given.put("number_partitions", String.valueOf(dimension.partitions()));
        }
        if (dimension.function() != null) {
            given.put("partitioning_func", function(dimension.function()));
        }
        return api.call("add_dimension", given);
    }

    private static String function(String name) {
        return Sql.literal(name) + "::pg_catalog.regprocedure";
    }

    /** @return a statement after which the next hypertable gets this number */
    private static String numbered(int id) {
        return "SELECT FROM pg_catalog.setval('_timescaledb_catalog.hypertable_id_seq', " + id + ", false); ";
    }

    /**
     * @return how aggregates are made, without rows, by the identifiers of their views on the source: each once that it
     * reads is there, in this order
     */
    public Map<Long, String> aggregates() {
        Map<Long, String> statements = new LinkedHashMap<>();
        rebuild.aggregates().forEach(aggregate -> statements.put(aggregate.oid(), aggregate(aggregate)));
        return statements;
    }

    private String aggregate(Aggregate aggregate) {
        Hypertable rows = rebuild.of(aggregate);
        return numbered(aggregate.id()) + "SET LOCAL timescaledb.enable_cagg_window_functions = on; "
                + "CREATE MATERIALIZED VIEW " + aggregate.sql()
                + " WITH (timescaledb.continuous, timescaledb.create_group_indexes = false, "
                + "timescaledb.materialized_only = " + aggregate.materializedOnly() + ") AS " + aggregate.query()
                + " WITH NO DATA; "
                + api.call("set_chunk_time_interval", Map.of("hypertable", TargetApi.relation(rows.sql()),
                        "chunk_time_interval", rows.dimensions().get(0).interval() + "::pg_catalog.int8"));
    }

    /**
     * @param passes whether another run follows, before which the source may make more
     * @return a statement after which nothing that TimescaleDB makes by itself gets a name or number that the source
     * has, or has by then
     */
    public Making numbers(boolean passes) {
        StringBuilder sql = new StringBuilder();
        rebuild.sequences().forEach((table, last) -> sql.append("""
                SELECT FROM pg_catalog.setval('_timescaledb_catalog.%1$s_id_seq', (SELECT greatest(s.last_value, %2$d,
                  (SELECT pg_catalog.max(t.id) FROM _timescaledb_catalog.%1$s t))
                  FROM _timescaledb_catalog.%1$s_id_seq s));
                """.formatted(table, last + (passes ? MARGIN : 0))));
        return new Making("NUMBERS", "of TimescaleDB", sql.toString());
    }

    /** @return by hypertable, how its chunks are made, empty and with the names that they have on the source */
    public List<List<Making>> chunks() {
        return rebuild.hypertables().stream().map(hypertable -> hypertable.chunks().stream()
                .map(chunk -> chunk(hypertable, chunk)).toList()).toList();
    }

    private Making chunk(Hypertable hypertable, Chunk chunk) {
        String sql = api.internal("create_chunk", TargetApi.relation(hypertable.sql()) + ", "
                + Sql.literal(chunk.slices()) + "::pg_catalog.jsonb, " + Sql.literal(chunk.schema()) + ", "
                + Sql.literal(chunk.name()));
        // The extension puts it into one of those that the hypertable is attached to.
        String place = chunk.tablespace() == null ? hypertable.tablespaces().isEmpty() ? null : DEFAULT_TABLESPACE
                : tablespaces.contains(chunk.tablespace()) ? chunk.tablespace() : null;
        return new Making(Making.CHUNK, chunk.toString(), place == null ? sql
                : sql + " ALTER TABLE " + chunk.sql() + " SET TABLESPACE " + Sql.ident(place) + ";");
    }

    /** @return how the indexes on the rows of aggregates are made; TimescaleDB makes one by itself */
    public List<Making> aggregateIndexes() {
        List<Making> indexes = new ArrayList<>();
        rebuild.aggregates().forEach(aggregate -> aggregate.indexes().forEach(index -> indexes.add(new Making(
                "AGGREGATE INDEX", aggregate + ": " + index,
                index.replaceFirst(" INDEX ", " INDEX IF NOT EXISTS ") + ";"))));
        return indexes;
    }
}
