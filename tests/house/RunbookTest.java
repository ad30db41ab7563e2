//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Runbook;

/** The Makefile's runbook: its steps, and what their files in DIR are good for. */
class RunbookTest {
    private static final String ROLES =
            "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_'";
    private static final String EXTENSIONS = "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension";
    private static final String TABLES =
            "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";

    private static PgServer source;
    private static PgServer target;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        source = PgServer.start(ClientBinaries.clientMajor());
        target = PgServer.start(ClientBinaries.clientMajor());
        source.sql("postgres", "CREATE ROLE clerk LOGIN");
    }

    @AfterAll
    static void stop() {
        for (PgServer server : new PgServer[]{source, target}) {
            if (server != null) {
                server.close();
            }
        }
    }

    @Test
    void what_was_done_is_not_done_again_and_both_sides_are_compared_each_time() {
        Map<String, String> ends = ends(shop(), target.newDatabase());
        Map<String, CommandRun> first = runbook("from-postgres", ends);
        assertEquals(List.of("align-version 0", "dump 0", "dump-roles 0", "restore-postgres 0", "verify 0"),
                codes(first));
        Map<String, String> files = contents();
        Map<String, CommandRun> second = runbook("from-postgres", ends);
        assertEquals(codes(first), codes(second));
        assertEquals(files, contents());
        for (String step : List.of("align-version", "dump", "dump-roles", "restore-postgres")) {
            assertTrue(second.get(step).err().contains(step + ": already done for these databases, according to "
                    + "\"" + folder),
                    second.get(step).err());
        }
        assertTrue(second.get("verify").err().contains("verify: 3 rows in 1 table compared: no differences\n"),
                second.get("verify").err());
        target.sql(ends.get("TARGET").replaceFirst(".*/", ""), "DELETE FROM parcel WHERE id = 1");
        assertEquals(4, runbook("from-postgres", ends).get("verify").code());
        assertEquals(4, runbook("verify", ends).get("verify").code());
        assertFalse(String.join("", files.values()).contains(source.password()), "a password is in a file");
    }

    @Test
    void the_folder_of_one_move_is_refused_for_another_source() {
        String shop = shop();
        String to = target.newDatabase();
        runbook("dump", ends(shop, to));
        Map<String, String> files = contents();
        String other = shop();
        CommandRun refused = runbook("from-postgres", ends(other, to)).get("dump-roles");
        assertEquals(3, refused.code());
        assertTrue(refused.failure().matches("(?s)error: \"\\S+/dump.done\" was done for another source: \\S+/" + shop
                + " \\(database \\d+ of server \\d+\\)\n"
                + "detail: the source is \\S+/" + other
                + " \\(database \\d+ of server \\d+\\)\nhint: use another folder, with make: DIR=FOLDER, or remove "
                + "this one: rm -r \\S+"),
                refused.failure());
        assertEquals(files, contents());
        assertEquals("0", target.query(to, TABLES));
    }

    @Test
    void a_target_that_was_dropped_and_made_again_is_another_one() {
        String to = target.newDatabase();
        Map<String, String> ends = ends(shop(), to);
        assertEquals(0, runbook("from-postgres", ends).get("verify").code());
        target.sql("postgres", "DROP DATABASE " + to, "CREATE DATABASE " + to);
        Map<String, String> files = contents();
        Map<String, CommandRun> again = runbook("from-postgres", ends);
        assertEquals(List.of("dump-roles 3"), codes(again));
        assertTrue(again.get("dump-roles").failure().contains(", which was made since under the same name\n"),
                again.get("dump-roles").failure());
        assertEquals(files, contents());
        assertEquals("0", target.query(to, TABLES));
        assertEquals(List.of("verify 4"), codes(runbook("verify", ends)));
    }

    @Test
    void another_user_or_another_server_is_another_one_and_an_identifier_that_cannot_be_read_says_nothing()
            throws IOException {
        String to = target.newDatabase();
        String shop = shop();
        assertEquals(List.of("dump-roles 0"), codes(runbook("roles", ends(shop, to))));
        target.sql("postgres", "CREATE ROLE second SUPERUSER LOGIN PASSWORD 's'");
        Map<String, String> other = Map.of("SOURCE", source.uri(shop, source.user(), source.password()), "TARGET",
                target.uri(to, "second", "s"));
        assertEquals(List.of("dump-roles 3"), codes(runbook("roles", other)));
        Path file = folder.resolve("steps/roles.done");
        String text = Files.readString(file);
        Files.writeString(file, text.replaceAll(" of server \\d+", ""));
        assertEquals(List.of("dump-roles 0"), codes(runbook("roles", ends(shop, to))));
        Files.writeString(file, text.replaceAll(" of server \\d", " of server 9"));
        assertEquals(List.of("dump-roles 3"), codes(runbook("roles", ends(shop, to))));
        // What another program or an earlier version has left.
        Files.writeString(file, "");
        assertEquals(List.of("dump-roles 3"), codes(runbook("roles", ends(shop, to))));
        target.sql("postgres", "DROP ROLE second");
    }

    @Test
    void verify_in_a_new_folder_writes_nothing() {
        String shop = shop();
        String to = target.newDatabase();
        source.sql(shop, "CREATE EXTENSION citext", "CREATE ROLE packer", "ALTER TABLE parcel OWNER TO packer");
        String roles = target.query("postgres", ROLES);
        assertEquals(List.of("verify 4"), codes(runbook("verify", ends(shop, to))));
        assertEquals(Map.of(), contents());
        assertEquals(roles, target.query("postgres", ROLES));
        assertEquals("plpgsql", target.query(to, EXTENSIONS));
        assertEquals("0", target.query(to, TABLES));
        source.sql(shop, "ALTER TABLE parcel OWNER TO CURRENT_USER", "DROP ROLE packer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DIR=", "DIR=a b", "DIR=a\"b", "DIR=a'b", "DIR=$x", "DIR=a$(HOME)", "DIR=a`id`", "DIR=-x",
            "DIR=a:b", "DIR=a;b", "DIR=a%", "DIR=~", "DIR=a\nb",
            "JOBS=", "JOBS=0", "JOBS=00", "JOBS=-1", "JOBS=4x", "JOBS=2 3", "JOBS=1000", "JOBS=$x", "FORMAT=",
            "FORMAT=tar", "FORMAT=plain custom",
            "RESTORE=", "RESTORE=migrate"})
    void a_wrong_value_is_refused_before_the_first_step_in_one_line(String value) throws IOException {
        Run run = make(0, value.startsWith("DIR") ? "from-rds" : "dump", value);
        assertEquals(2, run.code());
        assertEquals("", run.out());
        assertTrue(run.err().matches(
                "\\S*Makefile:\\d+: \\*\\*\\* " + value.replaceFirst("=(?s).*", "") + " is \".*\", and must be .*\n"),
                run.err());
        assertEquals(List.of("Makefile", "jbang"), names());
        // It is no matter of those that do not use it.
        assertEquals(0, make(0, "help", value).code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "//", ".", "./", "..", "../", "a/..", "../..", "others", "others/", "hidden", "file",
            "file/", "link"})
    void a_folder_that_holds_other_files_is_refused_before_the_first_step_and_keeps_them(String value)
            throws IOException {
        Files.createDirectories(folder.resolve("others/src"));
        Files.writeString(folder.resolve("others/roles.sql"), "mine");
        Files.createDirectories(folder.resolve("hidden"));
        Files.writeString(folder.resolve("hidden/.netrc"), "mine");
        Files.writeString(folder.resolve("file"), "mine");
        Files.createSymbolicLink(folder.resolve("link"), Path.of("/"));
        for (String goal : List.of("from-postgres", "roles", "dump")) {
            Run run = make(0, goal, "DIR=" + value);
            assertEquals(2, run.code());
            assertEquals("", run.out());
            assertTrue(
                    run.err()
                            .matches("\\S*Makefile:\\d+: \\*\\*\\* DIR is \"" + value + "\", and must be a folder.*\n"),
                    run.err());
        }
        assertEquals(List.of("Makefile", "file", "hidden", "jbang", "link", "others"), names());
        assertEquals("mine", Files.readString(folder.resolve("others/roles.sql")));
    }

    @Test
    void a_folder_with_what_the_steps_leave_is_taken_finished_or_not() throws IOException {
        Files.createDirectories(folder.resolve("migration/dump"));
        for (String name : List.of("roles.sql", "roles.done", "align.done", "dump.done", "dump.manifest.json",
                "dump.partial-1234", "roles.sql.99", "restore.done.7")) {
            Files.writeString(folder.resolve("migration").resolve(name), "");
        }
        assertEquals(0, make(0, "from-postgres").code());
        assertEquals(0, make(0, "from-postgres", "DIR=" + folder.resolve("migration") + "/").code());
        assertEquals(0, make(0, "from-postgres", "DIR=new/one").code());
    }

    @Test
    void the_same_database_on_both_sides_is_refused_at_once_however_it_is_spelled() {
        String shop = shop();
        Map<String, String> ends = Map.of("SOURCE", source.uri(shop, source.user(), source.password()),
                "TARGET", source.uri(shop, source.user(), source.password()).replace("127.0.0.1", "localhost")
                        + "?application_name=other");
        for (String goal : List.of("from-postgres", "align", "verify")) {
            Map<String, CommandRun> runs = runbook(goal, ends);
            assertEquals(List.of(goal.equals("verify") ? "verify 3" : "dump-roles 3"), codes(runs));
            CommandRun run = runs.values().iterator().next();
            assertTrue(run.failure().startsWith("error: source and target are the same database (postgresql://"),
                    run.failure());
            assertTrue(run.failure().endsWith("\nhint: check --source and --target"), run.failure());
        }
        assertEquals(Map.of(), contents());
    }

    @Test
    void make_says_how_to_go_on_after_a_step_that_has_failed_and_how_to_give_it_options() throws IOException {
        Run failed = make(3, "from-mst", "JOBS=7", "ROLES_OPTIONS=--no-passwords -v");
        assertEquals(2, failed.code());
        assertTrue(failed.err().contains(
                "make: hint: once that is mended, run the same make again; options of dump-roles go into "
                        + "ROLES_OPTIONS\n"),
                failed.err());
        String roles =
                "./jbang dump-roles --out migration/roles.sql --overwrite --apply --step-file migration/roles.done "
                        + "--no-passwords -v\n";
        assertEquals(roles, failed.out().replaceAll("(?m)^make.*\n", ""));
        for (String step : List.of("roles", "dump", "align", "verify")) {
            assertFalse(make(3, step).err().contains("DIR=FOLDER"));
        }
        Run run = make(0, "from-mst", "JOBS=7", "FORMAT=custom", "DIR=émigré/1");
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                ./jbang dump-roles --out émigré/1/roles.sql --overwrite --apply --step-file émigré/1/roles.done
                ./jbang align-version --step-file émigré/1/align.done
                ./jbang dump --out émigré/1/dump --format custom --resume --step-file émigré/1/dump.done
                ./jbang restore-timescale --resume --jobs 7 --step-file émigré/1/restore.done émigré/1/dump
                ./jbang verify --permitted --join-owners --jobs 7
                """, run.out());
        assertEquals("rwx------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("émigré/1"))));
    }

    /** A database with something to move, without what a role of the whole server has to do with it. */
    private static String shop() {
        String database = source.newDatabase();
        source.sql(database, "CREATE TABLE parcel (id int PRIMARY KEY)",
                "INSERT INTO parcel SELECT generate_series(1, 3)");
        return database;
    }

    private static Map<String, String> ends(String from, String to) {
        return Map.of("SOURCE", source.uri(from, source.user(), source.password()), "TARGET",
                target.uri(to, target.user(), target.password()));
    }

    private Map<String, CommandRun> runbook(String goal, Map<String, String> ends) {
        return Runbook.run(goal, folder.resolve("steps"), ends);
    }

    private static List<String> codes(Map<String, CommandRun> runs) {
        return new TreeMap<>(runs).entrySet().stream().map(run -> run.getKey() + " " + run.getValue().code()).toList();
    }

    /** Make itself, with a launcher that does nothing and ends with this exit code. */
    private Run make(int code, String... arguments) throws IOException {
        Path launcher = folder.resolve("jbang");
        Files.writeString(launcher, "#!/bin/sh\nexit " + code + "\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(folder.resolve("Makefile"), Files.readString(Path.of("Makefile")));
        List<String> command = new ArrayList<>(List.of("make", "--no-print-directory"));
        command.addAll(List.of(arguments));
        return Run.of(command, Map.of("SOURCE", "x", "TARGET", "x", "MAKEFLAGS", "", "MFLAGS", "", "MAKELEVEL", "",
                "LC_ALL", "C.UTF-8"), null, folder);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private Map<String, String> contents() {
        Path steps = folder.resolve("steps");
        if (!Files.exists(steps)) {
            return Map.of();
        }
        try (Stream<Path> all = Files.walk(steps)) {
            Map<String, String> contents = new TreeMap<>();
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                contents.put(file.toString(), Files.getLastModifiedTime(file) + " "
                        + new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
            return contents;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
