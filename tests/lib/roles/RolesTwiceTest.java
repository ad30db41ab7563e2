//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;

/**
 * Forty roles loaded twice by {@code dump-roles --apply}: each can do what it could, less what the report says; it logs
 * in, too.
 */
class RolesTwiceTest {
    private static final String PROPERTIES = """
            SELECT rolname, concat_ws(' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
              rolreplication, rolbypassrls, rolconnlimit,
                   rolpassword, nullif(rolvaliduntil, 'infinity'), shobj_description(r.oid, 'pg_authid')),
                   (SELECT string_agg(concat_ws(' ', datname, one), ';' ORDER BY datname, one)
                      FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) one
                        WHERE setrole = r.oid)
              FROM pg_authid r WHERE oid >= 16384 AND rolname <> 'loader' ORDER BY 1""";
    /** All pairs: whose member one is, and what one can do without further ado. */
    private static final String PAIRS = """
            SELECT m.rolname || ' may ' || what || ' ' || r.rolname
              FROM pg_roles m, pg_roles r, unnest(ARRAY['MEMBER', 'USAGE', 'MEMBER WITH ADMIN OPTION']) what
             WHERE NOT m.rolsuper AND m.oid <> r.oid AND pg_has_role(m.oid, r.oid, what)
               AND 'loader' NOT IN (m.rolname, r.rolname)
               AND m.rolname !~ '^pg_' ORDER BY 1""";
    private static final PgServer SOURCE = PgServer.start(15);
    private static final Map<Integer, PgServer> TARGETS = new TreeMap<>();

    @BeforeAll
    static void make_forty_roles() throws IOException {
        SOURCE.script("postgres", Path.of("tests", "sql", "roles.sql"));
        SOURCE.sql("postgres", "CREATE DATABASE shop",
                "ALTER ROLE clerk IN DATABASE shop SET search_path TO \"in'Shop\", public",
                // A member of pg_monitor loses what the loader may not grant, and nobody else does.
                "REVOKE chain_1 FROM pg_monitor");
        for (String role : logins(SOURCE)) {
            if (!List.of("clerk", "md5_user").contains(role)) {
                SOURCE.sql("postgres", "ALTER ROLE \"" + role + "\" PASSWORD '" + password(role) + "'");
            }
        }
        for (int major : List.of(15, 17)) {
            TARGETS.put(major, PgServer.start(major));
            TARGETS.get(major).sql("postgres", "CREATE DATABASE shop");
        }
        for (PgServer server : List.of(SOURCE, TARGETS.get(15), TARGETS.get(17))) {
            // Method md5 asks for SCRAM where the stored password is of that kind (PostgreSQL manual, 20.5).
            Path rules = server.dataFolder().resolve("pg_hba.conf");
            Files.writeString(rules, Files.readString(rules).replace("scram-sha-256", "md5"));
            server.sql("postgres", "SELECT pg_reload_conf()");
        }
    }

    @AfterAll
    static void stop() {
        SOURCE.close();
        TARGETS.values().forEach(PgServer::close);
    }

    @ParameterizedTest
    @CsvSource({"15, postgres", "17, postgres", "15, loader", "17, loader"})
    void loaded_twice_each_can_do_what_it_could_less_what_the_report_says(int major, String user) {
        PgServer target = TARGETS.get(major);
        dropRoles(target);
        target.sql("postgres", "CREATE ROLE loader LOGIN PASSWORD 'l' CREATEROLE",
                "ALTER DATABASE shop OWNER TO loader");
        if (user.equals("postgres")) {
            target.sql("postgres",
                    "CREATE ROLE chain_3 NOLOGIN CREATEDB CONNECTION LIMIT 1 PASSWORD 'other' "
                            + "VALID UNTIL '2001-01-01'");
        }
        String uri = user.equals("postgres") ? target.uri("shop") : target.uri("shop", "loader", "l");

        CommandRun once = apply(uri);
        String first = roles(target);
        CommandRun twice = apply(uri);

        assertEquals(first, roles(target));
        Set<String> gained = new HashSet<>(pairs(target));
        gained.removeAll(pairs(SOURCE));
        assertEquals(Set.of(), gained);
        List<String> manual = manual(once);
        assertEquals(manual, manual(twice));
        assertEquals(user.equals("postgres"), manual.isEmpty(), once.err());
        target.sql("shop", manual.toArray(String[]::new));
        assertEquals(SOURCE.rows("shop", PROPERTIES), target.rows("shop", PROPERTIES));
        assertEquals(pairs(SOURCE), pairs(target));
        assertEquals(outcomes(SOURCE), outcomes(target));
    }

