//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.EscalationProof;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/**
 * Mallory owns tables and views, and wants what she has written to be run by a superuser: her function takes off the
 * roles that were put on, runs a program of the operating system, which a read-only transaction does not forbid, and
 * makes her a superuser.
 */
class UsersCodeTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String PASSWORD = "gotcha";
    /** The program says who it was run by, in a file of the server's folder. */
    private static final String ACT = """
            CREATE FUNCTION act() RETURNS void LANGUAGE plpgsql AS $act$
            DECLARE attempt text;
            BEGIN
              FOREACH attempt IN ARRAY ARRAY['RESET ROLE', 'RESET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION \
            DEFAULT',
                  $$COPY (SELECT pg_catalog.current_query()) TO PROGRAM 'cat >> stolen-%s'$$, 'ALTER ROLE mallory \
            SUPERUSER'] LOOP
                BEGIN
                  EXECUTE attempt;
                EXCEPTION WHEN OTHERS THEN NULL;
                END;
              END LOOP;
            END $act$""";
    private static final List<String> EVIL = List.of(
            "CREATE FUNCTION evil(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM m.act(); RETURN "
                    + "i; END'",
            "CREATE FUNCTION evil(i int, j int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM m.act(); "
                    + "RETURN i; END'",
            "CREATE OPERATOR +# (LEFTARG = int, RIGHTARG = int, FUNCTION = evil)");
    private String source;

    @BeforeAll
    static void makeMallory() {
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql("postgres", "DROP ROLE IF EXISTS mallory",
                    "CREATE ROLE mallory LOGIN PASSWORD '" + PASSWORD + "'");
        }
    }

    /** Other classes share these servers. */
    @AfterAll
    static void dropMallory() {
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.rows("postgres",
                    """
                    SELECT quote_ident(datname) FROM pg_database d
                     WHERE EXISTS (SELECT FROM pg_shdepend s
                                    WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = 'mallory'::regrole
                                      AND d.oid IN (s.dbid, s.objid))""")
                    .forEach(row -> server.sql("postgres", "DROP DATABASE " + row.get(0) + " WITH (FORCE)"));
            server.sql("postgres", "DROP ROLE mallory");
        }
    }

    @BeforeEach
    void makeDatabase() throws SQLException {
        source = SOURCE.newDatabase("OWNER mallory");
        mallory("CREATE SCHEMA m", ACT.formatted(source));
        mallory(EVIL.toArray(String[]::new));
    }

    /** As she can do it: in a session that is authenticated as her. */
    private void mallory(String... statements) throws SQLException {
        try (Connection session = SOURCE.connect(source, "mallory", PASSWORD);
                Statement statement = session.createStatement()) {
            statement.execute("SET search_path = m");
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private EscalationProof stolen(PgServer server) {
        return EscalationProof.on(server, "stolen-" + source);
    }

    private void assertNothingStolen(PgServer server) {
        try {
            stolen(server).assertNone();
            assertEquals("f", server.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'"));
        } finally {
            server.sql("postgres", "ALTER ROLE mallory NOSUPERUSER");
        }
    }

    private static CommandRun verify(String from, String to, String... options) {
        return CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to)), options);
    }

    /** Each of a kind that a planner would look at, in a table of its own. */
    private void makeTables() throws SQLException {
        SOURCE.sql("postgres", "ALTER DATABASE " + source + " SET constraint_exclusion = on");
        for (String table : List.of("expression", "predicate", "operator", "statistics", "checked", "inherited",
                "plain")) {
            mallory("CREATE TABLE " + table + " AS SELECT i, 'text ' || i AS v FROM generate_series(1, 100) i");
        }
        mallory("CREATE INDEX ON expression ((evil(1) + i))", "CREATE INDEX ON predicate (i) WHERE evil(1) > 0",
                "CREATE INDEX ON operator ((2 +# 3))",
                "CREATE STATISTICS s ON (evil(1) + i), (evil(2)) FROM statistics",
                "ALTER TABLE checked ADD CHECK (evil(1) = 1)",
                "CREATE TABLE heir () INHERITS (inherited)", "ALTER TABLE heir ADD CHECK (evil(1) = 1)",
                "INSERT INTO heir VALUES (1)",
                "CREATE TABLE large (id int, v text, w text)",
                "ALTER TABLE large ALTER v SET STORAGE PLAIN, SET (parallel_workers = 0)",
                "INSERT INTO large SELECT i, repeat('x', 7000) FROM generate_series(1, 9500) i",
                "INSERT INTO large SELECT 0, '', string_agg(md5(i::text), '') FROM generate_series(1, 200000) i",
                "CREATE INDEX ON large ((evil(1)))");
    }

    /** A database whose rows all arrived, by PostgreSQL's own programs. */
    private String copied() {
        String copy = Oracle.restore(SOURCE, source, TARGET);
        // Whoever restores as superuser has its CHECK constraints run.
        stolen(TARGET).remove();
        TARGET.sql(copy, "ALTER ROLE mallory NOSUPERUSER", "ALTER DATABASE " + copy + " SET constraint_exclusion = on");
        return copy;
    }

    @Test
    void to_move_a_database_runs_nothing_of_hers_on_the_source() throws SQLException {
        makeTables();
        mallory("CREATE VIEW v AS SELECT evil(i) AS i FROM plain", "CREATE MATERIALIZED VIEW mv AS SELECT i FROM v",
                "INSERT INTO plain VALUES (0)",
                "CREATE MATERIALIZED VIEW indexed AS SELECT i FROM plain", "CREATE INDEX ON indexed ((evil(1)))");
        String target = TARGET.newDatabase();
        CommandRun run = SIDES.migrate(source, target, "-v", "--jobs", "3", "--verify", "checksums");
        assertNothingStolen(SOURCE);
        // Her CHECK constraints have run on the target, as they do with pg_restore; that is said.
        assertEquals(List.of("migrate: detail: role superuser  mallory  no      yes"),
                run.err().lines().filter(line -> line.matches("migrate: detail: .* yes")).toList());
        TARGET.sql("postgres", "ALTER ROLE mallory NOSUPERUSER");
        assertEquals(4, run.code(), run.err());
        assertEquals(List.of("migrate: copying m.large in binary"),
                run.err().lines().filter(line -> line.startsWith("migrate: copying m.large")).toList());
        assertEquals("9501", TARGET.query(target, "SELECT count(*) FROM m.large"));
        assertTrue(run.err().contains("not decided: m.indexed: its rows were not compared"), run.err());
    }

    @Test
    void to_compare_runs_nothing_of_hers_on_either_side_and_still_finds_what_differs() throws Exception {
        makeTables();
        String target = copied();
        CommandRun same = verify(source, target);
        assertEquals(0, same.code(), same.out() + same.err());
        TARGET.sql(target, "DROP INDEX m.expression_expr_idx", "UPDATE m.expression SET v = 'other' WHERE i = 7");
        try (Connection session = TARGET.connect(target, "mallory", PASSWORD);
                Statement statement = session.createStatement()) {
            statement.execute("UPDATE m.predicate SET v = 'other' WHERE i = 7");
            statement.execute("DELETE FROM m.statistics WHERE i = 7");
            statement.execute("CREATE INDEX ON m.plain ((m.evil(1)))");
            statement.execute("INSERT INTO m.plain VALUES (0)");
        }
        CommandRun run = verify(source, target, "--jobs", "1");
        assertNothingStolen(SOURCE);
        assertNothingStolen(TARGET);
        assertEquals(
                List.of("row contents m.expression", "index m.expression_expr_idx", "rows m.plain",
                        "row contents m.predicate", "rows m.statistics"),
                run.out().lines().skip(1).map(line -> line.replaceFirst("^(.*?)  +(\\S+).*", "$1 $2")).toList(),
                run.out() + run.err());
        assertEquals(4, run.code());
    }

    /** The function lies beneath a view that the materialized view reads. */
    @Test
    void a_materialized_view_that_is_out_of_date_on_the_source_is_no_difference_and_a_wrong_one_is() throws Exception {
        mallory("CREATE TABLE t AS SELECT i FROM generate_series(1, 3) i",
                "CREATE VIEW v AS SELECT evil(i) AS i FROM t",
                "CREATE MATERIALIZED VIEW old AS SELECT i FROM v",
                "CREATE MATERIALIZED VIEW dice AS SELECT random() FROM v",
                "CREATE MATERIALIZED VIEW good AS SELECT 1 AS i", "INSERT INTO t VALUES (4)");
        String target = copied();
        CommandRun run = verify(source, target, "-v");
        assertEquals(0, run.code(), run.out() + run.err());
        assertTrue(run.err().contains("m.old is out of date on the source"), run.err());
        assertEquals(List.of(
                "verify: warning: not decided: m.dice: the target has 4 rows, the source 3 rows, which may be out "
                        + "of date, and every REFRESH"
                        + " makes other rows; to decide, run REFRESH MATERIALIZED VIEW \"m\".\"dice\"; on the source "
                        + "as its owner, then verify",
                "verify: 4 rows in 1 table and 7 rows in 3 materialized views compared: no differences, 1 not decided"),
                run.err().lines().filter(line -> line.contains("decided")).toList());
        assertEquals("4", TARGET.query(target, "SELECT count(*) FROM m.old"));

        try (Connection session = TARGET.connect(target, "mallory", PASSWORD);
                Statement statement = session.createStatement()) {
            // It was refreshed at another time than the rows came.
            statement.execute(
                    "BEGIN; DELETE FROM m.t WHERE i > 2; REFRESH MATERIALIZED VIEW m.old; INSERT INTO m.t VALUES "
                            + "(3), (4); COMMIT");
        }
        CommandRun wrong = verify(source, target);
        assertEquals("rows  m.old   3 rows  2 rows", wrong.out().lines().skip(1).collect(Collectors.joining("\n")));
        assertEquals(4, wrong.code());
        assertEquals("2", TARGET.query(target, "SELECT count(*) FROM m.old"));
        assertNothingStolen(SOURCE);
        assertNothingStolen(TARGET);
    }

    /** A superuser of the source has let her function see all DDL there. */
    @Test
    void a_refresh_to_compare_with_fires_no_event_trigger() throws SQLException {
        mallory("CREATE TABLE t (i int)", "CREATE MATERIALIZED VIEW mv AS SELECT count(*), now() FROM t",
                "CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM m.act(); END'");
        SOURCE.sql(source, "CREATE EVENT TRIGGER et1 ON ddl_command_start EXECUTE FUNCTION m.et()",
                "CREATE EVENT TRIGGER et2 ON ddl_command_end EXECUTE FUNCTION m.et()",
                "ALTER EVENT TRIGGER et2 ENABLE ALWAYS");
        TARGET.sql("postgres", "ALTER ROLE mallory NOSUPERUSER");
        String target = TARGET.newDatabase();
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("every REFRESH makes other rows"), run.err());
        assertNothingStolen(TARGET);
        assertEquals("et1 O, et2 A", TARGET.query(target,
                "SELECT string_agg(evtname || ' ' || evtenabled::text, ', ' ORDER BY evtname) FROM pg_event_trigger"));
    }

    /** A cast of hers that no function is called for would be run for each row. */
    @ParameterizedTest
    @CsvSource({"SQL_ASCII, false", "SQL_ASCII, true"})
    void to_look_for_bytes_that_are_no_text_runs_no_cast_of_hers(String encoding, boolean indexed) throws SQLException {
        source = SOURCE.newDatabase("OWNER mallory ENCODING '" + encoding + "' LOCALE 'C'");
        mallory("CREATE SCHEMA m", ACT.formatted(source));
        mallory(EVIL.toArray(String[]::new));
        mallory("CREATE TYPE pair AS (a text, b text)", "CREATE TABLE t (p pair)", "INSERT INTO t VALUES (('a', 'b'))",
                "CREATE FUNCTION words(pair) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM m.act(); "
                        + "RETURN 1; END'",
                "CREATE CAST (pair AS text) WITH FUNCTION words(pair)");
        if (indexed) {
            mallory("CREATE INDEX ON t ((evil(1)))");
        }
        CommandRun run = CommandRun.preflight(SOURCE.uri(source), TARGET.uri(TARGET.newDatabase()));
        assertNothingStolen(SOURCE);
        assertEquals(indexed,
                (run.out() + run.err()).contains("table m.t was not searched for bytes that are not valid UTF-8"),
                run.out() + run.err());
        mallory("INSERT INTO t VALUES (ROW('a', convert_from('\\xe9', 'SQL_ASCII'))::pair)");
        CommandRun bytes = CommandRun.preflight(SOURCE.uri(source), TARGET.uri(TARGET.newDatabase()));
        assertEquals(!indexed, (bytes.out() + bytes.err()).contains("table m.t holds bytes that are not valid UTF-8"),
                bytes.out() + bytes.err());
    }

    /** What a superuser owns is trusted, so that tables of which that holds are cut and compared by the servers. */
    @Test
    void a_function_of_a_superuser_changes_nothing() throws SQLException {
        SOURCE.sql(source, "CREATE FUNCTION public.good(i int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT i'",
                "CREATE TABLE t AS SELECT 1 AS i", "CREATE INDEX ON t ((good(1)))", "ALTER TABLE t OWNER TO mallory");
        String target = TARGET.newDatabase();
        CommandRun run = SIDES.migrate(source, target, "-v", "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        assertTrue(Stream.of("not decided", "is read with COPY").noneMatch(run.err()::contains), run.err());
    }
}
