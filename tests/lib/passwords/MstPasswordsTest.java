//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.postgresql:postgresql:42.7.14

package lib.passwords;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import lib.dsn.Dsn;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;

/**
 * Roles that a managed service gave away without passwords get new ones, which work, and which nobody sees who should
 * not.
 */
class MstPasswordsTest {
    private static final String ODD = "we\"ird, 'na:me'\\";
    private static final String VERIFIERS = "SELECT rolname, rolpassword FROM pg_authid WHERE oid >= 16384 ORDER BY 1";
    private static PgServer source;
    private static PgServer target;

    @TempDir
    private Path folder;
    private Path out;

    @BeforeAll
    static void start() {
        source = PgServer.installed();
        // What a password would betray, and what a verifier does not depend on.
        target = PgServer.installed("log_statement=all", "password_encryption=md5");
    }

    @AfterAll
    static void stop() {
        source.close();
        target.close();
    }

    @BeforeEach
    void fill() {
        out = folder.resolve("passwords.csv");
        String odd = '"' + ODD.replace("\"", "\"\"") + '"';
        source.sql("postgres", "CREATE ROLE _aiven SUPERUSER LOGIN", "CREATE ROLE _tsdbadmin_auditing LOGIN",
                "CREATE ROLE tsdbadmin LOGIN PASSWORD 's'",
                "CREATE ROLE app LOGIN PASSWORD 'a'", "CREATE ROLE " + odd + " LOGIN", "CREATE ROLE team",
                "CREATE ROLE chief SUPERUSER LOGIN");
        target.sql("postgres", "SET password_encryption = 'scram-sha-256'",
                "CREATE ROLE tsdbadmin LOGIN CREATEROLE PASSWORD 't'",
                "CREATE ROLE app LOGIN", "CREATE ROLE " + odd + " LOGIN", "CREATE ROLE team",
                "CREATE ROLE chief SUPERUSER LOGIN",
                "CREATE ROLE stranger LOGIN", "CREATE ROLE _tsdbadmin_auditing LOGIN");
        target.administer("tsdbadmin", "app", odd, "team", "stranger");
    }

    @AfterEach
    void drop_the_roles() {
        for (PgServer server : List.of(source, target)) {
            server.rows("postgres", "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384")
                    .forEach(row -> server.sql("postgres", "DROP ROLE " + row.get(0)));
        }
    }

