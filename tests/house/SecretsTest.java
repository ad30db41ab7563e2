//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
import testbed.WrappedClients;

/**
 * Where passwords may be while a migration runs: in the memory of its own process and in files that only its user can
 * read.
 */
class SecretsTest {
    /** Stands before a client program, writes down all that others could see of it, and waits until it was seen. */
    private static final String WRAPPER = """
            #!/bin/sh
            { env; printf '%%s\\n' "$0" "$@"; test -z "$PGPASSFILE" || ls -ldL "$PGPASSFILE"; } >>'%1$s'
            test -z "$PGPASSFILE" || cat "$PGPASSFILE" >>'%1$s.passwords'
            touch '%3$s'/$$
            tries=0
            while test -e '%3$s'/$$ && test $tries -lt 200; do sleep 0.05; tries=$((tries + 1)); done
            exec '%2$s' "$@"
            """;
    /** Whether open files can be named without a folder, as on Linux. */
    private static final boolean PROC = Files.isDirectory(Path.of("/proc/self/fd"));
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String OF_SOURCE = token();
    private static final String OF_TARGET = token();
    private static final String OF_MAPPING = token();
    private static final List<String> SECRETS = List.of(OF_SOURCE, OF_TARGET, OF_MAPPING, "SCRAM-SHA-256");
    /** Every character that a URI, a pass file, a shell or SQL would trip over. */
    private static final String ODD = "p:a\\ss w'o\"rd%@/é#?&= ";
    private static String shop;
    private static String moved;

