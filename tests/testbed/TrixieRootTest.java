//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The root folder with what this machine's release does not offer. */
class TrixieRootTest {
    @Test
    void its_server_has_timescaledb() {
        try (PgServer server = TrixieRoot.timescale("max_connections=41")) {
            server.sql("postgres", "CREATE EXTENSION timescaledb", "CREATE TABLE t (at timestamptz NOT NULL, v int)",
                    "SELECT create_hypertable('t', 'at')",
                    "INSERT INTO t SELECT '2024-01-01'::timestamptz + n * interval '1 day', n FROM "
                            + "generate_series(1, 30) n");
            assertEquals("17", server.query("postgres", "SELECT current_setting('server_version_num')::int / 10000"));
            assertEquals("41", server.query("postgres", "SHOW max_connections"));
            assertEquals("5", server.query("postgres",
                    "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 't'"));
        }
    }

    @Test
    void its_clients_run_outside_of_it() {
        try (PgServer server = TrixieRoot.timescale()) {
            server.sql("postgres", "CREATE TABLE seen_by_the_dump (id int)", "CREATE ROLE seen_by_the_roles_dump");
            Map<String, String> environment = server.environment("postgres");
            assertTrue(
                    client("pg_dump", environment, "--schema-only").contains("CREATE TABLE public.seen_by_the_dump"));
            assertTrue(
                    client("pg_dumpall", environment, "--roles-only").contains("CREATE ROLE seen_by_the_roles_dump"));
            assertTrue(client("pg_dumpall", environment, "--schema-only")
                    .contains("CREATE TABLE public.seen_by_the_dump"));
            assertEquals("17\n",
                    client("psql", environment, "-XAtc", "SELECT current_setting('server_version_num')::int / 10000"));
            assertTrue(client("pg_restore", environment, "--version").startsWith("pg_restore (PostgreSQL) 17."));
        }
    }

    @Test
    void the_other_programs_are_there() {
        assertTrue(Run.output(TrixieRoot.command("pgcopydb", "--version")).contains("pgcopydb version 0.17"));
        assertEquals(0, Run.of(TrixieRoot.command("moto_server", "--help")).code());
        assertEquals(0, Run.of(TrixieRoot.command("test", "-x", "/usr/sbin/sshd")).code());
    }

    private static String client(String name, Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(List.of(TrixieRoot.clientWrappers().resolve(name).toString()));
        command.addAll(List.of(arguments));
        return Run.of(command, environment, null).orFail().out();
    }
}
