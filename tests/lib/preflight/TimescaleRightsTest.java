//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Timescale;
import testbed.TrixieRoot;

/** Code of somebody who owns hypertables, and wants to be a superuser, runs with their own rights on the target. */
class TimescaleRightsTest {
    private static final String MALLORY = "rights_mallory";
    private static final Pattern SEEN = Pattern.compile("rights of (\\w+) in (\\w+): (\\w+)");

    @Test
    void indexes_and_statistics_of_hypertables_are_computed_as_their_owner() {
        try (PgServer source = TrixieRoot.timescale(); PgServer target = TrixieRoot.timescale()) {
            computedAsOwner(source, target, false);
        }
    }

    @Test
    void so_they_are_where_chunks_are_compressed() {
        Optional<PgServer.Plan> newest = Timescale.newest();
        Assumptions.assumeTrue(newest.isPresent(),
                "needs TimescaleDB, community edition; list its folder of programs in TSMIGRATE_TEST_PG_BINDIRS");
        try (PgServer source = newest.orElseThrow().start();
                PgServer target = Timescale.newest().orElseThrow().start()) {
            computedAsOwner(source, target, true);
        }
    }

    private void computedAsOwner(PgServer source, PgServer target, boolean community) {
        String database = source.newDatabase();
        source.sql("postgres", "CREATE ROLE " + MALLORY);
        source.sql(database, "CREATE EXTENSION timescaledb");
        List<String> planted = new ArrayList<>(List.of("CREATE SCHEMA play AUTHORIZATION " + MALLORY,
                "SET ROLE " + MALLORY, """
                CREATE FUNCTION play.attempt(place text) RETURNS void LANGUAGE plpgsql AS $$
                BEGIN
                  BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
                  BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXCEPTION WHEN OTHERS THEN NULL; END;
                  RAISE LOG 'rights of % in %: %', place, pg_catalog.current_database(), current_user;
                  IF current_user <> 'rights_mallory' THEN
                    EXECUTE 'ALTER ROLE rights_mallory SUPERUSER';
                  END IF;
                END $$""", """
                CREATE FUNCTION play.n(place text, n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  PERFORM play.attempt(place);
                  RETURN n;
                END $$""",
                "CREATE TABLE play.load (at timestamptz NOT NULL, a int)",
                "SELECT create_hypertable('play.load', 'at')",
                "INSERT INTO play.load SELECT d, 1 FROM generate_series('2024-01-01'::timestamptz, '2024-01-31', "
                        + "'1 day') d",
                "CREATE INDEX ON play.load (at) WHERE play.n('predicate', a) > 0",
                "CREATE INDEX ON play.load (play.n('index', a), at)",
                "CREATE STATISTICS play.of_load ON (play.n('statistics', a)) FROM play.load",
                "CREATE MATERIALIZED VIEW play.top AS SELECT play.n('matview', a) AS a FROM play.load LIMIT 2"));
        if (community) {
            planted.addAll(List.of("ALTER TABLE play.load SET (timescaledb.compress)",
                    "SELECT compress_chunk(c) FROM show_chunks('play.load') c LIMIT 2",
                    """
                    CREATE MATERIALIZED VIEW play.daily WITH (timescaledb.continuous) AS
                    SELECT time_bucket('2 days', at) AS days, max(play.n('aggregate', a)) AS most FROM play.load
                      GROUP BY 1 WITH NO DATA"""));
        }
        source.sql(database, planted.toArray(String[]::new));
        String moved = target.newDatabase();
        assertComputed(community, target, moved, migrate(source.uri(database), target.uri(moved), "--verify", "none"));
        String pasted = target.newDatabase();
        CommandRun printed = migrate(source.uri(database), target.uri(pasted), "--dry-run");
        PastedScript.between(printed, source.uri(database), target.uri(pasted));
        assertComputed(community, target, pasted, printed);
    }

    /** Older servers are served by the clients that are installed. */
    private static CommandRun migrate(String from, String to, String... options) {
        return CommandRun.of("Migrate", TrixieRoot.available()
                ? Map.of("SOURCE", from, "TARGET", to, "TSMIGRATE_PG_BINDIRS", TrixieRoot.clientWrappers().toString())
                : Map.of("SOURCE", from, "TARGET", to), options);
    }

    private static void assertComputed(boolean community, PgServer target, String copy, CommandRun run) {
        assertEquals(0, run.code(), run.err());
        Set<String> seen = new TreeSet<>();
        Matcher found = SEEN.matcher(target.log());
        while (found.find()) {
            if (found.group(2).equals(copy)) {
                seen.add(found.group(1) + " " + found.group(3));
            }
        }
        seen.remove("statistics " + MALLORY);
        assertEquals(Set.of("index " + MALLORY, "predicate " + MALLORY, "matview " + MALLORY), seen);
        assertEquals("f", target.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = '" + MALLORY + "'"));
        assertEquals(MALLORY, target.query(copy,
                """
                SELECT string_agg(DISTINCT pg_get_userbyid(relowner), ' ') FROM pg_class
                 WHERE relkind IN ('r', 'v', 'm') AND (relnamespace = 'play'::regnamespace
                   OR relname ~ '^(_hyper|_partial|_direct|compress_hyper|_compressed|_materialized)')"""));
    }
}