    @Test
    void the_roles_of_the_source_get_passwords_that_log_in_and_others_get_none() throws IOException {
        CommandRun run = asTsdbadmin("--out", out.toString());
        assertEquals("", run.out());
        assertEquals("""
                mst-passwords: warning: the user of the target cannot see which roles have a password: every role of \
                the source gets a new one
                mst-passwords: 2 passwords set; see "%s"
                """.formatted(out), run.err());
        assertEquals(0, run.code());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(out)));
        assertEquals(List.of(out), Files.list(folder).toList());
        String line = "127.0.0.1,%d,postgres,%s,[A-HJ-NP-Za-kmnp-z2-9]{24}\n";
        String content = Files.readString(out);
        assertTrue(content.matches("host,port,database,role,password\n" + line.formatted(target.port(), "app")
                + line.formatted(target.port(), "\"\\Qwe\"\"ird, 'na:me'\\\\E\"")), content);
        assertLogsIn(passwords());
        assertEquals(Set.of("tsdbadmin", "app", ODD), withPassword());
        assertNothingSeen(run);
        assertTrue(target.log().contains("ALTER ROLE \"app\" PASSWORD 'SCRAM-SHA-256$4096:"),
                "the log is without the statement");
    }

    @Test
    void run_again_it_gives_passwords_to_new_roles_only() throws IOException {
        assertEquals(0, asTsdbadmin("--out", out.toString()).code());
        List<List<String>> before = target.rows("postgres", VERIFIERS);
        String content = Files.readString(out);
        CommandRun again = asTsdbadmin("--out", out.toString());
        assertTrue(again.err().endsWith("mst-passwords: 0 passwords set\n"), again.err());
        assertEquals(before, target.rows("postgres", VERIFIERS));
        assertEquals(content, Files.readString(out));

        source.sql("postgres", "CREATE ROLE web LOGIN");
        target.sql("postgres", "SET ROLE tsdbadmin", "CREATE ROLE web LOGIN");
        assertEquals(0, asTsdbadmin("--out", out.toString()).code());
        assertEquals(Set.of("app", ODD, "web"), passwords().keySet());
        assertTrue(Files.readString(out).endsWith(content.substring(content.indexOf('\n') + 1)));
        assertLogsIn(passwords());

        Map<String, String> old = passwords();
        assertEquals(0, asTsdbadmin("--out", out.toString(), "--overwrite", "--roles", "app").code());
        assertEquals(old.get("web"), passwords().get("web"));
        assertFalse(Files.readString(out).contains(old.get("app")));
        assertLogsIn(passwords());
    }

    @Test
    void whoever_sees_the_passwords_of_the_target_gives_them_where_there_are_none() {
        target.sql("postgres", "ALTER ROLE app PASSWORD 'kept'");
        List<List<String>> before = target.rows("postgres", VERIFIERS);
        CommandRun run = mst(Map.of("TARGET", target.uri("postgres")), "--out", out.toString(), "--length", "30",
                "--alphabet", "0123456789abcdef");
        assertEquals(0, run.code(), run.err());
        assertFalse(run.err().contains("warning"), run.err());
        assertEquals(Set.of(ODD, "stranger", "_tsdbadmin_auditing"), passwords().keySet());
        passwords().values().forEach(password -> assertTrue(password.matches("[0-9a-f]{30}"), password));
        before.stream().filter(row -> row.get(1) != null)
                .forEach(row -> assertTrue(target.rows("postgres", VERIFIERS).contains(row), row.get(0)));

        // A source whose passwords can be read had some to give: what has none there is meant to have none.
        target.sql("postgres", "ALTER ROLE app PASSWORD NULL", "ALTER ROLE stranger PASSWORD NULL",
                "ALTER ROLE \"" + ODD.replace("\"", "\"\"") + "\" PASSWORD NULL");
        CommandRun known = mst(Map.of("SOURCE", source.uri("postgres"), "TARGET", target.uri("postgres")), "--show",
                "--format", "pgpass");
        assertTrue(known.out().matches("127.0.0.1:" + target.port() + ":postgres:app:.{24}\n"), known.out());
        assertEquals(Set.of("tsdbadmin", "app", "_tsdbadmin_auditing"), withPassword());
        // To tsdbadmin such roles have come with theirs.
        assertEquals("mst-passwords: 0 passwords set\n",
                mst(Map.of("SOURCE", source.uri("postgres"), "TARGET", target.uri("postgres", "tsdbadmin", "t")),
                        "--show").err());
    }

    @Test
    void roles_can_be_named_and_left_out() {
        assertEquals(0, asTsdbadmin("--out", out.toString(), "--leave-out", ODD).code());
        assertEquals(Set.of("app"), passwords().keySet());
        CommandRun named = mst(Map.of("TARGET", target.uri("postgres", "tsdbadmin", "t")), "--out", out.toString(),
                "--roles", "stranger", "--roles", ODD);
        assertEquals(0, named.code(), named.err());
        assertEquals(Set.of("app", ODD, "stranger"), passwords().keySet());
        assertLogsIn(passwords());
    }

    @Test
    void a_role_that_cannot_be_given_a_password_stops_all_before_anything_is_changed() {
        List<List<String>> before = target.rows("postgres", VERIFIERS);
        List<String> options = new ArrayList<>(List.of("--out", out.toString(), "--roles", "app"));
        for (String name : List.of("nobody", "tsdbadmin", "pg_monitor", "postgres", "chief", "team")) {
            options.addAll(List.of("--roles", name));
        }
        CommandRun run = asTsdbadmin(options.toArray(String[]::new));
        assertEquals("""
                error: 6 roles cannot be given a password
                detail: role "nobody": the target has no such role
                detail: role "tsdbadmin": it is the user of this connection
                detail: role "pg_monitor": it is predefined
                detail: role "postgres": it is a superuser
                detail: role "chief": it is a superuser
                detail: role "team": it cannot log in
                hint: leave out what is named there, with --leave-out""", run.failure());
        assertEquals(3, run.code());
        assertEquals("""
                error: user "tsdbadmin" of the target cannot see which roles have a password
                hint: use --source, whose roles are meant then, or name roles with --roles""",
                mst(Map.of("TARGET", target.uri("postgres", "tsdbadmin", "t")), "--show").failure());
        assertEquals("error: the target has no role \"ap\" to leave out",
                asTsdbadmin("--show", "--leave-out", "ap").failure());
        target.sql("postgres", "ALTER ROLE tsdbadmin NOCREATEROLE");
        assertEquals("""
                error: user "tsdbadmin" of the target may not give passwords to other roles
                hint: name another user in --target, or have a superuser run: ALTER ROLE "tsdbadmin" CREATEROLE;""",
                asTsdbadmin("--show").failure());
        target.sql("postgres", "ALTER ROLE tsdbadmin CREATEROLE");
        assertFalse(Files.exists(out));
        assertEquals(before, target.rows("postgres", VERIFIERS));
    }

    @Test
    void since_postgresql_16_a_role_needs_admin_option() {
        PgServer newer = PgServer.shared(17);
        source.sql("postgres", "CREATE ROLE mst_other LOGIN");
        newer.sql("postgres", "CREATE ROLE mst_admin LOGIN CREATEROLE PASSWORD 't'", "CREATE ROLE mst_other LOGIN",
                "SET ROLE mst_admin", "CREATE ROLE app LOGIN");
        try {
            Map<String, String> sides = Map.of("SOURCE", reader(), "TARGET", newer.uri("postgres", "mst_admin", "t"));
            CommandRun refused = mst(sides, "--out", out.toString());
            assertEquals("""
                    error: a role cannot be given a password
                    detail: role "mst_other": user "mst_admin" of the target may not alter it
                    hint: GRANT "mst_other" TO "mst_admin" WITH ADMIN OPTION; or use: --leave-out mst_other""",
                    refused.failure());
            assertEquals(3, refused.code());
            newer.sql("postgres", "SET scram_iterations = 5000", "ALTER ROLE mst_admin SET scram_iterations = 5000");
            assertEquals(0, mst(sides, "--out", out.toString(), "--leave-out", "mst_other").code());
            Map<String, String> passwords = PasswordFile.read(out).own(dsn(newer));
            assertEquals(Set.of("app"), passwords.keySet());
            newer.connect("postgres", "app", passwords.get("app")).close();
            assertEquals("t", newer.query("postgres",
                    "SELECT rolpassword LIKE 'SCRAM-SHA-256$5000:%' FROM pg_authid WHERE rolname = 'app'"));
        } catch (SQLException e) {
            throw new AssertionError(e);
        } finally {
            newer.sql("postgres", "DROP ROLE app, mst_admin, mst_other");
        }
    }

    @Test
    void killed_or_cut_off_in_the_middle_it_loses_no_password_and_lists_none_too_early() throws IOException {
        Path pending = folder.resolve("passwords.csv.pending");
        Map<String, String> sides = Map.of("SOURCE", reader(), "TARGET", target.uri("postgres", "tsdbadmin", "t"));
        try (HeldLock hold = HeldLock.on(target, "postgres", "ALTER ROLE app CONNECTION LIMIT 3")) {
            try (ChildCommand child =
                    ChildCommand.start(ChildCommand.java("MstPasswords", "--out", out.toString()), folder, sides)) {
                hold.awaitWaiter();
                child.signal("KILL");
                child.end();
            }
        }
        assertFalse(Files.exists(out));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(pending)));
        String promised = Files.readString(pending);
        assertEquals(Set.of("tsdbadmin"), withPassword());

        // Its words survive a later failure, too: perhaps they hold on the server already.
        try (HeldLock hold = HeldLock.on(target, "postgres", "ALTER ROLE app CONNECTION LIMIT 3")) {
            CompletableFuture<CommandRun> end = BackgroundWork.run(() -> asTsdbadmin("--out", out.toString()));
            hold.awaitWaiter();
            target.query("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + hold.pid()
                    + " = ANY (pg_blocking_pids(pid))");
            CommandRun cut = end.join();
            assertEquals(
                    "error: giving role \"app\" a password failed on the target: terminating connection due to "
                            + "administrator command\n"
                            + "hint: somebody has ended a session of ours on the target (pg_terminate_backend, a "
                            + "shutdown or a failover): its log says when",
                    cut.failure());
            assertEquals(1, cut.code());
        }
        assertEquals(promised, Files.readString(pending));
        assertFalse(Files.exists(out));

        CommandRun again = asTsdbadmin("--out", out.toString());
        assertEquals(0, again.code(), again.err());
        assertTrue(again.err().contains("role \"app\" gets the password of an interrupted run\n"), again.err());
        assertEquals(promised, Files.readString(out));
        assertFalse(Files.exists(pending));
        assertLogsIn(passwords());
    }

    @Test
    void a_failure_without_an_earlier_one_leaves_no_file() throws IOException {
        try (HeldLock hold = HeldLock.on(target, "postgres", "ALTER ROLE app CONNECTION LIMIT 3")) {
            CompletableFuture<CommandRun> end = BackgroundWork.run(() -> asTsdbadmin("--out", out.toString()));
            hold.awaitWaiter();
            target.query("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + hold.pid()
                    + " = ANY (pg_blocking_pids(pid))");
            assertEquals(1, end.join().code());
        }
        assertEquals(List.of(), Files.list(folder).toList());
        assertEquals(Set.of("tsdbadmin"), withPassword());
    }

    private static String reader() {
        return source.uri("postgres", "tsdbadmin", "s");
    }

    private static Dsn dsn(PgServer server) {
        return Dsn.parse("target", server.uri("postgres"), false, Map.of());
    }

    /** Neither side lets this user see passwords, as on MST and on Cloud. */
    private static CommandRun asTsdbadmin(String... options) {
        return mst(Map.of("SOURCE", reader(), "TARGET", target.uri("postgres", "tsdbadmin", "t")), options);
    }

    private static CommandRun mst(Map<String, String> environment, String... options) {
        return CommandRun.of("MstPasswords", environment, options);
    }

    private Map<String, String> passwords() {
        return PasswordFile.read(out).own(dsn(target));
    }

    private static Set<String> withPassword() {
        return target.rows("postgres", VERIFIERS).stream().filter(row -> row.get(1) != null).map(row -> row.get(0))
                .collect(Collectors.toSet());
    }

    private static void assertLogsIn(Map<String, String> passwords) {
        passwords.forEach((role, password) -> {
            try {
                target.connect("postgres", role, password).close();
            } catch (SQLException e) {
                throw new AssertionError(role, e);
            }
        });
    }

    private void assertNothingSeen(CommandRun run) {
        passwords().values().forEach(password -> {
            assertFalse(run.err().contains(password), run.err());
            assertFalse(target.log().contains(password), "the server's log shows a password");
        });
    }
}
