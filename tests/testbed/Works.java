//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.talk.Sql;

/**
 * The database of sql/rebuild.sql on servers of several versions of TimescaleDB, and what is to be equal wherever it is
 * made anew. Servers run no jobs by themselves, so that databases can be copied and stay as they are.
 */
public final class Works implements AutoCloseable {
    private static final Path SQL = Path.of("tests/sql");

    /** What versions have on hypertables for themselves, which pg_dump takes for the user's. */
    private static final Pattern OWN_TRIGGER = Pattern.compile("ts_insert_blocker|ts_cagg_invalidation_trigger");

    /** Versions name in their queries of aggregates what has that name anyway, or do not. */
    private static final Pattern SAME_ALIAS = Pattern.compile("(_materialized_hypertable_\\d+) \\1\\b");

    /**
     * Every table, hypertable, aggregate and view of the user, and every chunk with its ranges; the oracle of ranges is
     * the constraints that TimescaleDB notes for a chunk.
     */
    private static final String RELATIONS = """
            SELECT n.nspname || '.' || c.relname, c.oid::regclass::text FROM pg_class c JOIN pg_namespace n
                ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname IN ('works', 'reports', 'newer', 'Ödd Schéma.x')
            UNION ALL
            SELECT h.table_name || ' ' || (SELECT string_agg(format('%s [%s, %s)', d.column_name, s.range_start,
                       s.range_end), ' ' ORDER BY d.id) FROM _timescaledb_catalog.chunk_constraint k
                     JOIN _timescaledb_catalog.dimension_slice s ON s.id = k.dimension_slice_id
                     JOIN _timescaledb_catalog.dimension d ON d.id = s.dimension_id WHERE k.chunk_id = c.id),
                   format('%I.%I', c.schema_name, c.table_name)
              FROM _timescaledb_catalog.chunk c JOIN _timescaledb_catalog.hypertable h ON h.id = c.hypertable_id
             WHERE h.compression_state <> 2 AND EXISTS (SELECT FROM timescaledb_information.chunks i
                 WHERE i.chunk_schema = c.schema_name AND i.chunk_name = c.table_name)""";
    private static final String CHECKSUM =
            "SELECT format('%%s rows %%s', count(*), md5(string_agg(x::text, chr(10) ORDER BY x::text COLLATE \"C\"))) "
                    + "FROM %s x";

    /**
     * What of TimescaleDB's views is not the user's: moments, names of chunks that are made later, where a version
     * keeps things, and whether it names an aggregate in a job or, by its number as the settings do, what holds its
     * rows.
     */
    private static final Map<String, Set<String>> INFORMATION = Map.of(
            "hypertables", Set.of(),
            "dimensions", Set.of(),
            "chunks", Set.of("chunk_creation_time", "chunk_name"),
            "compression_settings", Set.of(),
            "hypertable_compression_settings", Set.of(),
            "chunk_compression_settings", Set.of("chunk"),
            "continuous_aggregates", Set.of(),
            "jobs", Set.of("next_start", "proc_schema", "check_schema", "hypertable_schema", "hypertable_name"));
    /**
     * The extension's own jobs are its own; and a hypertable that leaves the order to the version has one before 2.14.
     */
    private static final Map<String, String> CONDITION = Map.of(
            "timescaledb_information.jobs", " WHERE job_id >= 1000",
            "timescaledb_information.compression_settings", " WHERE hypertable_name <> 'plainly'");
    /**
     * A chunk that is not segmented by anything says so in either way; and a version makes sparse indexes of its own.
     */
    private static final String SETTINGS = """
            (to_jsonb(r) || jsonb_build_object('index', coalesce(jsonb_path_query_array(to_jsonb(r)->'index',
              '$[*] ? (@.source == "config")'), '[]')) || CASE WHEN '%s' LIKE '%%.chunk_%%'
                THEN jsonb_build_object('segmentby', coalesce(to_jsonb(r)->>'segmentby', '')) ELSE '{}' END)""";
    private static final List<String> STATE = List.of("continuous_aggs_watermark",
            "continuous_aggs_invalidation_threshold", "continuous_aggs_hypertable_invalidation_log",
            "continuous_aggs_materialization_invalidation_log");

