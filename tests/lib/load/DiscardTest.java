//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/**
 * After {@code repair --discard} a target is as if nothing had ever run, by the dumps of the database and of the
 * server's globals, but for roles, which are named.
 */
class DiscardTest {
    private static final Sides SIDES = Sides.installed();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @TempDir
    Path temporary;

    @AfterAll
    static void takeDown() {
        SIDES.close();
    }

    /** A database that changes whatever is there before a run, but for a view that can be made only there. */
    private static String shop() {
        String shop = SOURCE.newDatabase();
        SOURCE.sql("postgres", "DROP ROLE IF EXISTS made", "CREATE ROLE made LOGIN PASSWORD 'p'",
                "ALTER ROLE made SET work_mem = '5MB'", "COMMENT ON ROLE made IS 'new'", "GRANT made TO fourth",
                "GRANT there TO made", "GRANT first TO second WITH ADMIN OPTION", "GRANT second TO third",
                "ALTER DATABASE " + shop + " SET work_mem = '7MB'", "ALTER ROLE there IN DATABASE " + shop
                        + " SET work_mem = '8MB'",
                "COMMENT ON DATABASE " + shop + " IS 'the source''s'", "GRANT CREATE ON DATABASE " + shop + " TO there",
                "REVOKE TEMPORARY ON DATABASE " + shop + " FROM PUBLIC");
        if (SOURCE.major() >= 15) {
            SOURCE.sql("postgres", "GRANT SET ON PARAMETER log_statement TO there",
                    "GRANT ALTER SYSTEM ON PARAMETER work_mem TO made");
        }
        SOURCE.sql(shop, "CREATE EXTENSION citext", "CREATE EXTENSION pg_trgm", "ALTER SCHEMA public OWNER TO there",
                "GRANT ALL ON SCHEMA public TO third", "COMMENT ON SCHEMA public IS 'of the shop'",
                "COMMENT ON EXTENSION plpgsql IS 'changed'", "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO there",
                "REVOKE EXECUTE ON FUNCTION pg_sleep(float8) FROM PUBLIC",
                "GRANT SELECT ON pg_authid TO there", "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO there",
                "CREATE SCHEMA app AUTHORIZATION there", "CREATE TYPE app.mood AS ENUM ('a')",
                "CREATE TABLE app.item (id serial PRIMARY KEY, name citext, mood app.mood)",
                "INSERT INTO app.item (name) SELECT 'x' FROM generate_series(1, 100)",
                "CREATE TABLE price (item int REFERENCES app.item)", "CREATE VIEW seen AS SELECT * FROM app.item",
                "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE CAST (text AS app.mood) WITH INOUT", "CREATE PUBLICATION all_of_it FOR ALL TABLES",
                "SELECT lo_from_bytea(815, 'large')",
                "CREATE FUNCTION here() RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF current_database() <> '" + shop
                        + "' THEN RAISE EXCEPTION 'elsewhere'; END IF; RETURN 1; END $$",
                "CREATE MATERIALIZED VIEW total AS SELECT here()");
        return shop;
    }

    private static String target() {
        String target = TARGET.newDatabase();
        for (PgServer server : List.of(SOURCE, TARGET)) {
            for (String role : List.of("there", "first", "second", "third", "fourth")) {
                if (server.rows("postgres", "SELECT FROM pg_roles WHERE rolname = '" + role + "'").isEmpty()) {
                    server.sql("postgres", "CREATE ROLE " + role);
                }
            }
        }
        TARGET.sql("postgres", "GRANT first TO second", "GRANT CONNECT ON DATABASE " + target + " TO first",
                "ALTER DATABASE " + target + " SET work_mem = '3MB'");
        TARGET.sql(target, "CREATE EXTENSION pg_trgm", "GRANT USAGE ON SCHEMA public TO first WITH GRANT OPTION",
                "COMMENT ON EXTENSION pg_trgm IS NULL", "GRANT EXECUTE ON FUNCTION pg_sleep(float8) TO first",
                "ALTER DEFAULT PRIVILEGES GRANT UPDATE ON TABLES TO first");
        return target;
    }

    /** What stock tools say of the whole server and of the database with its properties. */
    private static List<String> everything(String database) {
        Path clients = ClientBinaries.bin(ClientBinaries.clientMajor());
        return Stream.of(Run.of(List.of(clients.resolve("pg_dumpall").toString(), "--globals-only"),
                TARGET.environment("postgres"), null).orFail(),
                Run.of(List.of(clients.resolve("pg_dump").toString(), "--create"), TARGET.environment(database), null)
                        .orFail())
                .flatMap(run -> run.out().lines()).filter(line -> !line.matches("\\\\(un)?restrict .*|--.*|")).toList();
    }

    private static void assertSame(List<String> before, List<String> after) {
        assertEquals(before.stream().filter(line -> !after.contains(line)).toList(),
                after.stream().filter(line -> !before.contains(line)).toList());
        assertEquals(before, after);
    }

    private static CommandRun discard(String target) {
        return CommandRun.of("RepairCommand", Map.of("TARGET", TARGET.uri(target)), "--discard");
    }

    /** Roles that the run has made stay, with what concerns them. */
    private static List<String> withoutMade(List<String> lines) {
        return lines.stream().filter(line -> !line.matches(".*\\bmade\\b.*")).toList();
    }

    @Test
    void everything_is_as_before_a_run_that_has_failed() {
        String target = target();
        String shop = shop();
        List<String> before = everything(target);
        CommandRun failed = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target));
        assertEquals(1, failed.code(), failed.err());
        assertTrue(everything(target).stream().anyMatch(line -> line.startsWith("GRANT second TO third")),
                failed.err());
        CommandRun discarded = discard(target);
        assertEquals(0, discarded.code(), discarded.err());
        assertEquals("", discarded.err());
        assertTrue(discarded.out().matches("target: \\d+ objects of an interrupted run removed; the database is as it "
                + "was before\ntarget: roles that the run has created are kept: \"made\"\n"), discarded.out());
        assertSame(before, withoutMade(everything(target)));
        TARGET.sql("postgres", "DROP OWNED BY made", "DROP ROLE made");
        assertEquals("target: nothing to mend\n", discard(target).out());
        SOURCE.sql(shop, "DROP MATERIALIZED VIEW total");
        CommandRun again = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--verify", "none");
        assertEquals(0, again.code(), again.err());
    }
}
