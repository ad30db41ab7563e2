//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The throw-away servers themselves: what every other test stands on. */
class PgServerTest {
    @AutoClose
    private static PgServer server;

    /** Run in a JVM of its own, to be killed. */
    static class Child {
        public static void main(String[] args) throws InterruptedException {
            PgServer server = PgServer.installed();
            System.out.println(server.dataFolder());
            Thread.sleep(600_000);
        }
    }

    @BeforeAll
    static void start() {
        server = PgServer.installed("max_connections=37", "application_name=it''s");
    }

    @Test
    void settings_are_the_servers_own() {
        assertEquals("37", server.query("postgres", "SHOW max_connections"));
        assertEquals("off", server.query("postgres", "SHOW fsync"));
        assertEquals("UTF8", server.query("postgres", "SHOW server_encoding"));
        assertEquals(ClientBinaries.clientMajor(), server.major());
    }

    @Test
    void a_wrong_password_is_refused() {
        SQLException refused =
                assertThrows(SQLException.class, () -> server.connect("postgres", "postgres", "wrong").close());
        assertEquals("28P01", refused.getSQLState());
    }

    @Test
    void libpq_reaches_it_by_uri_whatever_the_environment_says() {
        String psql = ClientBinaries.bin(server.major()).resolve("psql").toString();
        Run run = Run.of(
                List.of(psql, "-XAtc", "SELECT current_user || '@' || current_database()", server.uri("template1")),
                Map.of("PGHOST", "nowhere.invalid", "PGPORT", "1"), null);
        assertEquals("postgres@template1\n", run.orFail().out());
    }

    @Test
    void rows_come_as_text_and_null_stays_null() {
        assertEquals(List.of(List.of("1", "t"), List.of("2", "f")),
                server.rows("postgres", "SELECT n, n = 1 FROM generate_series(1, 2) n"));
        assertNull(server.query("postgres", "SELECT NULL"));
        assertNull(server.query("postgres", "SELECT 1 WHERE false"));
    }

    @Test
    void a_script_runs_through_psql_and_stops_at_its_first_error() throws IOException {
        String database = server.newDatabase();
        Path file = Files.createTempFile("script", ".sql");
        Files.writeString(file, "\\set n 5\nCREATE TABLE t AS SELECT :n AS n;\nSELECT nonsense;\nDROP TABLE t;\n");
        String message = assertThrows(IllegalStateException.class, () -> server.script(database, file)).getMessage();
        Files.delete(file);
        assertTrue(message.contains("column \"nonsense\" does not exist"), message);
        assertEquals("5", server.query(database, "SELECT n FROM t"));
    }

    @Test
    void data_and_port_outlive_a_restart() {
        String database = server.newDatabase();
        int port = server.port();
        server.sql(database, "CREATE TABLE kept AS SELECT 7 AS n");
        server.restart("work_mem=9MB");
        assertEquals(port, server.port());
        assertEquals("7", server.query(database, "SELECT n FROM kept"));
        assertEquals("9MB", server.query(database, "SHOW work_mem"));
        assertEquals("37", server.query(database, "SHOW max_connections"));
    }

    @Test
    void two_servers_of_one_kind_know_nothing_of_each_other() {
        try (PgServer other = PgServer.installed()) {
            other.sql("postgres", "CREATE DATABASE elsewhere");
            assertNull(server.query("postgres", "SELECT 1 FROM pg_database WHERE datname = 'elsewhere'"));
        }
    }

    @Test
    void initdb_options_are_passed_on() {
        try (PgServer latin = PgServer.plan(server.major()).initdb("--encoding=LATIN1", "--locale=C").start()) {
            assertEquals("LATIN1", latin.query("postgres", "SHOW server_encoding"));
        }
    }

    @Test
    void an_embedded_server_of_another_version_runs() {
        try (PgServer embedded = PgServer.embedded(17, "work_mem=5MB")) {
            assertEquals("17", embedded.query("postgres", "SELECT current_setting('server_version_num')::int / 10000"));
            assertEquals("5MB", embedded.query("postgres", "SHOW work_mem"));
        }
    }

    @Test
    void tls_is_verified_against_the_servers_own_ca_and_plain_connections_are_refused() {
        try (PgServer secure = PgServer.withTls(server.major())) {
            String psql = ClientBinaries.bin(server.major()).resolve("psql").toString();
            assertEquals("t", secure.query("postgres", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
            Run verified = Run.of(List.of(psql, "-XAtc", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
                    secure.uri("postgres")));
            assertEquals("t\n", verified.orFail().out());
            String plain = secure.uri("postgres").replaceFirst("\\?.*", "?sslmode=disable");
            assertTrue(Run.of(List.of(psql, "-Xc", "SELECT 1", plain)).err().contains("no pg_hba.conf entry"));
            String otherAuthority = secure.uri("postgres").replaceFirst("sslrootcert=.*", "sslrootcert=/dev/null");
            assertFalse(Run.of(List.of(psql, "-Xc", "SELECT 1", otherAuthority)).code() == 0);
        }
    }

    @Test
    void closing_leaves_neither_process_nor_folder() throws InterruptedException {
        PgServer closed = PgServer.installed();
        long pid = postmaster(closed.dataFolder());
        assertTrue(ProcessHandle.of(pid).isPresent());
        closed.close();
        assertGone(pid, closed.dataFolder().getParent());
    }

    @Test
    void killing_the_jvm_leaves_neither_process_nor_folder() throws Exception {
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Child.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Path data = Path.of(new BufferedReader(new InputStreamReader(child.getInputStream())).readLine());
        long pid = postmaster(data);
        assertTrue(ProcessHandle.of(pid).isPresent() && Files.isDirectory(data));
        child.destroyForcibly().waitFor();
        assertGone(pid, data.getParent());
    }

    @Test
    void the_server_does_not_run_as_root() {
        String owner = ProcessHandle.of(postmaster(server.dataFolder())).flatMap(process -> process.info().user())
                .orElseThrow();
        assertEquals(Account.ofServers().name(), owner);
        assertFalse(owner.equals("root"));
    }

    /** Within ten seconds: whoever inherits an orphan takes its time to reap it. */
    private static void assertGone(long pid, Path folder) throws InterruptedException {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (System.nanoTime() < deadline && (ProcessHandle.of(pid).isPresent() || Files.exists(folder))) {
            Thread.sleep(100);
        }
        assertFalse(ProcessHandle.of(pid).isPresent(), "the server still runs");
        assertFalse(Files.exists(folder), "its folder is still there");
    }

    private static long postmaster(Path data) {
        try {
            return Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