    /** A database on one side. */
    public record Side(PgServer server, String database) {
        /** @return what a superuser connects with */
        public String uri() {
            return server.uri(database);
        }

        /** Those to whom it belongs go on working. */
        public void changes() {
            server.script(database, SQL.resolve("rebuild-changes.sql"));
        }

        /** Every aggregate is refreshed as a whole. */
        public void refreshes() {
            server.script(database, SQL.resolve("rebuild-refreshes.sql"));
        }

        /** Every policy and job runs once. */
        public void runJobs() {
            for (List<String> job : server.rows(database,
                    "SELECT job_id FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1")) {
                server.sql(database, "CALL run_job(" + job.get(0) + ")");
            }
        }

        /** @return the names of all chunks */
        public Set<String> chunks() {
            return server.rows(database,
                    "SELECT format('%I.%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks").stream()
                    .map(row -> row.get(0)).collect(Collectors.toCollection(TreeSet::new));
        }

        /** @return the number of the last chunk that was made, which is part of the name that TimescaleDB gives it */
        public int lastChunk() {
            return Integer.parseInt(texts("SELECT last_value FROM _timescaledb_catalog.chunk_id_seq").get(0));
        }

        /** @return whether the version notes in triggers what changes, less exactly than without them */
        private boolean hasTriggers() {
            return !texts("SELECT tgname FROM pg_trigger WHERE tgname = 'ts_cagg_invalidation_trigger'").isEmpty();
        }

        private List<String> texts(String sql) {
            return server.rows(database, sql).stream().map(row -> row.get(0)).toList();
        }

        private Set<String> columns(String relation) {
            return new TreeSet<>(texts("SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('" + relation
                    + "') AND attnum > 0 AND NOT attisdropped"));
        }
    }

    private final Path folder;
    private final Map<String, PgServer> servers = new HashMap<>();
    private final Map<String, String> plants = new HashMap<>();

