//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.BackgroundWork;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Timescale;

/**
 * What stops a database with TimescaleDB is mended by the statements that are said, as they are said, in a session of
 * their own.
 */
class TimescaleRemediesTest {
    private static final Pattern STATEMENTS = Pattern.compile("(?:ALTER|SELECT) .*;");

    @AutoClose
    private static PgServer server;

    @BeforeAll
    static void start() {
        server = Timescale.community("2.13.1").with("max_worker_processes=40").start();
        server.sql("postgres", "CREATE ROLE tried_loader LOGIN PASSWORD 'l'");
    }

    private static String database(PgServer server, String owner) {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        server.sql("postgres", "ALTER DATABASE " + database + " OWNER TO " + owner);
        return database;
    }

    /** Through psql, which reads a line as people paste it. */
    private static void psql(PgServer server, String database, String sql) {
        Run run = Run.of(List.of("sh", "-c", "printf '%s\\n' \"$2\" | \"$0\" -X -v ON_ERROR_STOP=1 -d \"$1\"",
                ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), server.uri(database),
                sql));
        assertEquals(0, run.code(), sql + "\n" + run.err());
    }

    private static String statements(String text) {
        Matcher statements = STATEMENTS.matcher(text);
        assertTrue(statements.find(), text);
        return statements.group();
    }

    @Test
    void restoring_mode_is_ended() {
        mended(server, List.of("CREATE TABLE r AS SELECT 7 AS id", "ALTER DATABASE %s SET timescaledb.restoring = on"),
                "is in restoring mode", "SELECT id FROM r");
    }

    /** What is made of the source is refused with these words, mended, and moved. */
    private static void mended(PgServer server, List<String> made, String says, String asked) {
        String from = database(server, "postgres");
        made.forEach(sql -> server.sql(from, sql.replace("%s", from)));
        String to = database(server, "postgres");
        CommandRun refused = CommandRun.migrate(server.uri(from), server.uri(to));
        assertEquals(3, refused.code(), refused.err());
        String failure = refused.failure();
        assertTrue(failure.contains(says), failure);
        psql(server, from, statements(failure.substring(failure.indexOf(says))));
        CommandRun again = CommandRun.migrate(server.uri(from), server.uri(to));
        assertEquals(0, again.code(), failure + "\n" + again.err());
        assertEquals(server.query(from, asked), server.query(to, asked));
        server.sql("postgres", "DROP DATABASE " + from + " WITH (FORCE)", "DROP DATABASE " + to + " WITH (FORCE)");
    }

    /** Who owns the database need not own its extension. */
    @Test
    void a_superuser_does_what_the_user_may_not() {
        String from = server.newDatabase();
        server.sql(from, "CREATE SCHEMA \"Ts x\"", "CREATE EXTENSION timescaledb SCHEMA \"Ts x\"");
        String to = database(server, "tried_loader");
        Map<String, String> sides = Map.of("SOURCE", server.uri(from), "TARGET", server.uri(to, "tried_loader", "l"));
        CommandRun refused = CommandRun.of("AlignVersion", sides);
        assertEquals(3, refused.code(), refused.err());
        Matcher line = Pattern.compile("as a superuser of the target, first in a session such as psql -X: (.*;)")
                .matcher(refused.failure());
        assertTrue(line.find(), refused.failure());
        psql(server, to, line.group(1));
        assertEquals("Ts x", server.query(to,
                "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = "
                        + "'timescaledb'"));
        CommandRun again = CommandRun.of("AlignVersion", sides);
        assertEquals(0, again.code(), again.err());
        server.sql("postgres", "DROP DATABASE " + from + " WITH (FORCE)", "DROP DATABASE " + to + " WITH (FORCE)");
    }

    @Test
    void a_scheduler_without_a_place_among_the_workers_gets_one() {
        try (PgServer full = Timescale.community("2.13.1").with("max_worker_processes=2").start()) {
            String from = database(server, "postgres");
            server.sql(from, "CREATE TABLE m (t timestamptz NOT NULL)", "SELECT create_hypertable('m', 't')",
                    "SELECT add_retention_policy('m', interval '900 days')");
            String to = full.newDatabase();
            CommandRun run = CommandRun.migrate(server.uri(from), full.uri(to));
            assertEquals(0, run.code(), run.err());
            Matcher remedy = Pattern.compile(
                    "no scheduler of TimescaleDB's jobs is running on the target; all 2 background workers "
                            + "that max_worker_processes allows are taken, and the scheduler"
                            + " needs one; raise the setting where the service has it, or, as a superuser of the "
                            + "target: (ALTER SYSTEM .*;) and restart")
                    .matcher(run.err());
            assertTrue(remedy.find(), run.err());
            full.sql("postgres", remedy.group(1));
            full.restart();
            BackgroundWork.until("the scheduler is at work",
                    () -> !"0".equals(
                            full.query(to, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                    + " AND application_name LIKE 'TimescaleDB Background Worker Scheduler%'")));
            server.sql("postgres", "DROP DATABASE " + from + " WITH (FORCE)");
        }
    }

    @Test
    void a_library_that_is_not_preloaded_is_added_to_those_that_are() {
        try (PgServer bare = Timescale.community("2.13.1")
                .with("shared_preload_libraries=auto_explain,\"pg_stat_statements\"").start()) {
            String from = database(server, "postgres");
            String to = bare.newDatabase();
            CommandRun refused = CommandRun.migrate(server.uri(from), bare.uri(to));
            assertEquals(3, refused.code(), refused.err());
            assertTrue(refused.failure().contains("does not preload timescaledb"), refused.failure());
            bare.sql("postgres", statements(refused.failure()));
            bare.restart();
            assertEquals("timescaledb, auto_explain, pg_stat_statements",
                    bare.query("postgres", "SHOW shared_preload_libraries"));
            CommandRun again = CommandRun.migrate(server.uri(from), bare.uri(to));
            assertEquals(0, again.code(), again.err());
            server.sql("postgres", "DROP DATABASE " + from + " WITH (FORCE)");
        }
    }
}
