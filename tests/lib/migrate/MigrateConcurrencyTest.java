//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Sides;

/**
 * A source that goes on living while it is moved: the target gets one consistent state of it, and the operator hears of
 * the rest.
 */
class MigrateConcurrencyTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @Test
    void a_writer_at_work_leaves_the_target_in_balance() throws Exception {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source,
                "CREATE TABLE account AS SELECT i AS id, 0 AS balance, 0 AS moves FROM generate_series(1, 50) i",
                "CREATE TABLE ledger (id int, filler text)",
                "CREATE TABLE ballast AS SELECT i, repeat('x', 500) FROM generate_series(1, 20000) i");
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Integer> writer = BackgroundWork.run(() -> transfer(source, stop));
        BackgroundWork.until("the writer writes",
                () -> Integer.parseInt(SOURCE.query(source, "SELECT count(*) FROM ledger")) > 20);
        CommandRun run;
        try (HeldLock hold =
                HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc, pg_catalog.pg_index IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration =
                    BackgroundWork.run(() -> SIDES.migrate(source, target, "--verify", "checksums"));
            hold.awaitWaiter();
            int before = Integer.parseInt(SOURCE.query(source, "SELECT count(*) FROM ledger"));
            BackgroundWork.until("the writer goes on",
                    () -> Integer.parseInt(SOURCE.query(source, "SELECT count(*) FROM ledger")) > before + 20);
            hold.release();
            run = migration.join();
        }
        stop.set(true);
        int transfers = writer.join();
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("0", "t", "t"), TARGET.rows(target, """
                SELECT (SELECT sum(balance) FROM account), (SELECT sum(moves) FROM account) = (SELECT 2 * count(*)
                  FROM ledger),
                       (SELECT max(id) = count(*) FROM ledger)""").get(0));
        int arrived = Integer.parseInt(TARGET.query(target, "SELECT count(*) FROM ledger"));
        assertTrue(arrived > 20 && arrived < transfers - 20, arrived + " of " + transfers);
        assertEquals(transfers, Integer.parseInt(SOURCE.query(source, "SELECT count(*) FROM ledger")));
    }

    private static int transfer(String database, AtomicBoolean stop) {
        try (Connection session = SOURCE.connect(database); Statement statement = session.createStatement()) {
            session.setAutoCommit(false);
            int done = 0;
            while (!stop.get()) {
                done++;
                int from = done % 50 + 1;
                int to = done * 7 % 49 + 1;
                statement.execute("UPDATE account SET balance = balance - 5, moves = moves + 1 WHERE id = " + from);
                statement.execute("INSERT INTO ledger VALUES (" + done + ", repeat('y', 100))");
                statement.execute("UPDATE account SET balance = balance + 5, moves = moves + 1 WHERE id = "
                        + (to == from ? 50 : to));
                session.commit();
            }
            return done;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void what_was_written_after_the_snapshot_is_counted() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT generate_series(1, 10) AS id",
                "CREATE FUNCTION seen() RETURNS int RETURN 1");
        String counters = "SELECT n_tup_ins || ' ' || n_tup_upd || ' ' || n_tup_del FROM pg_stat_user_tables";
        BackgroundWork.until("the statistics know", () -> "10 0 0".equals(SOURCE.query(source, counters)));
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = BackgroundWork.run(() -> SIDES.migrate(source, target));
            hold.awaitWaiter();
            SOURCE.sql(source, "INSERT INTO item SELECT generate_series(11, 17)",
                    "UPDATE item SET id = -id WHERE id <= 3",
                    "DELETE FROM item WHERE id > 15");
            BackgroundWork.until("the statistics know", () -> "17 3 2".equals(SOURCE.query(source, counters)));
            hold.release();
            CommandRun run = migration.join();
            assertEquals(0, run.code(), run.err());
            String told =
                    "warning: 12 rows were written to the source after the snapshot was taken, they are not on the "
                            + "target "
                            + "(7 inserted, 3 updated, 2 deleted)\n";
            assertTrue(run.out().contains("\n" + told), run.out());
            assertTrue(run.err().contains("migrate: " + told), run.err());
            assertTrue(run.out().contains("; left out: rows written to the source meanwhile\n")
                    && !run.out().contains("everything arrived"), run.out());
            assertEquals("55", TARGET.query(target, "SELECT sum(id) FROM item"));
        }
    }

    @Test
    void nobody_is_told_that_nothing_was_written_when_the_statistics_may_not_know_yet() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT generate_series(1, 10) AS id",
                "CREATE FUNCTION seen() RETURNS int RETURN 1");
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = BackgroundWork.run(() -> SIDES.migrate(source, target));
            hold.awaitWaiter();
            SOURCE.sql(source, "SET track_counts = off", "INSERT INTO item VALUES (11)");
            hold.release();
            CommandRun run = migration.join();
            assertEquals(0, run.code(), run.err());
            assertTrue(run.out().contains(
                    "\nsource: no rows were written after the snapshot was taken, as far as its statistics know,"
                            + " which run up to ten seconds late\n"),
                    run.out());
        }
    }

    @Test
    void a_source_that_is_kept_from_writing_arrives_whole_too() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT 1 AS id", "CREATE MATERIALIZED VIEW items AS TABLE item",
                "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()",
                "ALTER DATABASE " + source + " SET default_transaction_read_only = on");
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(0, run.code(), run.err());
        // It was closed for the move: the target is open, and that is said.
        assertEquals("off", TARGET.query(target, "SHOW default_transaction_read_only"));
        assertTrue(run.out().contains("warning: settings: default_transaction_read_only of the database is not copied"),
                run.out());
        assertEquals("seen", TARGET.query(target, "SELECT evtname FROM pg_event_trigger"));
    }

    @Test
    void tables_that_somebody_wants_to_empty_drop_or_alter_meanwhile_arrive_whole() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE FUNCTION seen() RETURNS int RETURN 1");
        List<String> tables = List.of("emptied", "dropped", "altered", "rewritten", "left_alone");
        tables.forEach(table -> SOURCE.sql(source,
                "CREATE TABLE " + table + " AS SELECT i AS id, i::text AS name FROM generate_series(1, 1000) i"));
        SOURCE.sql(source,
                "CREATE VIEW of_all AS SELECT e.id FROM emptied e JOIN dropped d USING (id) JOIN altered USING (id)",
                "CREATE INDEX ON emptied (name) WHERE id > 3", "ALTER TABLE altered ADD CHECK (id > 0)",
                "CREATE MATERIALIZED VIEW few AS TABLE emptied");
        List<String> options =
                List.of("TRUNCATE emptied", "DROP TABLE dropped CASCADE", "ALTER TABLE altered ADD COLUMN more int",
                        "ALTER TABLE rewritten ALTER COLUMN id TYPE bigint");
        CompletableFuture<Void> done;
        CommandRun run;
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = BackgroundWork.run(
                    () -> SIDES.migrate(source, target, "-v", "--verify", "checksums"));
            hold.awaitWaiter();
            done = CompletableFuture
                    .allOf(options.stream().map(wish -> BackgroundWork.run(() -> SOURCE.sql(source, wish)))
                            .toArray(CompletableFuture[]::new));
            String waiting = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted";
            BackgroundWork.until("all of them wait", () -> SOURCE.query(source, waiting).equals("4"));
            hold.release();
            run = migration.join();
        }
        assertEquals(0, run.code(), run.err());
        tables.forEach(table -> assertEquals(List.of(List.of("1000", "500500")),
                TARGET.rows(target, "SELECT count(*), sum(id) FROM " + table), table));
        Stream.of("emptied", "dropped", "altered", "rewritten")
                .forEach(table -> assertTrue(run.err().contains("table public." + table
                        + " is waited for by another session; it is read by the session that holds its lock"),
                        run.err()));
        done.join();
        assertEquals("0", SOURCE.query(source, "SELECT count(*) FROM emptied"));
        assertTrue(run.err().contains("migrate: verify: no differences (checksums)"), run.err());
    }

    @Test
    void a_table_that_is_locked_in_the_beginning_is_waited_for(@TempDir Path temporary) {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT 1 AS id");
        try (HeldLock hold = HeldLock.on(SOURCE, source, "LOCK TABLE item");
                ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate"), temporary,
                        Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target)))) {
            String told = "migrate: waiting, because table public.item of the source is locked by another session (pid "
                    + hold.pid() + ")\n";
            child.await("the reason why nothing happens", () -> child.err().contains(told));
            hold.release();
            CommandRun run = child.end();
            assertEquals(0, run.code(), run.err());
            assertEquals("1", TARGET.query(target, "SELECT count(*) FROM item"));
        }
    }

    /**
     * The client's programs, of which pg_dump makes a file before it reads the schema, and waits until that is gone.
     */
    private static Path programs(Path temporary, Path ready) throws IOException {
        Path programs = Files.createDirectory(temporary.resolve("programs"));
        Path clients = ClientBinaries.bin(ClientBinaries.clientMajor());
        for (String program : List.of("pg_restore", "psql")) {
            Files.createSymbolicLink(programs.resolve(program), clients.resolve(program));
        }
        Path wrapper = Files.writeString(programs.resolve("pg_dump"), """
                #!/bin/sh
                case "$*" in *snapshot*) touch '%1$s'; while [ -e '%1$s' ]; do sleep 0.02; done ;; esac
                exec '%2$s' "$@"
                """.formatted(ready, clients.resolve("pg_dump")));
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
        return programs;
    }

    @Test
    void the_schema_is_read_beside_the_checks_and_nothing_of_that_outlasts_a_refusal(@TempDir Path temporary)
            throws IOException {
        Path ready = temporary.resolve("ready");
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT 1 AS id");
        TARGET.sql(target, "CREATE TABLE strange (id int)");
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_collation");
                ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate"), temporary,
                        Map.of("SOURCE", SOURCE.uri(source),
                                "TARGET", TARGET.uri(target), "TSMIGRATE_PG_BINDIRS",
                                programs(temporary, ready).toString()))) {
            hold.awaitWaiter();
            child.await("pg_dump starts", () -> Files.exists(ready));
            List<ProcessHandle> started = child.family();
            hold.release();
            CommandRun run = child.end();
            assertEquals("""
                    error: the target is not empty: table public.strange
                    hint: name an empty database, or create one with --create-database""", run.failure());
            assertEquals(3, run.code());
            assertTrue(started.size() > 0 && started.stream().noneMatch(ProcessHandle::isAlive), started.toString());
            BackgroundWork.until("the snapshot is released",
                    () -> SOURCE
                            .query("postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = '" + source + "'")
                            .equals("0"));
        }
    }

    @Test
    void a_schema_that_cannot_be_read_for_somebody_who_wants_to_change_it_is_read_later(@TempDir Path temporary)
            throws IOException {
        Path ready = temporary.resolve("ready");
        Path programs = programs(temporary, ready);
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT 1 AS id", "CREATE TABLE passing AS SELECT 2 AS id");
        CompletableFuture<CommandRun> migration = BackgroundWork.run(() -> CommandRun.of("Migrate",
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target), "TSMIGRATE_PG_BINDIRS",
                        programs.toString())));
        BackgroundWork.until("pg_dump starts", () -> Files.exists(ready));
        CompletableFuture<Boolean> drop = BackgroundWork.run(() -> SOURCE.sql(source, "DROP TABLE passing"));
        BackgroundWork.until("the table is to be dropped",
                () -> !SOURCE.rows(source, "SELECT 1 FROM pg_locks WHERE NOT granted").isEmpty());
        Files.delete(ready);
        BackgroundWork.until("pg_dump starts again", () -> Files.exists(ready));
        drop.join();
        Files.delete(ready);
        CommandRun run = migration.join();
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains(
                "migrate: waiting, because another session wants to drop, truncate or alter a table of the source\n"),
                run.err());
        assertEquals(List.of(List.of("item")),
                TARGET.rows(target, "SELECT relname FROM pg_class WHERE relkind = 'r' AND oid > 16383"));
    }

    @Test
    void tables_that_come_and_go_while_the_snapshot_is_taken_do_no_harm() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT 1 AS id");
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Boolean> others = BackgroundWork.run(() -> {
            try (Connection session = SOURCE.connect(source); Statement statement = session.createStatement()) {
                while (!stop.get()) {
                    // Short enough to be seen coming and going, rare enough for a moment without.
                    statement.execute("CREATE TABLE passing (id int)");
                    statement.execute("DROP TABLE passing");
                    statement.execute("SELECT pg_sleep(0.01)");
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        for (int i = 0; i < 5; i++) {
            CommandRun run = SIDES.migrate(source, TARGET.newDatabase());
            assertEquals(0, run.code(), run.err());
        }
        stop.set(true);
        others.join();
    }
}
