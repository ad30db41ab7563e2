//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Interposer;
import testbed.PgServer;

/**
 * What is to be done about a connection that was refused is done as it is printed, and the same command gets through.
 */
class ConnectionHintsTest {
    private static final String USER = "bob \"b\"";
    private static final String ACCESS = "local all all trust\nhost all ghost 127.0.0.1/32 trust\n";
    private static final Pattern SQL = Pattern.compile("(?:GRANT|ALTER) [^;]*;");
    private static final Pattern PARAMETER =
            Pattern.compile("(sslmode|channel_binding|sslrootcert|target_session_attrs)=[a-z-]+");

    @AutoClose
    private static PgServer plain;
    @AutoClose
    private static PgServer tls;

    @BeforeAll
    static void start() throws IOException {
        plain = PgServer.installed("max_connections=12", "superuser_reserved_connections=1");
        tls = PgServer.withTls(ClientBinaries.clientMajor());
        for (PgServer server : List.of(plain, tls)) {
            server.sql("postgres", "CREATE ROLE \"bob \"\"b\"\"\" LOGIN PASSWORD 'p'", "CREATE DATABASE \"d b\"");
        }
    }

    /**
     * One state: a server, what makes it, what is undone afterwards, the parameters, and the word that is the cause.
     */
    record State(String name, boolean withTls, String before, String after, String parameters, String says) {
        PgServer server() {
            return withTls ? tls : plain;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<State> states() {
        String user = "\"bob \"\"b\"\"\"";
        String free = "SELECT 1";
        return List.of(
                new State("a role that may not log in", false, "ALTER ROLE " + user + " NOLOGIN", free, "",
                        "is not permitted to log in"),
                new State("a role that has no connection left", false, "ALTER ROLE " + user + " CONNECTION LIMIT 0",
                        free, "", "too many connections for role"),
                new State("a password that is valid no more", false, "ALTER ROLE " + user + " VALID UNTIL '2000-01-01'",
                        free, "", "password authentication failed"),
                new State("a database that takes no connections", false,
                        "ALTER DATABASE \"d b\" ALLOW_CONNECTIONS false", free, "",
                        "is not currently accepting connections"),
                new State("a database that has no connection left", false, "ALTER DATABASE \"d b\" CONNECTION LIMIT 0",
                        free, "", "too many connections for database"),
                new State("a database that is closed to the user", false,
                        "REVOKE CONNECT ON DATABASE \"d b\" FROM PUBLIC", "GRANT CONNECT ON DATABASE \"d b\" TO PUBLIC",
                        "",
                        "permission denied for database"),
                new State("encryption of a server that has none", false, free, free, "sslmode=require",
                        "does not support SSL"),
                new State("channel binding without encryption", true, free, free,
                        "sslmode=disable&channel_binding=require", "SSL is not in use"),
                new State("channel binding on a server without encryption", false, free, free,
                        "channel_binding=require", "SSL is not in use"),
                new State("no encryption where it is asked for", true, free, free, "sslmode=disable",
                        "no pg_hba.conf entry"),
                new State("a standby that is none", false, free, free, "target_session_attrs=standby",
                        "targetServerType"));
    }

    private static CommandRun run(PgServer server, String parameters) {
        return run(server.uri("d b", USER, "p"), parameters);
    }

    private static CommandRun run(String address, String parameters) {
        String uri = address.replaceFirst("\\?.*", "");
        return CommandRun.of("RepairCommand", Map.of("TARGET", parameters.isEmpty() ? uri : uri + "?" + parameters));
    }

    private static String hint(CommandRun refused, String says) {
        assertEquals(3, refused.code(), refused.err());
        assertTrue(refused.failure().startsWith("error: could not connect to the target: ")
                && refused.failure().contains(says), refused.failure());
        return refused.failure().substring(refused.failure().indexOf("hint: "));
    }

    @ParameterizedTest
    @MethodSource("states")
    void the_same_command_gets_through(State state) {
        // Where it has lines for encrypted connections only, a server tells others so before it asks for a password.
        boolean open = state.withTls && state.parameters.contains("channel_binding");
        if (open) {
            access(tls, ACCESS + "host all all all scram-sha-256\n");
        }
        state.server().sql("postgres", state.before);
        try {
            String hint = hint(run(state.server(), state.parameters), state.says);
            List<String> statements = SQL.matcher(hint).results().map(found -> found.group()).toList();
            if (!statements.isEmpty()) {
                assertEquals(1, statements.size(), hint);
                state.server().sql("postgres", statements.get(0));
                through(run(state.server(), state.parameters), hint);
                return;
            }
            // Each of the ways is one, but what names the cause.
            List<String> given = Arrays.asList(state.parameters.split("&"));
            List<String> ways = PARAMETER.matcher(hint).results().map(found -> found.group())
                    .filter(way -> !given.contains(way)).toList();
            assertTrue(!ways.isEmpty(), hint);
            ways.forEach(way -> through(run(state.server(),
                    Stream.concat(given.stream().filter(other -> !key(other).equals(key(way))), Stream.of(way))
                            .collect(Collectors.joining("&"))),
                    hint));
        } finally {
            state.server().sql("postgres", state.after);
            if (open) {
                access(tls, ACCESS + "hostssl all all all scram-sha-256\n");
            }
        }
    }

    private static String key(String parameter) {
        return parameter.replaceFirst("=.*", "");
    }

    private static void through(CommandRun run, String hint) {
        assertEquals(0, run.code(), hint + "\n" + run.err());
    }

    @Test
    void a_line_of_pg_hba_conf() {
        for (PgServer server : List.of(plain, tls)) {
            String kind = server == tls ? "hostssl" : "host";
            String parameters = server == tls ? "sslmode=require" : "";
            for (String line : List.of("", kind + " all all all reject\n")) {
                String rules = ACCESS + kind + " all postgres all scram-sha-256\n" + line;
                access(server, rules);
                String hint = hint(run(server, parameters), "pg_hba.conf");
                Matcher asked = Pattern.compile("(?:host|hostssl) .*scram-sha-256").matcher(hint);
                assertTrue(asked.find(), hint);
                access(server, asked.group() + "\n" + rules);
                through(run(server, parameters), hint);
                access(server, ACCESS + kind + " all all all scram-sha-256\n");
            }
        }
    }

    /** What is loaded with each session is set in several places, and for everybody. */
    @ParameterizedTest
    @ValueSource(strings = {"DATABASE \"d b\"", "ROLE \"bob \"\"b\"\"\"", "ROLE \"bob \"\"b\"\"\" IN DATABASE \"d b\""})
    void a_library_that_is_not_there(String place) {
        plain.sql("postgres", "ALTER " + place + " SET session_preload_libraries = 'no_such_library'");
        try {
            String hint = hint(run(plain, ""), "no_such_library");
            plain.sql("postgres", SQL.matcher(hint).results().map(found -> found.group()).toArray(String[]::new));
            through(run(plain, ""), hint);
        } finally {
            plain.sql("postgres", "ALTER " + place + " RESET ALL");
        }
    }

    /** The first statement of a session waits for a lock, or comes later than the server waits for it. */
    @ParameterizedTest
    @CsvSource({"statement_timeout, ALTER ROLE", "idle_session_timeout, ALTER ROLE",
            "idle_session_timeout, ALTER ROLE IN", "idle_session_timeout, options"})
    void a_timeout_that_leaves_no_time(String timeout, String place) {
        String user = "\"bob \"\"b\"\"\"";
        String parameters = place.equals("options") ? "options=-c%20" + timeout + "%3D1" : "";
        if (parameters.isEmpty()) {
            plain.sql("postgres", "ALTER ROLE " + user + (place.endsWith(" IN") ? " IN DATABASE \"d b\"" : "") + " SET "
                    + timeout + " = 1");
        }
        try {
            CommandRun refused = tooSlow(parameters);
            String hint = hint(refused, "timeout");
            Matcher statement = SQL.matcher(hint);
            assertEquals(parameters.isEmpty(), statement.find(), hint);
            if (parameters.isEmpty()) {
                plain.sql("postgres", statement.group());
            } else {
                assertTrue(hint.contains("take it out of the options of the connection string"), hint);
            }
            for (int i = 0; i < 5; i++) {
                through(run(plain, ""), hint);
            }
        } finally {
            plain.sql("postgres", "ALTER ROLE " + user + " RESET ALL",
                    "ALTER ROLE " + user + " IN DATABASE \"d b\" RESET ALL");
        }
    }

    private static CommandRun tooSlow(String parameters) {
        try (HeldLock functions = HeldLock.on(plain, "d b", "LOCK TABLE pg_proc");
                Interposer late =
                        new Interposer(plain, said -> true, () -> plain.sql("postgres", "SELECT pg_sleep(0.05)"))) {
            CommandRun run = run(late.uri("d b", USER, "p"), parameters);
            assertFalse(functions.isWaitedFor());
            return run;
        }
    }

    @Test
    void a_server_without_a_connection_left() {
        List<HeldLock> all = Stream.generate(() -> HeldLock.on(plain, "postgres")).limit(11).toList();
        String hint = hint(run(plain, ""), "remaining connection slots are reserved");
        assertTrue(hint.contains("end other sessions"), hint);
        all.forEach(HeldLock::close);
        through(run(plain, ""), hint);
    }

    private static void access(PgServer server, String rules) {
        try {
            Files.writeString(Path.of(server.dataFolder().toString(), "pg_hba.conf"), rules);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.sql("postgres", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.3)");
    }
}
