//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.Soak;
import testbed.StoppedServer;

/**
 * However a run ends, each grant of a role to its user has the options that it had before, and no other grant is there.
 */
class MembershipsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final String MOVER = "lent_mover";
    private static final String OWNERS = """
            SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'lent'::regnamespace
              AND relkind = 'r'
            UNION ALL SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'lent' ORDER BY 1""";
    private static String shop;

    @TempDir
    Path temporary;
    private PgServer server;
    private String target;
    private List<List<String>> before;

    /** Tables whose rows take for ever, or are refused, where a setting says so. */
    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE lent_1", "CREATE ROLE lent_5", "CREATE ROLE lent_new");
        SOURCE.sql(shop, "CREATE SCHEMA lent AUTHORIZATION lent_1", """
                CREATE FUNCTION lent.slow(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('lent.way', true) = 'slow' THEN
                    PERFORM pg_sleep(600);
                  ELSIF current_setting('lent.way', true) = 'refused' THEN
                    RAISE EXCEPTION 'lent.way is refused';
                  END IF;
                  RETURN id;
                END $$""");
        for (String role : List.of("lent_1", "lent_5", "lent_new")) {
            SOURCE.sql(shop, "CREATE TABLE lent.of_" + role + " (id int CHECK (lent.slow(id) = id))",
                    "INSERT INTO lent.of_" + role + " VALUES (1)",
                    "ALTER TABLE lent.of_" + role + " OWNER TO " + role);
        }
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop, "DROP ROLE lent_1, lent_5, lent_new");
    }

    /**
     * The user has granted each of two roles to itself with one option, which before PostgreSQL 16 are as good as all;
     * the third is yet to be created.
     */
    private void serve(int major) {
        Assumptions.assumeTrue(major >= SOURCE.major(),
                "needs client programs and a source of PostgreSQL " + major + ", which are " + SOURCE.major());
        server = major == SIDES.target().major() ? SIDES.target() : PgServer.shared(major);
        server.sql("postgres", "CREATE ROLE " + MOVER + " LOGIN CREATEROLE PASSWORD '" + MOVER + "'",
                "CREATE ROLE lent_1", "CREATE ROLE lent_5");
        server.administer(MOVER, "lent_1", "lent_5");
        if (major >= 16) {
            server.sql("postgres", "SET ROLE " + MOVER, "GRANT lent_1 TO " + MOVER + " WITH INHERIT TRUE, SET FALSE",
                    "GRANT lent_5 TO " + MOVER + " WITH INHERIT FALSE, SET TRUE");
        } else {
            server.sql("postgres", "GRANT lent_1 TO " + MOVER);
        }
        target = server.newDatabase("OWNER " + MOVER);
        before = memberships();
    }

    @AfterEach
    void end() {
        if (server == null) {
            // The case was skipped.
            return;
        }
        server.sql("postgres", "DROP DATABASE " + target + " WITH (FORCE)");
        server.sql("postgres", "DROP ROLE IF EXISTS lent_new", "DROP ROLE " + MOVER, "DROP ROLE lent_1, lent_5");
    }

    /**
     * Whole rows, but for what CREATE ROLE has made of the user in the roles that the run creates: the third, and those
     * of other classes.
     */
    private List<List<String>> memberships() {
        return server.rows("postgres",
                """
                SELECT roleid::regrole, m::text FROM pg_auth_members m WHERE member = '%s'::regrole
                  AND (roleid IN ('lent_1'::regrole, 'lent_5'::regrole) OR NOT (grantor = 10
                   AND to_jsonb(m) @> '{"admin_option": true, "inherit_option": false, "set_option": false}'))
                     ORDER BY 1, 2"""
                        .formatted(MOVER));
    }

    private String uri() {
        return server.uri(target, MOVER, MOVER);
    }

    private void arrives(CommandRun run) {
        assertEquals(0, run.code(), run.err());
        assertEquals(before, memberships());
        assertEquals(SOURCE.rows(shop, OWNERS), server.rows(target, OWNERS));
        assertEquals("3", server.query(target,
                "SELECT (SELECT count(*) FROM lent.of_lent_1) + (SELECT count(*) FROM lent.of_lent_5) + (SELECT "
                        + "count(*) FROM lent.of_lent_new)"));
        assertEquals("0", server.query(target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }

    private ChildCommand copying(String... options) {
        server.sql("postgres", "ALTER DATABASE " + target + " SET lent.way = 'slow'");
        String since = server.query("postgres", "SELECT now()");
        ChildCommand migrate = ChildCommand.start(
                ChildCommand.java("Migrate",
                        Stream.concat(Stream.of("--jobs", "4"), Stream.of(options)).toArray(String[]::new)),
                temporary,
                Map.of("SOURCE", SOURCE.uri(shop), "TARGET", uri()));
        migrate.await("rows arrive", () -> "3".equals(server.query(target,
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
                        + " AND backend_start > '" + since + "'")));
        server.sql("postgres", "ALTER DATABASE " + target + " RESET lent.way");
        assertNotEquals(before, memberships());
        return migrate;
    }

    private CommandRun repair(String... options) {
        return CommandRun.of("RepairCommand", Map.of("TARGET", uri()), options);
    }

    @ParameterizedTest
    @CsvSource({"15, always", "17, always", "18, soak"})
    void a_run_that_succeeds_and_one_that_fails(int major, String run) {
        Soak.assumeIn(run);
        serve(major);
        server.sql("postgres", "ALTER DATABASE " + target + " SET lent.way = 'refused'");
        CommandRun refused = CommandRun.migrate(SOURCE.uri(shop), uri());
        assertEquals(1, refused.code(), refused.err());
        assertTrue(refused.err().contains("lent.way is refused"), refused.err());
        assertEquals(before, memberships());
        server.sql("postgres", "ALTER DATABASE " + target + " RESET lent.way");
        arrives(CommandRun.migrate(SOURCE.uri(shop), uri(), "--restart"));
        CommandRun compared = CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(shop), "TARGET", uri()),
                "--join-owners", "--permitted");
        assertEquals(0, compared.code(), compared.err());
        assertEquals(before, memberships());
    }

    /** The scripts of --dry-run put back the same. */
    @ParameterizedTest
    @CsvSource({"15, soak", "17, always"})
    void shell_scripts(int major, String run) {
        Soak.assumeIn(run);
        serve(major);
        try (ChildCommand migrate = copying()) {
            migrate.signal("KILL");
            migrate.end();
        }
        Run repaired = PastedScript.between(repair("--dry-run"), "", uri());
        assertEquals(0, repaired.code(), repaired.err());
        assertEquals(before, memberships());
        assertEquals(
                "target: nothing to mend; the interrupted command with --resume goes on, and with --restart it begins "
                        + "anew\n",
                repair().out());
        server.sql("postgres", "DROP DATABASE " + target + " WITH (FORCE)",
                "CREATE DATABASE " + target + " OWNER " + MOVER);
        Run moved =
                PastedScript.between(CommandRun.migrate(SOURCE.uri(shop), uri(), "--dry-run"), SOURCE.uri(shop), uri());
        assertEquals(0, moved.code(), moved.err());
        assertEquals(before, memberships());
        assertEquals(SOURCE.rows(shop, OWNERS), server.rows(target, OWNERS));
    }

    @ParameterizedTest
    @CsvSource({"15, INT, 130, soak", "17, TERM, 143, always", "18, INT, 130, always"})
    void a_run_that_a_signal_ends(int major, String signal, int code, String when) {
        Soak.assumeIn(when);
        serve(major);
        try (ChildCommand migrate = copying()) {
            migrate.signal(signal);
            CommandRun run = migrate.end();
            assertEquals(code, run.code(), run.err());
            assertTrue(migrate.millisToEnd() < 5000, migrate.millisToEnd() + " ms");
            assertEquals(before, memberships(), run.err());
            assertEquals("""
                    migrate: warning: interrupted: the source is unchanged, the target is partly loaded
                    migrate: hint: run the same command again with --resume: it keeps what has arrived; or with \
                    --restart: it removes what this run made
                    """, run.err().lines().dropWhile(line -> !line.contains("interrupted")).map(line -> line + "\n")
                    .reduce("", String::concat));
        }
        assertEquals(
                "target: nothing to mend; the interrupted command with --resume goes on, and with --restart it begins "
                        + "anew\n",
                repair().out());
        arrives(CommandRun.migrate(SOURCE.uri(shop), uri(), "--restart"));
    }

    @ParameterizedTest
    @CsvSource({"15, false, soak", "17, true, always", "18, false, soak"})
    void a_run_that_is_killed(int major, boolean repaired, String when) {
        Soak.assumeIn(when);
        serve(major);
        try (ChildCommand migrate = copying()) {
            migrate.signal("KILL");
            assertEquals(137, migrate.end().code());
        }
        assertNotEquals(before, memberships());
        if (repaired) {
            String roles = major < 16 ? "\"lent_5\", \"lent_new\"" : "\"lent_1\", \"lent_5\", \"lent_new\"";
            assertTrue(repair("--dry-run").out().contains("# Memberships that an interrupted run had taken: " + roles),
                    repair("--dry-run").out());
            assertNotEquals(before, memberships());
            assertEquals("target: memberships that an interrupted run had taken are as before: " + roles + "\n",
                    repair().out());
            assertEquals(before, memberships());
        }
        arrives(CommandRun.migrate(SOURCE.uri(shop), uri(), "--restart"));
    }

    /**
     * It wakes when another run of the same user has removed what it had made, has put back what it had taken, and is
     * at work.
     */
    @Test
    void a_run_that_has_lost_its_lock_takes_nothing_from_the_next_one() {
        serve(17);
        try (ChildCommand lost = copying()) {
            lost.signal("STOP");
            server.sql(target,
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND "
                            + "classid = 116 AND objsubid = 1"
                            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
            try (ChildCommand next = copying("--restart")) {
                List<List<String>> needed = memberships();
                lost.signal("CONT");
                CommandRun run = lost.end();
                assertEquals(1, run.code(), run.err());
                assertTrue(run.failure().startsWith("error: the lock that keeps other runs off the target was lost: "),
                        run.err());
                assertEquals(needed, memberships(), run.err());
                assertEquals("3", server.query(target, "SELECT count(*) FROM tsmigrate.membership WHERE taken"));
                next.signal("INT");
                assertEquals(130, next.end().code());
                assertEquals(before, memberships());
            }
        }
        arrives(CommandRun.migrate(SOURCE.uri(shop), uri(), "--restart"));
    }

    /** What cannot be put back in time is said with statements that put it back, also when somebody else runs them. */
    @Test
    void what_a_standing_server_keeps_is_named() throws SQLException {
        serve(17);
        String said;
        try (ChildCommand migrate = copying(); StoppedServer standing = new StoppedServer(server)) {
            standing.stop();
            migrate.signal("INT");
            CommandRun run = migrate.end();
            assertEquals(130, run.code(), run.err());
            assertTrue(migrate.millisToEnd() < 5000, migrate.millisToEnd() + " ms");
            said = run.err();
        }
        String hint = said.lines().dropWhile(line -> !line.contains("may still be a member of owners")).skip(1)
                .findFirst().orElse(said).replace("migrate: hint: ", "");
        List<String> statements = Stream.of(hint.split("(?<=;) ")).sorted().toList();
        assertEquals(
                List.of("GRANT \"lent_1\" TO \"lent_mover\" WITH INHERIT TRUE, SET FALSE GRANTED BY \"lent_mover\";",
                        "GRANT \"lent_5\" TO \"lent_mover\" WITH INHERIT FALSE, SET TRUE GRANTED BY \"lent_mover\";",
                        "REVOKE \"lent_new\" FROM \"lent_mover\" GRANTED BY \"lent_mover\";"),
                statements, said);
        try (Connection superuser = server.connect("postgres"); Statement statement = superuser.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
        assertEquals(before, memberships());
        arrives(CommandRun.migrate(SOURCE.uri(shop), uri(), "--restart"));
    }

    @Test
    void a_lock_that_anybody_may_take_is_not_waited_for_without_end() throws SQLException {
        serve(17);
        try (Connection anybody = server.connect(target); Statement statement = anybody.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + 0x74736d656dL + ")");
            CommandRun run = CommandRun.migrate(SOURCE.uri(shop), uri());
            assertEquals(1, run.code(), run.err());
            assertTrue(
                    run.failure().matches("(?s).*granting temporary membership in role \".+\" failed on the target: "
                            + "canceling statement due to lock timeout.*"),
                    run.err());
        }
        assertEquals(before, memberships());
        arrives(CommandRun.migrate(SOURCE.uri(shop), uri(), "--restart"));
    }

    /** Before PostgreSQL 16, to grant it anew does nothing, and to revoke it takes it away. */
    @Test
    void a_membership_that_gives_no_rights_by_itself_stays() {
        serve(15);
        server.sql("postgres", "ALTER ROLE " + MOVER + " NOINHERIT");
        arrives(CommandRun.migrate(SOURCE.uri(shop), uri(), "--verify", "objects"));
    }
}