    /** @param folder for tablespaces */
    public Works(Path folder) {
        try {
            this.folder = Account.ofServers().own(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The server of this version; a test is skipped where none is installed. */
    public PgServer server(String version) {
        PgServer server = servers.get(version);
        if (server == null) {
            server = Timescale.community(version).with("timescaledb.max_background_workers=0").start();
            servers.put(version, server);
            try {
                server.sql("postgres", "CREATE TABLESPACE \"fast disk\" LOCATION '"
                        + Account.ofServers().own(Files.createDirectory(folder.resolve(version))) + "'");
                server.script("postgres", SQL.resolve("rebuild-roles.sql"));
                server.sql("postgres", "GRANT CREATE ON TABLESPACE \"fast disk\" TO maker");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return server;
    }

    /** A database that holds the plant. */
    public Side plant(String version) {
        PgServer server = server(version);
        String plant = plants.computeIfAbsent(version, any -> {
            String made = empty(server).database();
            server.script(made, SQL.resolve("rebuild.sql"));
            return made;
        });
        return new Side(server, copy(server, plant));
    }

    /** A database that is equal to another one that nobody is connected to. */
    public static String copy(PgServer server, String database) {
        String copy = server.newDatabase();
        server.sql("postgres", "DROP DATABASE " + copy,
                "CREATE DATABASE " + copy + " TEMPLATE " + database + " STRATEGY file_copy");
        return copy;
    }

    /** A database with the extension and nothing else. */
    public static Side empty(PgServer server) {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        return new Side(server, database);
    }

    /** The rows of everything, as queries see them, and of each chunk, by its ranges. */
    public static SortedMap<String, String> rows(Side side) {
        SortedMap<String, String> rows = new TreeMap<>();
        String all = side.server.rows(side.database, RELATIONS).stream().map(relation -> "SELECT "
                + Sql.literal(relation.get(0)) + ", (" + CHECKSUM.formatted(relation.get(1)) + ")")
                .collect(Collectors.joining(" UNION ALL "));
        side.server.rows(side.database, all).forEach(row -> rows.put(row.get(0), row.get(1)));
        return rows;
    }

    /**
     * What TimescaleDB says of a database, as far as another one's version says it too: a column that only one of them
     * has is none of the user's.
     */
    public static SortedMap<String, String> information(Side side, Side other) {
        SortedMap<String, String> information = new TreeMap<>();
        Stream.concat(INFORMATION.keySet().stream().map(view -> "timescaledb_information." + view),
                STATE.stream().map(table -> "_timescaledb_catalog." + table)).forEach(relation -> {
                    Set<String> columns = side.columns(relation);
                    columns.retainAll(other.columns(relation));
                    columns.removeAll(INFORMATION.getOrDefault(relation.replaceFirst(".*\\.", ""), Set.of()));
                    if (!columns.isEmpty()) {
                        side.texts(says(relation, columns)).forEach(row -> information.merge(relation + " " + row,
                                "present", (one, more) -> one + ", present"));
                    }
                });
        return information;
    }

    private static String says(String relation, Set<String> columns) {
        return "SELECT " + (relation.matches(".*\\.(chunk|hypertable)_compression_settings")
                ? SETTINGS.formatted(relation)
                : "to_jsonb(r)")
                + "::text FROM (SELECT " + columns.stream().map(Sql::ident).collect(Collectors.joining(", "))
                + " FROM " + relation + CONDITION.getOrDefault(relation, "") + ") r ORDER BY 1";
    }

    /** What pg_dump says of the user's schemas, but for the chunks. */
    public static SortedMap<String, String> schema(Side side) {
        String dump = Oracle.schema(side.server, side.database, "-n", "works", "-n", "reports", "-n", "code", "-n",
                "newer", "-n", "\"Ödd Schéma.x\"");
        SortedMap<String, String> statements = new TreeMap<>();
        Stream.of(SAME_ALIAS.matcher(dump.replaceAll("(?m)^--.*\n?", "")).replaceAll("$1").split("\n\n+"))
                .map(String::strip)
                .filter(statement -> !statement.isEmpty() && !OWN_TRIGGER.matcher(statement).find())
                .forEach(statement -> statements.put(statement, "present"));
        return statements;
    }

    /** @return the number in the name of a chunk */
    public static int number(String chunk) {
        return Integer.parseInt(chunk.replaceFirst(".*_(\\d+)_chunk\"?$", "$1"));
    }

    /** @return in what two sides differ, which can be read: empty where they are equal */
    public static String differences(SortedMap<String, String> source, SortedMap<String, String> target) {
        Set<String> names = new TreeSet<>(source.keySet());
        names.addAll(target.keySet());
        return names.stream().filter(name -> !Objects.equals(source.get(name), target.get(name)))
                .map(name -> name + ": " + source.get(name) + " on the source, " + target.get(name) + " on the target")
                .collect(Collectors.joining("\n"));
    }

    /** Rows, and what TimescaleDB says of them, are the same on both sides. */
    public static void assertSame(Side source, Side target) {
        assertSame(source, target, "as it arrived", true);
    }

    /** As above, after something has gone on on both sides. */
    public static void assertSame(Side source, Side target, String when) {
        assertSame(source, target, when, source.hasTriggers() == target.hasTriggers());
    }

    private static void assertSame(Side source, Side target, String when, boolean changes) {
        assertEquals("", differences(rows(source), rows(target)), "rows " + when);
        SortedMap<String, String> wanted = information(source, target);
        SortedMap<String, String> found = information(target, source);
        if (!changes) {
            List.of(wanted, found).forEach(says -> says.keySet().removeIf(row -> row.contains("_invalidation_log ")
                    || row.contains("_invalidation_threshold ")));
        }
        assertEquals("", differences(wanted, found), "information " + when);
    }

    @Override
    public void close() {
        servers.values().forEach(PgServer::close);
    }
}