    @TempDir
    Path temporary;

    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        moved = TARGET.newDatabase();
        SOURCE.sql("postgres",
                "CREATE ROLE \"from\" SUPERUSER LOGIN PASSWORD '" + (ODD + OF_SOURCE).replace("'", "''") + "'");
        TARGET.sql("postgres",
                "CREATE ROLE \"to\" SUPERUSER LOGIN PASSWORD '" + (ODD + OF_TARGET).replace("'", "''") + "'");
        SOURCE.sql(shop, "CREATE EXTENSION postgres_fdw", "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw",
                "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'u', password '" + OF_MAPPING + "')",
                "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)");
    }

    @AfterAll
    static void drop_the_roles() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop, "DROP ROLE \"from\"");
        TARGET.sql("postgres", "DROP DATABASE IF EXISTS " + moved, "DROP ROLE \"to\"", "DROP ROLE IF EXISTS \"from\"");
    }

    @Test
    void no_password_is_seen_outside_of_private_files() throws IOException {
        Path programs = Files.createDirectory(temporary.resolve("programs"));
        Path seen = Files.createFile(temporary.resolve("seen"));
        Path unseen = Files.createDirectory(temporary.resolve("unseen"));
        Path clients = ClientBinaries.bin(ClientBinaries.clientMajor());
        for (String program : List.of("pg_dump", "pg_restore", "psql")) {
            Path wrapper =
                    Files.writeString(programs.resolve(program),
                            WRAPPER.formatted(seen, clients.resolve(program), unseen));
            Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
        }
        Path own = Files.createDirectory(temporary.resolve("own"));
        Path summary = own.resolve("summary");
        Map<String, String> environment = Map.of("SOURCE", SOURCE.uri(shop, "from", ODD + OF_SOURCE),
                "TARGET", TARGET.uri(moved, "to", ODD + OF_TARGET), "TSMIGRATE_PG_BINDIRS", programs.toString(),
                "PGPASSWORD", OF_SOURCE);

        Set<String> passFiles = new TreeSet<>();
        StringBuilder processes = new StringBuilder();
        Set<String> told = new TreeSet<>();
        CommandRun run;
        try (ChildCommand child = ChildCommand.start(
                ChildCommand.java("Migrate", "-v", "-o", summary.toString(), "--leave-out", "server-settings",
                        "--via-files", "--dir", own.resolve("files").toString()),
                own, environment)) {
            CompletableFuture<CommandRun> end = BackgroundWork.run(child::end);
            while (!end.isDone()) {
                List<Path> waiting = files(unseen);
                processes.append(Run.output(List.of("ps", "-eo", "args")));
                for (Path program : waiting) {
                    Files.delete(program);
                }
                assertPrivate(own, passFiles);
                child.family().forEach(process -> told.addAll(variables(process)));
            }
            run = end.join();
        }

        assertEquals(0, run.code(), run.err());
        assertEquals("1", TARGET.query(moved, "SELECT count(*) FROM item"));
        // The proofs that we looked at the right time: the programs were seen, and so were both passwords where they
        // belong. Without files in between, no program connects to the target.
        assertTrue(processes.toString().contains(programs.resolve("pg_restore").toString()), "no pg_restore was seen");
        String wrappers = Files.readString(seen);
        String passwords = Files.readString(Path.of(seen + ".passwords"));
        assertTrue(passwords.contains(OF_SOURCE) && passwords.contains(OF_TARGET), passwords);
        assertEquals(Set.of("-rw-------"),
                wrappers.lines().filter(line -> line.startsWith("-rw")).map(line -> line.substring(0, 10))
                        .collect(Collectors.toSet()));
        if (PROC) {
            // In no moment a file of any name held a password.
            assertEquals(Set.of(), passFiles);
            assertTrue(wrappers.contains("PGPASSFILE=/proc/"), wrappers);
            assertEquals(Set.of("PATH"), told);
        } else {
            assertEquals(Set.of("rw------- " + OF_SOURCE, "rw------- " + OF_TARGET), passFiles);
            assertTrue(wrappers.contains("PGPASSFILE=" + own), wrappers);
        }
        assertNone("ps", processes.toString());
        assertNone("arguments and environments of programs", wrappers);
        assertNone("output", run.out() + run.err());
        assertNone("summary", Files.readString(summary));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(summary)));
        Set<String> left = new TreeSet<>();
        assertPrivate(own, left);
        assertEquals(Set.of(), left);
    }

    /**
     * The names of some variables of a program that the command has started; nothing of what has not yet become a
     * program of its own.
     */
    private static Set<String> variables(ProcessHandle process) {
        try {
            Path folder = Path.of("/proc/" + process.pid());
            // Its name is no help: until then it bears that of the thread that starts it.
            String program = Files.readSymbolicLink(folder.resolve("exe")).getFileName().toString();
            String environment = Files.readString(folder.resolve("environ"), StandardCharsets.ISO_8859_1);
            // Read again: it may have become another program in between.
            return Set.of("java", "jspawnhelper").contains(program)
                    || !program.equals(Files.readSymbolicLink(folder.resolve("exe")).getFileName().toString())
                            ? Set.of()
                            : Stream.of(environment.split("\0")).map(variable -> variable.replaceFirst("=.*", ""))
                                    .filter(Set.of("PATH", "SOURCE", "TARGET", "PGPASSWORD")::contains)
                                    .collect(Collectors.toSet());
        } catch (IOException e) {
            // It has ended, or this system has no such files.
            return Set.of();
        }
    }

    @Test
    void a_killed_command_leaves_no_password_behind() throws IOException {
        assumeTrue(PROC, "elsewhere the user's next command removes them");
        Path own = Files.createDirectory(temporary.resolve("own"));
        Path ready = temporary.resolve("ready");
        Map<String, String> environment =
                new HashMap<>(WrappedClients.in(temporary, "pg_restore", "touch '" + ready + "'; sleep 5"));
        environment.putAll(Map.of("SOURCE", SOURCE.uri(shop, "from", ODD + OF_SOURCE), "TARGET",
                TARGET.uri(TARGET.newDatabase(), "to", ODD + OF_TARGET)));
        try (ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate"), own, environment)) {
            // The schema has been dumped, with the password in it of the user mapping.
            child.await("pg_restore starts", () -> Files.exists(ready));
            child.signal("KILL");
            assertEquals(137, child.end().code());
        }
        assertEquals(List.of(), files(own));
    }

    @Test
    void no_program_is_started_with_all_the_variables_of_the_command() throws IOException {
        Set<String> open = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("lib"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = Files.readString(file);
                // What a short command is given is all that it sees.
                if (text.matches("(?s).*\\bShortCommand\\s*\\.run\\(.*") && text.contains("(System.getenv())")
                        && !text.contains("environment.keySet().removeAll(unwanted())")) {
                    open.add(file.toString());
                }
                if (text.matches("(?s).*new Process(Builder|Executor)\\(.*") && !text.contains("environment().clear()")
                        && !text.contains("getenv().keySet().forEach(variable -> executor.environment(variable, null))")
                        && !text.contains("environment().keySet().removeAll(")
                        && !text.contains("unwanted().forEach(variable -> executor.environment(variable, null))")) {
                    open.add(file.toString());
                }
            }
        }
        assertEquals(Set.of(), open);
    }

    @Test
    void a_failure_told_with_all_details_holds_no_password() throws IOException {
        for (String database : List.of("no such", shop)) {
            CommandRun wrong = CommandRun.migrate(SOURCE.uri(shop, "from", ODD + OF_SOURCE),
                    TARGET.uri(database, "to", ODD + OF_TARGET + "wrong"),
                    "-v");
            assertEquals(3, wrong.code());
            assertTrue(wrong.err().contains("migrate: trace:   at "), "no stack trace with -v");
            assertNone("output", wrong.out() + wrong.err());
        }
        String target = TARGET.newDatabase();
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_user_mapping IN SHARE MODE")) {
            CompletableFuture<CommandRun> end = BackgroundWork.run(() -> SIDES.migrate(shop, target, "-v"));
            hold.awaitWaiter();
            TARGET.query(target, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE " + hold.pid()
                    + " = ANY (pg_blocking_pids(pid))");
            CommandRun lost = end.join();
            assertEquals(1, lost.code());
            assertTrue(
                    lost.err().contains(
                            " after it, failed on the target: canceling statement due to user request\n"),
                    lost.err());
            assertNone("output", lost.out() + lost.err());
        }
    }

    /** @throws UncheckedIOException where a file goes meanwhile */
    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    /** A file holds a password only if nobody else can read it; those of pass files are added to what was found. */
    private static void assertPrivate(Path folder, Set<String> passFiles) throws IOException {
        List<Path> files;
        try {
            files = files(folder);
        } catch (UncheckedIOException e) {
            // A file went while the folder was read; the next look is soon.
            return;
        }
        for (Path file : files) {
            try {
                String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
                String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                for (String secret : SECRETS) {
                    if (content.contains(secret)) {
                        assertEquals("rw-------", mode, file.toString());
                        if (file.getFileName().toString().contains("pgpass")) {
                            passFiles.add(mode + " " + secret);
                        }
                    }
                }
            } catch (NoSuchFileException e) {
                // It went while we looked.
            }
        }
    }

    private static void assertNone(String where, String text) {
        for (String secret : SECRETS) {
            assertFalse(text.contains(secret),
                    () -> where + ": " + text.lines().filter(line -> line.contains(secret)).findFirst().orElse(""));
        }
    }

    private static String token() {
        return "token" + UUID.randomUUID().toString().replace("-", "");
    }
}
