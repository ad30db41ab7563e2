//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.EscalationProof;
import testbed.Interposer;
import testbed.PgServer;
import testbed.Sides;

/**
 * Rascal owns tables without anything suspicious. At the very moment when a superuser's query of one is on its way to
 * the server, each time, he gives the table an index or statistics that call a function of his.
 */
class IndexedMeanwhileTest {
    private static final String PASSWORD = "at last";
    private static final String TABLE = "FROM (ONLY )?\"?r\"?\\.\"?";
    private static final Map<Integer, PgServer> OTHERS = new HashMap<>();
    private final AtomicInteger attempts = new AtomicInteger();
    private final Set<String> refusals = ConcurrentHashMap.newKeySet();
    private PgServer server = Sides.shared().source();
    private String database;

    @AfterAll
    static void stop() {
        OTHERS.values().forEach(PgServer::close);
    }

    private void use(int major) {
        if (major != server.major()) {
            server = OTHERS.computeIfAbsent(major, PgServer::start);
        }
    }

    private void make(String... more) throws SQLException {
        server.sql("postgres", "CREATE ROLE rascal LOGIN PASSWORD '" + PASSWORD + "'");
        database = server.newDatabase("OWNER rascal");
        rascal(database, "CREATE SCHEMA r");
        rascal(database, EscalationProof.functions("r", "raced"));
        rascal(database, more);
    }

    @AfterEach
    void drop() {
        raced().remove();
        server.rows("postgres", "SELECT datname FROM pg_database d WHERE datdba = 'rascal'::regrole")
                .forEach(row -> server.sql("postgres", "DROP DATABASE " + row.get(0)));
        server.sql("postgres", "DROP ROLE rascal");
    }

    private void rascal(String in, String... statements) throws SQLException {
        try (Connection session = server.connect(in, "rascal", PASSWORD);
                Statement statement = session.createStatement()) {
            statement.execute("SET lock_timeout = '50ms'");
            statement.execute("SET statement_timeout = '20s'");
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** What he does may be refused, for somebody holds the table. */
    private void attack(String in, String... statements) {
        for (String sql : statements) {
            try {
                rascal(in, sql.formatted(attempts.incrementAndGet()));
            } catch (SQLException e) {
                refusals.add(e.getSQLState());
            }
        }
    }

    private EscalationProof raced() {
        return EscalationProof.on(server, "raced");
    }

    private void assertNotRaced() {
        raced().assertNone();
        assertTrue(attempts.get() > 0, "no moment for it has come");
        assertEquals(Set.of("55P03"), refusals, "he was stopped by another thing than a lock");
    }

    private Interposer interposed(String in, String when, String... statements) {
        Pattern pattern = Pattern.compile(when, Pattern.DOTALL);
        return new Interposer(server, said -> pattern.matcher(said).find(), () -> attack(in, statements));
    }

    private String copied() {
        String copy = database + "_copy";
        server.sql("postgres", "CREATE DATABASE " + copy + " TEMPLATE " + database + " OWNER rascal");
        return copy;
    }

    /** @param side the database of the two that he attacks */
    private CommandRun verifiedWhileAttacked(String side, String copy, String when, String... attacks)
            throws Exception {
        attempts.set(0);
        try (Interposer between = interposed(side, when, attacks)) {
            CommandRun run = CommandRun.of("Verify",
                    Map.of("SOURCE", side.equals(database) ? between.uri(database) : server.uri(database),
                            "TARGET", side.equals(copy) ? between.uri(copy) : server.uri(copy)),
                    "-v");
            assertNotRaced();
            return run;
        }
    }

    /** A table of the trip for small ones, and one with a trip of its own; on either side. */
    @ParameterizedTest
    @CsvSource({"12, CREATE INDEX i%d ON r.%s ((r.evil(1)))", "15, CREATE INDEX i%d ON r.%s (i) WHERE r.evil(1) > 0",
            "18, 'CREATE STATISTICS r.s%d ON (r.evil(1) + i), (r.evil(2)) FROM r.%s'"})
    void to_compare_rows_runs_nothing_of_his(int major, String sql) throws Exception {
        use(major);
        make("CREATE TABLE r.small AS SELECT 1 AS i", "CREATE TABLE r.other AS SELECT 1 AS i",
                "CREATE TABLE r.big AS SELECT i, repeat('x', 100) AS v FROM generate_series(1, 2000) i");
        String copy = copied();
        for (String side : List.of(database, copy)) {
            CommandRun run = verifiedWhileAttacked(side, copy, "count\\(\\*\\).*" + TABLE, sql.replace("%s", "small"),
                    sql.replace("%s", "big"));
            assertTrue(run.err().contains("2002 rows in 3 tables compared"), run.out() + run.err());
        }
    }

    /** LOCK does not know them. One that differs is refreshed on the target meanwhile. */
    @ParameterizedTest
    @CsvSource({"12, CREATE INDEX i%d ON r.view ((r.evil(1)))",
            "15, 'CREATE STATISTICS r.s%d ON (r.evil(1) + i), (r.evil(2)) FROM r.view'"})
    void to_compare_materialized_views_runs_nothing_of_his(int major, String sql) throws Exception {
        use(major);
        make("CREATE TABLE r.item AS SELECT i FROM generate_series(1, 20) i",
                "CREATE MATERIALIZED VIEW r.view AS SELECT i FROM r.item WHERE i > 10",
                "CREATE INDEX ON r.view (i)");
        String copy = copied();
        for (String side : List.of(database, copy)) {
            server.sql(database, "INSERT INTO r.item VALUES (30)");
            server.sql(copy, "INSERT INTO r.item VALUES (30)", "REFRESH MATERIALIZED VIEW r.view");
            CommandRun run = verifiedWhileAttacked(side, copy, "count\\(\\*\\).*" + TABLE + "view", sql);
            assertEquals(0, run.code(), run.out() + run.err());
            assertTrue(
                    run.err().contains(
                            "r.view is out of date on the source: on the target another REFRESH makes the same rows"),
                    run.out() + run.err());
        }
    }

    @Test
    void to_copy_in_parts_runs_nothing_of_his() throws Exception {
        make("CREATE TABLE r.large (id int, v text)",
                "ALTER TABLE r.large ALTER v SET STORAGE PLAIN, SET (parallel_workers = 0)",
                "INSERT INTO r.large SELECT i, repeat('x', 7000) FROM generate_series(1, 9500) i");
        PgServer target = Sides.shared().target();
        String to = target.newDatabase();
        try (Interposer between = interposed(database, "(COPY \\(|EXPLAIN).*" + TABLE + "large",
                "CREATE INDEX i%d ON r.large ((r.evil(1)))")) {
            CommandRun run =
                    CommandRun.migrate(between.uri(database), target.uri(to), "-v", "--jobs", "3", "--no-owner");
            assertNotRaced();
            assertEquals(0, run.code(), run.err());
            assertTrue(run.err().contains("copying r.large (part 2 of 2)"), run.err());
            assertEquals("9500", target.query(to, "SELECT count(*) FROM r.large"));
        }
        rascal(database, "CREATE INDEX ON r.large (id)");
    }
}