    private static CommandRun apply(String uri) {
        CommandRun run = CommandRun.of("DumpRoles", Map.of("SOURCE", SOURCE.uri("shop"), "TARGET", uri), "--apply");
        assertEquals(0, run.code(), run.err());
        return run;
    }

    private static List<String> manual(CommandRun run) {
        return run.err().lines().filter(line -> line.contains("hint: a superuser of the target may run: "))
                .map(line -> line.replaceFirst(".*?run: ", "")).toList();
    }

    /** By pg_dumpall where there is one for the version. */
    private static String roles(PgServer server) {
        return Oracle.clientFor(server.major())
                .map(clients -> Run.of(List.of(clients.resolve("pg_dumpall").toString(), "--roles-only"),
                        server.environment("shop"), null).orFail().out().replaceAll("\\\\(un)?restrict .*\n", ""))
                .orElseGet(() -> server.rows("shop", PROPERTIES) + "\n" + server.rows("shop", "TABLE pg_auth_members"));
    }

    private static List<String> pairs(PgServer server) {
        String later = server.major() > 15 ? server
                .rows("postgres", "SELECT rolname FROM pg_roles WHERE rolname ~ '^pg_'").stream().map(row -> row.get(0))
                .filter(name -> SOURCE.rows("postgres", "SELECT FROM pg_roles WHERE rolname = '" + name + "'")
                        .isEmpty())
                .collect(Collectors.joining("|")) : "";
        return server.rows("shop", PAIRS).stream().map(row -> row.get(0))
                .filter(pair -> later.isEmpty() || !pair.matches("(?s).* (" + later + ")")).toList();
    }

    private static List<String> logins(PgServer server) {
        return server.rows("postgres",
                "SELECT rolname FROM pg_roles WHERE oid >= 16384 AND rolcanlogin AND rolname <> 'loader' ORDER BY 1")
                .stream()
                .map(row -> row.get(0)).toList();
    }

    private static String password(String role) {
        return switch (role) {
            case "clerk" -> "clerk's \\ secret";
            case "md5_user" -> "md5-secret";
            default -> "w0rd of " + role;
        };
    }

    /** What comes of logging in as each role: what it is set to, or how it is refused. */
    private static Map<String, String> outcomes(PgServer server) {
        Map<String, String> outcomes = new TreeMap<>();
        for (String role : logins(server)) {
            try (Connection session = server.connect("shop", role, password(role));
                    ResultSet row = session.createStatement().executeQuery(
                            "SELECT current_user || current_setting('search_path') || current_setting('work_mem') "
                                    + "|| current_setting('timezone')")) {
                row.next();
                outcomes.put(role, row.getString(1));
            } catch (SQLException e) {
                outcomes.put(role, e.getSQLState());
            }
        }
        assertTrue(outcomes.get("clerk").startsWith("clerk\"in'Shop\", public8MB"), outcomes.toString());
        assertTrue(outcomes.get("md5_user").startsWith("md5_user"), outcomes.toString());
        assertEquals(List.of("53300", "28P01"), List.of(outcomes.get("creates"), outcomes.get("expired")),
                outcomes.toString());
        return outcomes;
    }

    private static void dropRoles(PgServer server) {
        server.sql("postgres", "ALTER DATABASE shop OWNER TO postgres");
        List<String> names = server.rows("postgres", "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384")
                .stream().map(row -> row.get(0)).toList();
        if (!names.isEmpty()) {
            server.sql("shop", "DROP OWNED BY " + String.join(", ", names), "DROP ROLE " + String.join(", ", names));
        }
    }
}
