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
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.HeldLock;
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
        if (SOURCE.rows("postgres", "SELECT FROM pg_roles WHERE rolname = 'made'").isEmpty()) {
            SOURCE.sql("postgres", "CREATE ROLE made LOGIN PASSWORD 'p'");
        }
        SOURCE.sql("postgres",
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

    /** Each run creates it, wherever the roles of the source are not there yet. */
    private static void forgetMade() {
        if (!TARGET.rows("postgres", "SELECT FROM pg_roles WHERE rolname = 'made'").isEmpty()) {
            TARGET.sql("postgres", "DROP OWNED BY made", "DROP ROLE made");
        }
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
        List<String> before = withoutMade(everything(target));
        CommandRun failed = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target));
        assertEquals(1, failed.code(), failed.err());
        assertTrue(everything(target).stream().anyMatch(line -> line.startsWith("GRANT second TO third")),
                failed.err());
        CommandRun discarded = discard(target);
        assertEquals(0, discarded.code(), discarded.err());
        assertEquals("", discarded.err());
        assertTrue(discarded.out().matches("target: \\d+ objects of an interrupted run removed; the database is as it "
                + "was before\ntarget: roles that the run has created are kept: \"made\"\n"),
                discarded.out() + failed.err());
        assertSame(before, withoutMade(everything(target)));
        forgetMade();
        assertEquals("target: nothing to mend\n", discard(target).out());
        SOURCE.sql(shop, "DROP MATERIALIZED VIEW total");
        CommandRun again = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--verify", "none");
        assertEquals(0, again.code(), again.err());
    }

    @Test
    void a_restart_names_the_roles_that_stay() {
        String target = TARGET.newDatabase();
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE ROLE staying", "CREATE TABLE item (id int PRIMARY KEY)",
                "CREATE TABLE price (item int CONSTRAINT of_item REFERENCES item)", "ALTER TABLE item OWNER TO staying",
                "SET session_replication_role = replica; INSERT INTO price VALUES (7)");
        assertEquals(1, CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target)).code());
        CommandRun again = CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target), "--restart");
        assertEquals(1, again.code(), again.err());
        assertTrue(again.err().matches("(?s).*migrate: clearing: \\d+ objects of the earlier run removed; roles that "
                + "the run has created are kept: \"staying\" \\(.*"), again.err());
        SOURCE.sql(source, "DELETE FROM price");
        assertEquals(0, CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target), "--restart").code());
    }

    /** Somebody who is no superuser brings back what is theirs. */
    @Test
    void everything_is_as_before_a_run_of_the_owner_that_is_killed_at_any_moment() {
        if (TARGET.rows("postgres", "SELECT FROM pg_roles WHERE rolname = 'mover'").isEmpty()) {
            TARGET.sql("postgres", "CREATE ROLE mover LOGIN PASSWORD 'm' CREATEROLE");
        }
        String target = target();
        String shop = shop();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " OWNER TO mover");
        TARGET.sql(target, "GRANT there TO mover", "DROP EXTENSION pg_trgm");
        // Only a superuser could bring back who had granted it, before version 16.
        SOURCE.sql(shop, "REVOKE ADMIN OPTION FOR first FROM second");
        SOURCE.sql(shop, "DROP MATERIALIZED VIEW total", "DROP PUBLICATION all_of_it", "DROP CAST (text AS app.mood)",
                "REVOKE SELECT ON pg_authid FROM there", "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM there",
                "GRANT EXECUTE ON FUNCTION pg_sleep(float8) TO PUBLIC", "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC");
        List<String> before = withoutMade(everything(target));
        for (String waitsFor : List.of("pg_catalog.pg_rewrite", "pg_catalog.pg_index", "pg_catalog.pg_default_acl")) {
            try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE " + waitsFor + " IN SHARE MODE");
                    ChildCommand migrate = ChildCommand.start(ChildCommand.java("Migrate", "--verify", "none"),
                            temporary,
                            Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(target, "mover", "m")))) {
                BackgroundWork.until("the run waits", () -> hold.isWaitedFor() || !migrate.handle().isAlive());
                assertTrue(hold.isWaitedFor(), waitsFor + "\n" + migrate.err());
                CommandRun atWork = CommandRun.of("RepairCommand", Map.of("TARGET", TARGET.uri(target, "mover", "m")),
                        "--discard");
                assertEquals(3, atWork.code());
                assertTrue(
                        atWork.failure().startsWith("error: a migration is running on the target\nhint: wait for it, "),
                        atWork.failure());
                migrate.signalAll("KILL");
                assertEquals(137, migrate.end().code());
            }
            BackgroundWork.until("its lock is gone", () -> "0".equals(TARGET.query(target,
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")));
            CommandRun discarded = CommandRun.of("RepairCommand", Map.of("TARGET", TARGET.uri(target, "mover", "m")),
                    "--discard");
            assertEquals(0, discarded.code(), discarded.err());
            assertSame(before, withoutMade(everything(target)));
        }
        forgetMade();
    }

    @Test
    void what_the_user_may_not_bring_back_is_printed() {
        TARGET.sql("postgres", "DO $$ BEGIN CREATE ROLE mover LOGIN PASSWORD 'm' CREATEROLE; EXCEPTION WHEN "
                + "duplicate_object THEN NULL; END $$");
        String target = TARGET.newDatabase("OWNER mover");
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item (id int PRIMARY KEY)",
                "CREATE TABLE price (item int CONSTRAINT of_item REFERENCES item)",
                "SET session_replication_role = replica; INSERT INTO price VALUES (7)");
        TARGET.sql(target, "GRANT CREATE ON SCHEMA public TO mover");
        assertEquals(1, CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target, "mover", "m"), "--no-owner").code());
        TARGET.sql(target, "ALTER SCHEMA public OWNER TO postgres");
        CommandRun discarded = CommandRun.of("RepairCommand", Map.of("TARGET", TARGET.uri(target, "mover", "m")),
                "--discard");
        assertEquals(0, discarded.code(), discarded.err());
        assertTrue(discarded.err().contains("repair: warning: user \"mover\" may not bring back everything as it was\n"
                + "repair: hint: as a superuser or the owner: ALTER SCHEMA public OWNER TO "), discarded.err());
        forgetMade();
    }

    @Test
    void what_somebody_else_has_made_is_named_and_nothing_is_removed() {
        String target = target();
        String shop = shop();
        assertEquals(1, CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target)).code());
        TARGET.sql(target, "CREATE TABLE public.mine (id int)");
        SIDES.refuses(3, """
                error: the target holds objects that the interrupted run did not make: table public.mine
                hint: move or drop them, then run again with --discard: DROP TABLE public.mine;""", shop, target,
                () -> discard(target));
        TARGET.sql(target, "DROP TABLE public.mine");
        assertEquals(0, discard(target).code());
        forgetMade();
        TARGET.sql(target, "CREATE SCHEMA tsmigrate AUTHORIZATION first");
        CommandRun foreign = discard(target);
        assertEquals(3, foreign.code());
        assertTrue(
                foreign.failure().startsWith("error: schema \"tsmigrate\" on the target is not one that this program "
                        + "can trust: schema tsmigrate belongs to \"first\"\n"),
                foreign.failure());
    }

    @Test
    void wrong_usage_is_said() {
        for (List<String> options : List.of(List.of("--discard", "--dry-run"), List.of("--discard", "--source", "x"))) {
            CommandRun run = CommandRun.of("RepairCommand",
                    options.contains("--source") ? Map.of() : Map.of("TARGET", "postgresql:///x"),
                    options.toArray(String[]::new));
            assertEquals("error: --discard is for a target, and has no --dry-run", run.failure().lines().findFirst()
                    .orElse(""));
            assertEquals(2, run.code());
        }
    }
}
