//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.code.LockedTables;
import lib.code.PlannedCode;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Batches;
import lib.talk.Count;
import lib.talk.Sql;
import lib.timescale.Timescale;

/**
 * Columns that were added with a default while chunks were compressed. A batch that was compressed before has no value
 * of such a column, and is read with the one that PostgreSQL keeps for rows that are older than the column
 * (pg_attribute.attmissingval). No dump carries that, and only ADD COLUMN writes it, so that these rows would arrive
 * with NULL. It is also kept, and says nothing, once no such batch is left.
 */
public final class AddedDefaults {
    private static final int CHUNKS_A_TRIP = 50;
    /** Of more chunks the remedy finds them out by itself, and does some that need it no more. */
    private static final int NAMED = 8;

    /**
     * Asked first, for it costs next to nothing; with the form of the catalog, which names relations by their
     * identifiers since 2.29.
     */
    private static final String ANY =
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute k WHERE k.attrelid =
              pg_catalog.to_regclass('_timescaledb_catalog.chunk')
                              AND k.attname = 'compressed_chunk_id' AND NOT k.attisdropped)
             WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_inherits i
               ON i.inhrelid = a.attrelid WHERE a.atthasmissing AND NOT a.attisdropped)""";
    private static final String BY_NUMBER =
            """
            _timescaledb_catalog.chunk z ON z.id = k.compressed_chunk_id
              JOIN pg_catalog.pg_namespace kn ON kn.nspname = k.schema_name
                JOIN pg_catalog.pg_class c ON c.relnamespace = kn.oid AND c.relname = k.table_name
              JOIN pg_catalog.pg_namespace zn ON zn.nspname = z.schema_name
                JOIN pg_catalog.pg_class p ON p.relnamespace = zn.oid AND p.relname = z.table_name""";
    private static final String BY_IDENTIFIER = """
            _timescaledb_catalog.compression_settings z ON z.relid = k.relid
              JOIN pg_catalog.pg_class c ON c.oid = k.relid JOIN pg_catalog.pg_class p ON p.oid = z.compress_relid""";
    /** What batches are segmented by stands in them as it is. */
    private static final String CHUNKS =
            """
            SELECT pg_catalog.format('%%I.%%I', h.schema_name, h.table_name), pg_catalog.format('%%I.%%I', cn.nspname,
              c.relname),
                   pg_catalog.format('%%I.%%I', pn.nspname, p.relname),
                   pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum),
                   pg_catalog.string_agg(pg_catalog.format('%%I IS NULL', a.attname), ' OR ' ORDER BY a.attnum)
              FROM _timescaledb_catalog.chunk k JOIN _timescaledb_catalog.hypertable h ON h.id = k.hypertable_id JOIN %s
              JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
                JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
              JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.atthasmissing AND NOT a.attisdropped
              JOIN pg_catalog.pg_attribute b ON b.attrelid = p.oid AND b.attname = a.attname
              JOIN pg_catalog.pg_type t ON t.oid = b.atttypid AND t.typname = 'compressed_data'
             GROUP BY h.schema_name, h.table_name, cn.nspname, c.relname, pn.nspname, p.relname, c.oid
               ORDER BY 1, c.oid""";

    /**
     * A compressed chunk with such columns.
     *
     * @param packed the table of its batches
     * @param condition what holds for a batch without a value of one of them
     */
    private record Chunk(String hypertable, String name, String packed, String columns, String condition) {
    }

    private final Session source;
    private final Timescale timescale;
    private final List<Chunk> unseen = new ArrayList<>();

    private AddedDefaults(Session source, Timescale timescale) {
        this.source = source;
        this.timescale = timescale;
    }

    /**
     * @return a stop for each hypertable that has such batches, and a warning where somebody's code keeps us from
     * looking
     */
    public static List<Finding> check(Session source, Timescale timescale) {
        return new AddedDefaults(source, timescale).check();
    }

    private List<Finding> check() {
        String doing = "looking for columns that were added to compressed chunks";
        String numbered = source.text(doing, ANY);
        List<Chunk> chunks = numbered == null ? List.of()
                : source.list(doing, CHUNKS.formatted(numbered.equals("t") ? BY_NUMBER : BY_IDENTIFIER),
                        row -> new Chunk(row.getString(1), row.getString(2), row.getString(3), row.getString(4),
                                row.getString(5)));
        Map<String, List<Chunk>> affected = new LinkedHashMap<>();
        for (List<Chunk> batch : Batches.of(chunks, CHUNKS_A_TRIP)) {
            affected(doing, batch)
                    .forEach(chunk -> affected.computeIfAbsent(chunk.hypertable, any -> new ArrayList<>()).add(chunk));
        }
        List<Finding> findings = new ArrayList<>();
        affected.forEach((hypertable, some) -> findings.add(Finding.stop("timescaledb", remedy(hypertable, some),
                "%s of hypertable %s would arrive with NULL in %s: compressed before the column was added, they "
                        + "have its value from the source's system catalog, which no dump carries",
                Count.of(some.size(), "chunk"), hypertable,
                some.stream().map(Chunk::columns).distinct().collect(Collectors.joining(", ")))));
        if (!unseen.isEmpty()) {
            findings.add(Finding.warning("timescaledb",
                    "look as its owner: SELECT count(*) FROM ONLY " + unseen.get(0).packed + " WHERE "
                            + unseen.get(0).condition
                            + "; where that is not 0, " + remedy(unseen.get(0).hypertable, unseen),
                    "whether %s would arrive with NULL in a column that was added with a default could not "
                            + "be checked: %s",
                    Count.of(unseen.size(), "compressed chunk"),
                    LockedTables.WHY_NOT));
        }
        return findings;
    }

    private List<Chunk> affected(String doing, List<Chunk> chunks) {
        source.run(doing, PlannedCode.TABLES_ONLY);
        try (LockedTables held = new LockedTables(source, source)) {
            Set<Integer> coded = held.runningCode(doing,
                    chunks.stream().map(chunk -> new PlannedCode.Queried(chunk.packed, false)).toList());
            List<Chunk> seen = new ArrayList<>();
            for (int i = 0; i < chunks.size(); i++) {
                (coded.contains(i) ? unseen : seen).add(chunks.get(i));
            }
            Collection<String> found = seen.isEmpty() ? List.of()
                    : source.texts(doing, seen.stream().map(chunk -> "SELECT " + Sql.literal(chunk.name)
                            + " WHERE EXISTS (SELECT FROM ONLY " + chunk.packed + " WHERE " + chunk.condition + ")")
                            .collect(Collectors.joining(" UNION ALL ")));
            return seen.stream().filter(chunk -> found.contains(chunk.name)).toList();
        } finally {
            source.run(doing, PlannedCode.ANYTHING);
        }
    }

    /** Such a batch is made anew with all its values. */
    private String remedy(String hypertable, List<Chunk> chunks) {
        String again = timescale.function("compress_chunk") + "(" + timescale.function("decompress_chunk") + "(%s))";
        if (chunks.size() <= NAMED) {
            return "on the source: "
                    + chunks.stream().map(chunk -> "SELECT " + again.formatted(Sql.literal(chunk.name)) + ";")
                            .collect(Collectors.joining(" "));
        }
        String chunk = "pg_catalog.format('%I.%I', k.chunk_schema, k.chunk_name)::pg_catalog.regclass";
        return "on the source: SELECT " + again.formatted(chunk)
                + " FROM timescaledb_information.chunks k WHERE k.is_compressed AND pg_catalog.format('%I.%I', "
                + "k.hypertable_schema, "
                + "k.hypertable_name) = " + Sql.literal(hypertable)
                + " AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = " + chunk
                + " AND a.atthasmissing AND NOT a.attisdropped);";
    }
}
