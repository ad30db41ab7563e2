//DEPS org.junit.jupiter:junit-jupiter:6.1.3

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Hold;
import testbed.Meanwhile;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/** Where passwords may be while a migration runs: in the memory of its own process and in files that only its user can read. */
class SecretsTest {
    /** Stands before a client program and writes down all that others could see of it. */
    private static final String WRAPPER = """
            #!/bin/sh
            { env; printf '%%s\\n' "$0" "$@"; test -z "$PGPASSFILE" || ls -ld "$PGPASSFILE" "${PGPASSFILE%%/*}"; } >>'%s'
            exec '%s' "$@"
            """;
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
        SOURCE.sql("postgres", "CREATE ROLE \"from\" SUPERUSER LOGIN PASSWORD '" + (ODD + OF_SOURCE).replace("'", "''") + "'");
        TARGET.sql("postgres", "CREATE ROLE \"to\" SUPERUSER LOGIN PASSWORD '" + (ODD + OF_TARGET).replace("'", "''") + "'");
        SOURCE.sql(shop, "CREATE EXTENSION postgres_fdw", "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw",
                "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'u', password '" + OF_MAPPING + "')",
                "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN $1; END'",
                "CREATE TABLE item (id int PRIMARY KEY CHECK (slow(id) = id))", "INSERT INTO item VALUES (1)", "CREATE INDEX ON item (slow(id))");
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
        Path clients = ClientBinaries.bin(ClientBinaries.clientMajor());
        for (String program : List.of("pg_dump", "pg_restore")) {
            Path wrapper = Files.writeString(programs.resolve(program), WRAPPER.formatted(seen, clients.resolve(program)));
            Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
        }
        Path own = Files.createDirectory(temporary.resolve("own"));
        Path summary = own.resolve("summary");
        Map<String, String> environment = Map.of("SOURCE", SOURCE.uri(shop, "from", ODD + OF_SOURCE),
                "TARGET", TARGET.uri(moved, "to", ODD + OF_TARGET), "TSMIGRATE_PG_BINDIRS", programs.toString(), "PGPASSWORD", OF_SOURCE);

        Set<String> passFiles = new TreeSet<>();
        StringBuilder processes = new StringBuilder();
        CommandRun run;
        try (ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate", "-v", "-o", summary.toString(), "--leave-out", "server-settings",
                "--via-files", "--dir", own.resolve("files").toString()),
                own, environment)) {
            CompletableFuture<CommandRun> end = Meanwhile.run(child::end);
            while (!end.isDone()) {
                processes.append(Run.output(List.of("ps", "-eo", "args")));
                assertPrivate(own, passFiles);
            }
            run = end.join();
        }

        assertEquals(0, run.code(), run.err());
        assertEquals("1", TARGET.query(moved, "SELECT count(*) FROM item"));
        // The proofs that we looked at the right time: the programs were seen, and so were both passwords where they belong. Without files in
        // between, no program connects to the target.
        assertTrue(processes.toString().contains(clients.resolve("pg_restore").toString()), "no pg_restore was seen");
        assertEquals(Set.of("rw------- " + OF_SOURCE, "rw------- " + OF_TARGET), passFiles);
        String wrappers = Files.readString(seen);
        assertTrue(wrappers.contains("PGPASSFILE=" + own), wrappers);
        assertEquals(Set.of("drwx------"), wrappers.lines().filter(line -> line.endsWith("/tsmigrate-" + System.getProperty("user.name")))
                .map(line -> line.substring(0, 10)).collect(Collectors.toSet()));
        assertNone("ps", processes.toString());
        assertNone("arguments and environments of programs", wrappers);
        assertNone("output", run.out() + run.err());
        assertNone("summary", Files.readString(summary));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(summary)));
        Set<String> left = new TreeSet<>();
        assertPrivate(own, left);
        assertEquals(Set.of(), left);
    }

    @Test
    void a_failure_told_with_all_details_holds_no_password() throws IOException {
        for (String database : List.of("no such", shop)) {
            CommandRun wrong = CommandRun.migrate(SOURCE.uri(shop, "from", ODD + OF_SOURCE), TARGET.uri(database, "to", ODD + OF_TARGET + "wrong"),
                    "-v");
            assertEquals(3, wrong.code());
            assertTrue(wrong.err().contains("\tat "), "no stack trace with -v");
            assertNone("output", wrong.out() + wrong.err());
        }
        String target = TARGET.newDatabase();
        try (Hold hold = Hold.on(TARGET, target, "LOCK TABLE pg_catalog.pg_user_mapping IN SHARE MODE")) {
            CompletableFuture<CommandRun> end = Meanwhile.run(() -> SIDES.migrate(shop, target, "-v"));
            hold.awaitWaiter();
            TARGET.query(target, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + hold.pid() + " = ANY (pg_blocking_pids(pid))");
            CommandRun lost = end.join();
            assertEquals(1, lost.code());
            assertTrue(lost.err().contains(" after it, failed on the target: terminating connection due to administrator command\n"), lost.err());
            assertNone("output", lost.out() + lost.err());
        }
    }

    /** A file holds a password only if nobody else can read it; those of pass files are added to what was found. */
    private static void assertPrivate(Path folder, Set<String> passFiles) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).toList();
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
            assertFalse(text.contains(secret), () -> where + ": " + text.lines().filter(line -> line.contains(secret)).findFirst().orElse(""));
        }
    }

    private static String token() {
        return "token" + UUID.randomUUID().toString().replace("-", "");
    }
}
