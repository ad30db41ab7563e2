//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Run;
import testbed.Timescale;

/**
 * What refuses a database with TimescaleDB is mended by what is said to do, one refusal after another, until the
 * command gets through.
 */
class FollowedTimescaleHintsTest {
    private static final String OLD = "2.13.1";
    private static final String NEW = "2.22.1";
    @AutoClose
    private static PgServer server;
    @AutoClose
    private static PgServer both;
    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = Timescale.community(OLD).with("max_worker_processes=40", "max_prepared_transactions=10").start();
        server.sql("postgres", "CREATE ROLE hinting LOGIN PASSWORD 'h'", "CREATE ROLE jobber");
        both = Timescale.community(OLD, NEW).with("max_worker_processes=40").start();
        both.sql("postgres", "CREATE ROLE hinting LOGIN PASSWORD 'h' IN ROLE pg_read_all_data");
    }

    private static String database(PgServer on, String version) {
        String database = on.newDatabase();
        on.sql(database, "CREATE EXTENSION timescaledb VERSION '" + version + "'");
        return database;
    }

    /** Each in a session of its own, through psql, as people paste it. */
    private static void psql(PgServer on, String database, String sql) {
        Run run = Run.of(List.of("sh", "-c", "printf '%s\\n' \"$2\" | \"$0\" -X -v ON_ERROR_STOP=1 -d \"$1\"",
                ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), on.uri(database), sql));
        assertEquals(0, run.code(), sql + "\n" + run.err());
    }

    /** What stops, each with what is said to do; the same is never said twice. */
    private static List<String> fixes(CommandRun preflight, Set<String> followed) {
        List<String> lines = preflight.out().lines().map(String::strip).toList();
        assertFalse(lines.isEmpty(), preflight.err());
        List<String> fixes =
                Stream.iterate(0, i -> i + 1).limit(lines.size() - 1).filter(i -> lines.get(i).startsWith("stop "))
                        .map(i -> lines.get(i + 1).replaceFirst("^fix: ", "")).toList();
        fixes.forEach(fix -> assertTrue(followed.add(fix), () -> "mended nothing: " + fix));
        return fixes;
    }

    /** The library of one version has it, and others can be told that a method of this name is there. */
    @Test
    void tables_with_the_access_method_hypercore() {
        String from = database(both, NEW);
        both.sql(from, "CREATE ACCESS METHOD hypercore TYPE TABLE HANDLER heap_tableam_handler",
                "CREATE TABLE h (t timestamptz NOT NULL) USING hypercore",
                "SELECT create_hypertable('h', 't')", "INSERT INTO h VALUES ('2024-01-01')");
        String to = database(both, NEW);
        Set<String> followed = new HashSet<>();
        List<String> fixes = fixes(CommandRun.preflight(both.uri(from), both.uri(to)), followed);
        assertEquals(1, fixes.size(), fixes.toString());
        psql(both, from, fixes.get(0));
        assertEquals(List.of(), fixes(CommandRun.preflight(both.uri(from), both.uri(to)), followed));
        both.sql(from, "DROP ACCESS METHOD hypercore");
        CommandRun run = CommandRun.migrate(both.uri(from), both.uri(to));
        assertEquals(0, run.code(), run.err());
        assertEquals("1", both.query(to, "SELECT count(*) FROM h"));
        drop(both, from, to);
    }

    @Test
    void data_nodes_are_left_as_it_is_said() {
        String from = database(server, OLD);
        server.sql(from,
                "SELECT add_data_node('hinted', host => '%s', port => %d, database => 'hinted_node', password => '%s')"
                        .formatted(server.host(), server.port(), server.password().replace("'", "''")),
                "CREATE USER MAPPING FOR CURRENT_USER SERVER hinted OPTIONS (user '%s', password '%s')"
                        .formatted(server.user(), server.password().replace("'", "''")),
                "CREATE TABLE d (t timestamptz NOT NULL)", "SELECT create_distributed_hypertable('d', 't')",
                "INSERT INTO d VALUES ('2024-01-01')");
        String to = database(server, OLD);
        Set<String> followed = new HashSet<>();
        List<String> fixes = fixes(CommandRun.preflight(server.uri(from), server.uri(to)), followed);
        assertEquals("copy them into ordinary hypertables, then drop them and delete the data nodes", fixes.get(0));
        // Other tests of this server may have given a database the label of a node.
        String[] labels = fixes.size() == 1 ? new String[0] : fixes.get(1).replaceFirst("^migrate ", "").split(" ");
        server.sql(from, "CREATE TABLE o (t timestamptz NOT NULL)", "SELECT create_hypertable('o', 't')",
                "INSERT INTO o SELECT * FROM d", "DROP TABLE d",
                "DROP USER MAPPING FOR CURRENT_USER SERVER hinted", "SELECT delete_data_node('hinted')");
        assertEquals(List.of(), fixes(CommandRun.preflight(server.uri(from), server.uri(to), labels), followed));
        CommandRun run = CommandRun.migrate(server.uri(from), server.uri(to), labels);
        assertEquals(0, run.code(), run.err());
        assertEquals("1", server.query(to, "SELECT count(*) FROM o"));
        drop(server, from, to, "hinted_node");
    }

    /** Rights on the extension are given in as many rounds as it takes, each of which says something new. */
    @Test
    void rights_on_the_extension_of_the_target() {
        String from = database(server, OLD);
        server.sql(from, "CREATE TABLE m (t timestamptz NOT NULL, v int)", "SELECT create_hypertable('m', 't')",
                "INSERT INTO m VALUES ('2024-01-01', 7)");
        String to = database(server, OLD);
        server.sql(to, "ALTER DATABASE " + to + " OWNER TO hinting",
                "REVOKE USAGE ON SCHEMA _timescaledb_catalog, _timescaledb_config, _timescaledb_cache FROM PUBLIC");
        Set<String> followed = new HashSet<>();
        // Before the first statement of a session, its library reads its catalog.
        for (CommandRun closed = preflight(from, to); closed.code() == 3 && closed.out().isEmpty(); closed =
                preflight(from, to)) {
            Matcher grant = Pattern
                    .compile("permission denied for schema (\\w+)\nhint: .*(GRANT USAGE ON SCHEMA) its_name (TO .*;)")
                    .matcher(closed.failure());
            assertTrue(grant.find() && followed.add(grant.group(1)), closed.err());
            psql(server, to, grant.group(2) + " " + grant.group(1) + " " + grant.group(3));
        }
        boolean schemas = false;
        for (List<String> fixes = fixes(preflight(from, to), followed); !fixes.isEmpty(); fixes =
                fixes(preflight(from, to), followed)) {
            for (String fix : fixes) {
                psql(server, to, fix.replaceFirst("^.*as a superuser of the target: ", ""));
                schemas |= fix.contains("GRANT USAGE ON SCHEMA _timescaledb_cache TO \"hinting\";");
            }
        }
        assertTrue(schemas, followed.toString());
        CommandRun run =
                CommandRun.migrate(server.uri(from), server.uri(to, "hinting", "h"), "--leave-out", "server-settings");
        assertEquals(0, run.code(), run.err());
        assertEquals("7", server.query(to, "SELECT v FROM m"));
        drop(server, from, to);
    }

    private static CommandRun preflight(String from, String to) {
        return CommandRun.preflight(server.uri(from), server.uri(to, "hinting", "h"));
    }

    /** Who pauses a job that a function checks gets the rights for it, one after the other. */
    @Test
    void rights_to_pause_the_jobs_of_others() {
        String from = database(server, OLD);
        server.sql(from, "CREATE PROCEDURE nap(job_id int, config jsonb) LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE FUNCTION mind(config jsonb) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'",
                "GRANT CREATE ON SCHEMA public TO jobber", "ALTER FUNCTION mind OWNER TO jobber",
                "SELECT add_job('nap', '1 h', config => '{\"a\": 1}', check_config => 'mind'::regproc)",
                "UPDATE _timescaledb_config.bgw_job SET owner = 'jobber' WHERE id >= 1000",
                "GRANT pg_read_all_data TO hinting");
        Set<String> hints = new HashSet<>();
        CommandRun dump = Dumps.dump(server.uri(from, "hinting", "h"), folder.resolve("paused"), "--pause-jobs");
        for (; dump.code() == 3; dump =
                Dumps.dump(server.uri(from, "hinting", "h"), folder.resolve("paused"), "--pause-jobs")) {
            Matcher grant = Pattern.compile("hint: (GRANT .*;)$").matcher(dump.failure());
            assertTrue(grant.find() && hints.add(grant.group(1)), dump.failure());
            psql(server, from, grant.group(1));
        }
        assertEquals(0, dump.code(), dump.err());
        assertTrue(hints.contains("GRANT UPDATE ON _timescaledb_config.bgw_job TO \"hinting\";"), hints.toString());
        assertEquals("mind", server.query(from, "SELECT check_name FROM _timescaledb_config.bgw_job WHERE id >= 1000"));
        drop(server, from);
        server.sql("postgres", "REVOKE pg_read_all_data, jobber FROM hinting");
    }

    @Test
    void a_version_that_only_a_superuser_changes() {
        String from = database(both, OLD);
        String to = database(both, NEW);
        Map<String, String> sides = Map.of("SOURCE", both.uri(from, "hinting", "h"), "TARGET", both.uri(to));
        both.sql(to, "CREATE TABLE kept (id int)");
        CommandRun refused = CommandRun.of("AlignVersion", sides);
        Matcher way = Pattern.compile("hint: align-version (--on) (source), which updates the source to " + NEW)
                .matcher(refused.failure());
        assertTrue(way.find(), refused.err());
        CommandRun forbidden = CommandRun.of("AlignVersion", sides, way.group(1), way.group(2));
        Matcher statement = Pattern.compile(
                "hint: as a superuser of the source, first in a session such as psql -X: (ALTER EXTENSION .*;)$")
                .matcher(forbidden.failure());
        assertTrue(statement.find(), forbidden.err());
        psql(both, from, statement.group(1));
        CommandRun aligned = CommandRun.of("AlignVersion", sides);
        assertEquals(0, aligned.code(), aligned.err());
        drop(both, from, to);
        restored(false);
        restored(true);
    }

    /** A dump has no source that could be asked. */
    private void restored(boolean older) {
        String from = database(both, older ? OLD : NEW);
        both.sql(from, "CREATE TABLE m (t timestamptz NOT NULL, v int)", "SELECT create_hypertable('m', 't')",
                "INSERT INTO m VALUES ('2024-01-01', 7)");
        Path dump = Dumps.dumped(both, from, folder.resolve("dump" + older));
        String to = database(both, older ? NEW : OLD);
        Map<String, String> side = Map.of("TARGET", both.uri(to));
        CommandRun refused = CommandRun.of("RestoreTimescale", side, dump.toString());
        assertEquals(3, refused.code(), refused.err());
        Matcher statements =
                Pattern.compile("hint: as a superuser of the target, first in a session such as psql -X: (SET .*;)$")
                        .matcher(refused.failure());
        assertTrue(statements.find(), refused.failure());
        psql(both, to, statements.group(1));
        CommandRun run = CommandRun.of("RestoreTimescale", side, dump.toString());
        assertEquals(0, run.code(), run.err());
        assertFalse(run.err().contains("hint: "), run.err());
        assertEquals("7", both.query(to, "SELECT v FROM m"));
        drop(both, from, to);
    }

    private static void drop(PgServer on, String... databases) {
        Stream.of(databases).forEach(database -> on.sql("postgres", "DROP DATABASE " + database + " WITH (FORCE)"));
    }
}
