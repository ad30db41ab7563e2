//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import lib.talk.Failure;
import lib.talk.OutputFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Sides;
import testbed.Terminal;
import testbed.WrappedClients;

/**
 * The exit code says what became of the database: nothing beside it changes that, and nothing that went wrong with it
 * is passed over.
 */
class MigrateEndingTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static String shop;

    @TempDir
    Path folder;

    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE item AS SELECT generate_series(1, 10) AS id",
                "CREATE FUNCTION seen() RETURNS int RETURN 1",
                "GRANT SELECT ON item TO PUBLIC");
    }

    /** Rows that stay behind are not everything, whoever has said that they may. */
    @ParameterizedTest
    @CsvSource(delimiter = '|',
            value = {"--exclude-table-data other | what the filters exclude",
                    "--schema public | what the filters exclude",
                    "--leave-out pg_trgm | extensions (1)",
                    "--leave-out foreign-table-data --no-privileges --no-owner | owners, privileges",
                    "--verify counts --no-owner | owners"})
    void only_a_run_that_leaves_nothing_out_says_that_everything_arrived(String options, String leftOut) {
        String from = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item AS SELECT generate_series(1, 10) AS id", "CREATE TABLE other (id int)",
                "CREATE EXTENSION pg_trgm");
        CommandRun run = CommandRun.migrate(SOURCE.uri(from), TARGET.uri(target), options.split(" "));
        assertEquals(0, run.code(), run.err());
        String last = run.out().strip().lines().reduce("", (before, line) -> line);
        assertTrue(last.startsWith(
                options.contains("counts") ? "arrived: 10 rows" : "everything that was to be moved arrived: 10 rows"),
                last);
        assertTrue(last.endsWith("; left out: " + leftOut), last);
        for (String database : List.of(from, target)) {
            (database.equals(from) ? SOURCE : TARGET).sql("postgres", "DROP DATABASE " + database);
        }
    }

    @Test
    void a_restore_says_so_too() {
        String target = TARGET.newDatabase();
        Path dump = Dumps.dumped(SOURCE, shop, folder.resolve("d"));
        CommandRun run = Dumps.restore(TARGET.uri(target), dump, "--no-owner");
        assertTrue(
                run.out()
                        .endsWith("\neverything that was to be moved arrived: the rows of 1 table; left out: owners\n"),
                run.out());
        TARGET.sql("postgres", "DROP DATABASE " + target);
    }

    @Test
    void a_summary_whose_folder_is_gone_does_not_make_a_failure_of_a_success() throws IOException {
        String target = TARGET.newDatabase();
        Path gone = Files.createDirectory(folder.resolve("gone"));
        CommandRun run = meanwhile(target, () -> Files.delete(gone), "--out", gone.resolve("summary").toString());
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains("everything arrived: 10 rows"), run.out());
        assertTrue(run.err().contains("migrate: warning: could not write \"" + gone.resolve("summary") + "\""),
                run.err());
    }

    @Test
    void a_file_that_appears_meanwhile_is_not_replaced_by_the_summary() throws IOException {
        String target = TARGET.newDatabase();
        Path summary = folder.resolve("summary");
        CommandRun run =
                meanwhile(target, () -> Files.writeString(summary, "of somebody else"), "--out", summary.toString());
        assertEquals(0, run.code(), run.err());
        assertEquals("of somebody else", Files.readString(summary));
        assertTrue(run.err().contains(
                "migrate: warning: \"" + summary + "\" is not written: a file of that name has appeared meanwhile\n"),
                run.err());
    }

    private interface Action {
        void run() throws IOException;
    }

    private static CommandRun meanwhile(String target, Action deed, String... options) throws IOException {
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = BackgroundWork.run(() -> SIDES.migrate(shop, target, options));
            hold.awaitWaiter();
            deed.run();
            hold.release();
            return migration.join();
        }
    }

    @Test
    void a_file_is_written_as_a_whole_and_only_where_it_may_be() throws IOException {
        Path file = folder.resolve("file");
        new OutputFile(file, false).write("first");
        assertEquals("\"" + file + "\" is not written: a file of that name has appeared meanwhile",
                assertThrows(Failure.class, () -> new OutputFile(file, false).write("second")).getMessage());
        assertEquals("first", Files.readString(file));
        new OutputFile(file, true).write("third");
        assertEquals("third", Files.readString(file));
        try (var files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void a_program_that_is_killed_after_an_error_that_may_be_has_failed() {
        String target = TARGET.newDatabase();
        Map<String, String> environment = new HashMap<>(WrappedClients.in(folder, "psql", """
                case " $* " in *" --tuples-only "*) exec psql "$@" ;; esac
                echo 'psql:grants:1: ERROR:  42501: permission denied for table item' >&2
                kill -9 $$
                """));
        environment.putAll(Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(target)));
        CommandRun run = CommandRun.of("Migrate", environment, "--verify", "none");
        assertEquals(1, run.code(), run.out() + run.err());
        assertTrue(run.failure().startsWith("error: psql ended with exit code 137 on the target\n"), run.err());
        assertTrue(run.failure().contains("permission denied for table item"), run.err());
    }

    @Test
    void the_password_of_a_target_that_has_yet_to_be_created_is_asked_once() {
        String uri = "postgresql://postgres@127.0.0.1:" + TARGET.port() + "/yet_to_be_created";
        try (Terminal terminal = Terminal.start(ChildCommand.java("PreflightCheck", "--create-database"),
                Map.of("SOURCE", SOURCE.uri(shop), "TARGET", uri, "HOME", folder.toString(), "PGPASSFILE",
                        "/dev/null"))) {
            terminal.answer("Password for user postgres of the target: ", TARGET.password());
            String shown = terminal.end().out();
            assertEquals(2, shown.split("Password for user", -1).length, shown);
            assertTrue(shown.contains("database \"yet_to_be_created\" will be created"), shown);
        }
    }
}
