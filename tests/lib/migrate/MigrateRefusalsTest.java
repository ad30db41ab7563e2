//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Sides;

/**
 * What the source holds and a migration could not bring over whole: named before anything is changed, with the command
 * that helps.
 */
class MigrateRefusalsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static String empty;

    @BeforeAll
    static void make_a_reader_who_may_do_little() {
        empty = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE reader LOGIN PASSWORD 'reader'");
    }

    @AfterAll
    static void drop_the_reader() {
        SOURCE.sql("postgres", "DROP ROLE IF EXISTS reader");
    }

    @Test
    void what_the_connecting_user_may_not_read() {
        readerIsRefused("""
                error: table public.item of the source cannot be read
                hint: GRANT SELECT ON TABLE public.item TO "reader";
                """, "CREATE TABLE item (id int)", "CREATE TABLE open (id int)", "GRANT SELECT ON open TO reader");
        readerIsRefused("""
                error: sequence public."Next" of the source cannot be read
                hint: GRANT SELECT ON SEQUENCE public."Next" TO "reader";
                """, "CREATE SEQUENCE \"Next\"");
        readerIsRefused("""
                error: schema closed of the source cannot be used
                hint: GRANT USAGE ON SCHEMA closed TO "reader";
                """, "CREATE SCHEMA closed", "CREATE TABLE closed.item (id int)",
                "GRANT SELECT ON closed.item TO reader");
        readerIsRefused("""
                error: large object 4711 of the source cannot be read
                hint: GRANT SELECT ON LARGE OBJECT 4711 TO "reader";
                """, "SELECT lo_from_bytea(4711, 'x')", "SELECT lo_from_bytea(4712, 'x')",
                "GRANT SELECT ON LARGE OBJECT 4712 TO reader");
        readerIsRefused("""
                error: row-level security hides rows of table public.item of the source
                hint: ALTER ROLE "reader" BYPASSRLS;
                """, "CREATE TABLE item (id int)", "ALTER TABLE item ENABLE ROW LEVEL SECURITY",
                "GRANT SELECT ON item TO reader");
    }

    /** The message, and that following its hint is all that is needed. */
    private static void readerIsRefused(String lines, String... made) {
        String database = SOURCE.newDatabase();
        SOURCE.sql(database, made);
        Supplier<CommandRun> run =
                () -> CommandRun.migrate(SOURCE.uri(database, "reader", "reader"), TARGET.uri(empty), "--jobs", "2");
        SIDES.refuses(3, lines, database, empty, run);
        SOURCE.sql(database, lines.lines().filter(line -> line.startsWith("hint: ")).map(line -> line.substring(6))
                .toArray(String[]::new));
        CommandRun helped = CommandRun.preflight(SOURCE.uri(database, "reader", "reader"), TARGET.uri(empty));
        assertEquals(0, helped.code(), helped.out());
        SOURCE.sql("postgres", "ALTER ROLE reader NOBYPASSRLS");
        SOURCE.sql(database, "DROP OWNED BY reader");
    }

    @Test
    void an_extension_that_the_target_does_not_have() {
        assumeTrue(SOURCE.major() < 17, "needs installed clients of a version before 17, which have old_snapshot");
        PgServer newer = PgServer.shared(17);
        String database = SOURCE.newDatabase();
        String target = newer.newDatabase();
        SOURCE.sql(database, "CREATE EXTENSION old_snapshot", "CREATE EXTENSION citext",
                "CREATE TABLE item (name citext)",
                "INSERT INTO item VALUES ('A')");
        Sides sides = new Sides(SOURCE, newer);
        sides.refusesToMigrate("""
                error: extension old_snapshot is not available on the target
                hint: install old_snapshot on the target's server, or drop it on the source, or leave it out: \
                --leave-out old_snapshot
                """, database, target);
        CommandRun run = sides.migrate(database, target, "--leave-out", "old_snapshot");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains("warning: left out: extension old_snapshot\n"), run.out());
        assertEquals("A", newer.query(target, "SELECT name FROM item"));
    }

    @Test
    void what_cannot_be_carried_is_left_out_only_when_that_is_accepted() {
        String database = SOURCE.newDatabase();
        SOURCE.sql(database, "CREATE EXTENSION postgres_fdw",
                "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far')",
                "CREATE FOREIGN TABLE remote (id int) SERVER far", "CREATE TABLE item AS SELECT 1 AS id",
                "CREATE SUBSCRIPTION news CONNECTION 'host=far password=hush' PUBLICATION p WITH (connect = false)",
                "SELECT pg_create_physical_replication_slot('standby')", "ALTER SYSTEM SET statement_timeout = '1h'",
                "SELECT pg_reload_conf(), pg_sleep(0.3)");
        try {
            SIDES.refusesToMigrate("""
                    error: foreign-table-data: public.remote: the rows of a foreign table are kept elsewhere
                    hint: migrate --leave-out foreign-table-data
                    error: replication-slots: standby: a replication slot holds a position in this server's stream
                    hint: migrate --leave-out replication-slots
                    error: subscriptions: news: a subscription holds a position in another server's stream
                    hint: migrate --leave-out subscriptions
                    error: preflight found 3 reasons not to start; nothing was changed
                    """, database, empty);
            SIDES.refusesToMigrate("""
                    error: subscriptions: news: a subscription holds a position in another server's stream
                    hint: migrate --leave-out subscriptions
                    """, database, empty, leavingOut("standby", "foreign-table-data"));
            String target = TARGET.newDatabase();
            CommandRun run = SIDES.migrate(database, target, leavingOut("replication-slots", "public.remote", "news"));
            assertEquals(0, run.code(), run.err());
            // What was accepted stands in the summary.
            assertEquals("""
                    warning: left out: foreign-table-data: public.remote: the rows of a foreign table are kept elsewhere
                    warning: left out: replication-slots: standby: a replication slot holds a position in this \
                    server's stream
                    warning: left out: server-settings: statement_timeout: ALTER SYSTEM settings belong to the server
                    warning: left out: subscriptions: news: a subscription holds a position in another server's stream
                    """, run.out().lines().filter(line -> line.startsWith("warning"))
                    .collect(Collectors.joining("\n", "", "\n")));
            assertEquals(List.of(List.of("item", "r"), List.of("remote", "f")), TARGET.rows(target,
                    "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"));
            assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_subscription"));
        } finally {
            SOURCE.sql(database, "ALTER SUBSCRIPTION news DISABLE", "ALTER SUBSCRIPTION news SET (slot_name = NONE)",
                    "DROP SUBSCRIPTION news",
                    "SELECT pg_drop_replication_slot('standby')", "ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()");
        }
    }

    private static String[] leavingOut(String... items) {
        return Arrays.stream(items).flatMap(item -> List.of("--leave-out", item).stream()).toArray(String[]::new);
    }

    @Test
    void connection_slots_that_do_not_suffice(@TempDir Path folder) {
        String database = SOURCE.newDatabase();
        // All that has a session of its own: rows, indexes that are made meanwhile, large objects, views, client
        // programs.
        SOURCE.sql(database,
                IntStream.rangeClosed(1, 6)
                        .mapToObj(i -> "CREATE TABLE t" + i
                                + " AS SELECT i, md5(i::text) AS v FROM generate_series(1, 5000) i; CREATE INDEX ON t"
                                + i + " (v); CREATE INDEX ON t" + i + " (i); CREATE MATERIALIZED VIEW v" + i
                                + " AS SELECT count(*) FROM t" + i)
                        .toArray(String[]::new));
        SOURCE.sql(database, "SELECT lo_from_bytea(0, 'large') FROM generate_series(1, 20)");
        TARGET.sql("postgres", "CREATE ROLE narrow LOGIN PASSWORD 'narrow' CONNECTION LIMIT 6 CREATEROLE");
        String target = TARGET.newDatabase("OWNER narrow");
        Supplier<CommandRun> four =
                () -> CommandRun.migrate(SOURCE.uri(database), TARGET.uri(target, "narrow", "narrow"), "--jobs", "4");
        SIDES.refuses(3, """
                error: the target has 6 connection slot(s) free and 8 are needed
                hint: migrate --jobs 2
                """, database, target, four);
        CommandRun two = CommandRun.migrate(SOURCE.uri(database), TARGET.uri(target, "narrow", "narrow"), "-v");
        assertEquals(0, two.code(), two.err());
        assertTrue(two.err().startsWith("migrate: 2 workers: this machine has "), two.err());
        String again = TARGET.newDatabase("OWNER narrow");
        CommandRun files = CommandRun.migrate(SOURCE.uri(database), TARGET.uri(again, "narrow", "narrow"), "--jobs",
                "2", "--via-files",
                "--dir", folder.toString());
        assertEquals(0, files.code(), files.err());
        TARGET.sql("postgres", "DROP DATABASE " + again);
        TARGET.sql("postgres", "DROP DATABASE " + target, "DROP ROLE narrow");
    }

    @Test
    void a_source_whose_slots_and_locks_do_not_suffice() {
        try (PgServer small =
                PgServer.installed("max_connections=10", "max_locks_per_transaction=10", "max_wal_senders=2")) {
            String database = small.newDatabase();
            small.sql(database, IntStream.rangeClosed(1, 40).mapToObj(i -> "CREATE TABLE t" + i + " (id int)")
                    .toArray(String[]::new));
            Sides sides = new Sides(small, TARGET);
            sides.refusesToMigrate("""
                    error: the source has 10 connection slot(s) free and 25 are needed
                    hint: migrate --jobs 5
                    error: 40 tables need about 120 locks at once and the source's lock table has room for 100
                    hint: ALTER SYSTEM SET max_locks_per_transaction = 13; and restart the source
                    error: preflight found 2 reasons not to start; nothing was changed
                    """, database, empty, "--jobs", "20");
            small.restart("max_locks_per_transaction=13");
            String target = TARGET.newDatabase();
            CommandRun run = sides.migrate(database, target, "--jobs", "5");
            assertEquals(0, run.code(), run.err());
            assertEquals("40", TARGET.query(target, "SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]+$'"));
        }
    }
}
