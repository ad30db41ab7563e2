//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.tools.ClientPackage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.Account;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/**
 * What stops a migration before it begins: one line that says what is wrong, one that says what to do, and nothing
 * changed on either side.
 */
class MigrateErrorsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static String shop;
    private static String empty;

    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        empty = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE item (id int PRIMARY KEY, name text)",
                "INSERT INTO item SELECT i, 'item ' || i FROM generate_series(1, 100) i");
    }

    @Test
    void a_wrong_password() {
        refuses(3, """
                error: could not connect to the source: password authentication failed for user "postgres"
                hint: check the password of user "postgres" for the source: in the connection string, \
                PGPASSWORD or ~/.pgpass; where it is right, it may have expired, then as a superuser: \
                ALTER ROLE "postgres" VALID UNTIL 'infinity';
                """, SOURCE.uri(shop, "postgres", "wrong"), TARGET.uri(empty));
        refuses(3, """
                error: could not connect to the target: password authentication failed for user "postgres"
                hint: check the password of user "postgres" for the target: in the connection string, \
                PGPASSWORD or ~/.pgpass; where it is right, it may have expired, then as a superuser: \
                ALTER ROLE "postgres" VALID UNTIL 'infinity';
                """, SOURCE.uri(shop), TARGET.uri(empty, "postgres", "wrong"));
    }

    @Test
    void no_password() {
        assumeTrue(System.console() == null, "somebody at the terminal would be asked for it");
        refuses(3, """
                error: could not connect to the source: the server asks for a password and none was given
                hint: give the password of user "postgres" in ~/.pgpass, PGPASSWORD or the connection string in $SOURCE
                """, "postgresql://postgres@127.0.0.1:" + SOURCE.port() + "/" + shop, TARGET.uri(empty));
    }

    @Test
    void a_host_where_nothing_listens_and_one_that_does_not_exist() {
        refuses(3, """
                error: could not connect to the source: nothing answers at "127.0.0.1" port 1 (Connection refused)
                hint: check host, port and firewall of the source (postgresql://postgres@127.0.0.1:1/shop)
                """, "postgresql://postgres@127.0.0.1:1/shop", TARGET.uri(empty));
        refuses(3, """
                error: could not connect to the target: could not translate host name "no-such-host.invalid" to an \
                address
                hint: check host, port and firewall of the target (postgresql://postgres@no-such-host.invalid:5432/shop)
                """, SOURCE.uri(shop), "postgresql://postgres@no-such-host.invalid/shop");
    }

    @Test
    void a_database_that_does_not_exist() {
        refuses(3, """
                error: could not connect to the source: database "no such" does not exist
                hint: check the database name of the source; list the databases: psql -l \
                postgresql://postgres@127.0.0.1:%d/postgres
                """.formatted(SOURCE.port()), SOURCE.uri("no such"), TARGET.uri(empty));
        refuses(3, """
                error: could not connect to the target: database "no such" does not exist
                hint: check the database name, or create it with --create-database
                """, SOURCE.uri(shop), TARGET.uri("no such"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --jobs 0         | --jobs must be at least 1, got 0
            --jobs many      | Invalid value for option '--jobs': 'many' is not an int
            --max-rate fast  | invalid rate "fast": must be a number of bytes a second, such as 50MB
            --max-rate 0kB   | invalid rate "0kB": must be a number of bytes a second, such as 50MB
            --max-rate 9MB --via-files | --max-rate goes with rows that stream, not with --via-files
            --prepare --via-files | --prepare goes with rows that stream: without --via-files
            --prepare --verify checksums | --prepare compares nothing: without --verify
            --no-such-option | Unknown option: '--no-such-option'
            --verify twice   | invalid level "twice": must be none, objects, counts, sample or checksums
            shop             | Unmatched argument at index 0: 'shop'
            """)
    void wrong_usage(String options, String message) {
        CommandRun run = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(empty), options.split(" "));
        assertEquals("migrate: error: " + message, run.err().lines().findFirst().orElseThrow());
        assertEquals("Try \"migrate --help\" for more information.",
                run.err().lines().reduce((first, last) -> last).orElseThrow());
        assertEquals(2, run.code());
    }

    @Test
    void connection_strings_that_are_missing_or_malformed() {
        refuses(2, """
                error: unknown scheme "postgress" in the connection URI for the source
                hint: write postgresql://user@host:5432/database or "host=… port=… dbname=… user=…"
                """, "postgress://127.0.0.1/shop", TARGET.uri(empty));
        SIDES.refuses(2, """
                error: no source was given
                hint: use --source or set SOURCE to a connection string such as 'postgresql://user@host:5432/database'
                """, shop, empty, () -> CommandRun.of("Migrate", Map.of("TARGET", TARGET.uri(empty))));
        SIDES.refuses(2, """
                error: no target was given
                hint: use --target or set TARGET to a connection string such as 'postgresql://user@host:5432/database'
                """, shop, empty, () -> CommandRun.of("Migrate", Map.of("SOURCE", SOURCE.uri(shop))));
    }

    @Test
    void a_summary_that_could_not_be_written_in_the_end(@TempDir Path folder) throws IOException {
        Path there = Files.createFile(folder.resolve("there"));
        refuses(2, """
                error: "%s" exists already
                hint: name another file or use --overwrite
                """.formatted(there), SOURCE.uri(shop), TARGET.uri(empty), "-o", there.toString());
        Path nowhere = folder.resolve("missing/summary");
        refuses(2, """
                error: "%s" cannot be written: there is no such folder, or you may not write to it
                hint: name a file in a folder that you can write to
                """.formatted(nowhere), SOURCE.uri(shop), TARGET.uri(empty), "--out", nowhere.toString());
    }

    @Test
    void a_password_on_the_command_line_is_warned_of_once_for_each_side() {
        CommandRun run =
                CommandRun.of("Migrate", Map.of(), "--source", SOURCE.uri(shop), "--target", TARGET.uri("no such"));
        assertEquals("""
                migrate: warning: the password of the source stands on the command line, where ps shows it to every \
                user of this machine
                migrate: warning: the password of the target stands on the command line, where ps shows it to every \
                user of this machine
                """,
                run.err().lines().filter(line -> line.contains("warning")).collect(Collectors.joining("\n", "", "\n")));
    }

    @Test
    void source_and_target_are_the_same_database_whatever_they_are_called() {
        for (String target : List.of(SOURCE.uri(shop), SOURCE.uri(shop).replace("@127.0.0.1:", "@localhost:"))) {
            refuses(3, """
                    error: source and target are the same database (postgresql://postgres@%s:%d/%s)
                    hint: check --source and --target
                    """.formatted(target.contains("localhost") ? "localhost" : "127.0.0.1", SOURCE.port(), shop),
                    SOURCE.uri(shop), target);
        }
    }

    @Test
    void a_target_that_is_older_than_the_source() {
        PgServer newer = PgServer.shared(17);
        assumeTrue(SOURCE.major() < 17, "needs installed clients of a version before 17");
        String database = newer.newDatabase();
        new Sides(newer, TARGET).refusesToMigrate("""
                error: the target is PostgreSQL %s, older than the source, which is %s
                hint: create the target as PostgreSQL 17 or newer
                """.formatted(version(TARGET), version(newer)), database, empty);
    }

    @Test
    void client_tools_that_are_too_old() {
        assumeTrue(ClientBinaries.find(17).isEmpty(), "needs a machine without clients of version 17");
        PgServer newer = PgServer.shared(17);
        String database = newer.newDatabase();
        String target = newer.newDatabase();
        // More places are searched than PATH, so what is installed is named whatever the environment says.
        new Sides(newer, newer).refuses(3, """
                error: pg_dump and pg_restore of version 17 are needed for a source of version 17 and a target of \
                version 17 (installed here: version %d)
                hint: install the package postgresql-client-17 (Debian, Ubuntu), \
                postgresql17 (Red Hat) or postgresql@17 (Homebrew), \
                or name its folder in TSMIGRATE_PG_BINDIRS
                """.formatted(ClientBinaries.clientMajor()), database, target, () -> CommandRun.of("Migrate",
                Map.of("SOURCE", newer.uri(database), "TARGET", newer.uri(target), "PATH", "/nonexistent")));
    }

    @Test
    void no_client_tools(@TempDir Path temporary) {
        // Hides the installed programs from one process: the usual places are searched too, so an empty PATH is not
        // enough.
        List<String> hidden = List.of("unshare", "-m", "sh", "-c",
                "mount -t tmpfs none /usr/lib/postgresql && PATH=/usr/bin:/bin exec \"$@\"", "sh");
        assumeTrue(Account.isRoot() && Run.of(with(hidden, "true")).code() == 0,
                "needs Linux, root and the right to mount; run: sudo make test");
        String major = String.valueOf(SOURCE.major());
        SIDES.refuses(3, """
                error: pg_dump and pg_restore of version %1$s are needed for a source of version %1$s and a target of \
                version %1$s \
                (no client tools are installed on this machine)
                hint: %2$s, or name its folder in TSMIGRATE_PG_BINDIRS
                """.formatted(major, ClientPackage.remedy(System.getenv("PATH"), SOURCE.major(), SOURCE.major())), shop,
                empty, () -> {
                    Map<String, String> environment = Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(empty));
                    try (ChildCommand child =
                            ChildCommand.start(with(hidden, ChildCommand.java("Migrate")), temporary, environment)) {
                        return child.end();
                    }
                });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            CREATE TABLE mine (id int)                                 | table public.mine
            CREATE FUNCTION mine(int) RETURNS int RETURN 1             | routine public.mine(integer)
            CREATE TYPE mine AS ENUM ('a')                             | type public.mine
            CREATE SCHEMA mine                                         | schema mine
            SELECT lo_from_bytea(77, 'x')                              | large object 77
            CREATE SEQUENCE "My Own"                                   | sequence public."My Own"
            CREATE PUBLICATION mine                                    | publication mine
            CREATE SCHEMA mine CREATE VIEW v AS SELECT 1 CREATE VIEW w AS SELECT 1 CREATE VIEW x AS \
            SELECT 1 CREATE VIEW y AS SELECT 1 CREATE VIEW z AS SELECT 1 \
            | schema mine, view mine.v, view mine.w, view mine.x, view mine.y and 1 more
            """)
    void a_target_that_is_not_empty(String made, String named) {
        String target = TARGET.newDatabase();
        TARGET.sql(target, made);
        // Neither option is a way round: the database is there, and it is no failed run of ours that left these
        // objects.
        SIDES.refusesToMigrate("""
                error: the target is not empty: %s
                hint: name an empty database, or create one with --create-database
                """.formatted(named), shop, target, "--create-database", "--restart");
    }

    @Test
    void a_target_that_holds_only_extensions_is_empty() {
        String target = TARGET.newDatabase();
        TARGET.sql(target, "CREATE EXTENSION hstore");
        CommandRun run = SIDES.migrate(shop, target, "--create-database", "--restart");
        assertEquals(0, run.code(), run.err());
        assertEquals("100", TARGET.query(target, "SELECT count(*) FROM item"));
    }

    @Test
    void a_target_of_an_encoding_that_cannot_hold_every_text() {
        String latin = TARGET.newDatabase("ENCODING 'LATIN1' LOCALE 'C'");
        SIDES.refusesToMigrate("""
                error: the source's encoding is UTF8 and the target's LATIN1: not every text can be converted
                hint: create the target with ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0
                """, shop, latin);
    }

    @Test
    void a_target_that_cannot_be_written_to() {
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET default_transaction_read_only = on");
        SIDES.refusesToMigrate("""
                error: sessions on the target are read-only (default_transaction_read_only)
                hint: BEGIN READ WRITE; ALTER DATABASE "%s" RESET default_transaction_read_only; COMMIT;
                """.formatted(target), shop, target);
        String closed = TARGET.newDatabase();
        TARGET.sql("postgres", "CREATE ROLE guest LOGIN PASSWORD 'guest'");
        TARGET.sql(closed, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        SIDES.refuses(3, """
                error: user "guest" may not create in the target's database
                hint: GRANT CREATE ON DATABASE "%s" TO "guest";
                error: user "guest" may not create in schema "public" of the target
                hint: GRANT CREATE ON SCHEMA "public" TO "guest" WITH GRANT OPTION;
                error: preflight found 2 reasons not to start; nothing was changed
                """.formatted(closed), shop, closed,
                () -> CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(closed, "guest", "guest")));
        TARGET.sql("postgres", "DROP ROLE guest");
    }

    @Test
    void a_target_that_is_a_standby() throws IOException {
        try (PgServer standby = PgServer.installed()) {
            standby.stop();
            Files.createFile(standby.dataFolder().resolve("standby.signal"));
            standby.start();
            SIDES.refuses(3, """
                    error: the target is a standby and cannot be written to
                    hint: connect to the primary
                    """, shop, empty, () -> CommandRun.migrate(SOURCE.uri(shop), standby.uri("postgres")));
        }
    }

    private static void refuses(int code, String lines, String source, String target, String... options) {
        SIDES.refuses(code, lines, shop, empty, () -> CommandRun.migrate(source, target, options));
    }

    private static String version(PgServer server) {
        return server.query("postgres", "SHOW server_version");
    }

    private static List<String> with(List<String> command, String... more) {
        return with(command, Arrays.asList(more));
    }

    private static List<String> with(List<String> command, List<String> more) {
        List<String> all = new ArrayList<>(command);
        all.addAll(more);
        return all;
    }
}
