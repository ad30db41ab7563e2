//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;

/**
 * Roles that are dumped and loaded are what they were: judged by pg_dumpall, by the catalogs, and by what each role may
 * do.
 */
class DumpRolesTest {
    private static final Path ROLES = Path.of("tests", "sql", "roles.sql");
    private static final Map<Integer, PgServer> SOURCES = new TreeMap<>();
    private static final Map<Integer, PgServer> TARGETS = new TreeMap<>();

    /** Attributes, passwords, comments, settings; the identifiers of databases differ from server to server. */
    private static final String CATALOGS = """
            SELECT 'role', rolname, concat_ws(' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
              rolreplication, rolbypassrls,
                   rolconnlimit, rolpassword, rolvaliduntil, shobj_description(oid, 'pg_authid')) FROM pg_authid
                     WHERE oid >= 16384
            UNION ALL SELECT 'setting in ' || coalesce(d.datname, 'all'), rolname, one
              FROM pg_db_role_setting s JOIN pg_authid r ON r.oid = setrole LEFT
                JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) one
            ORDER BY 1, 2, 3""";
    /**
     * What each role may do with each other one, by whatever memberships; the later versions know more predefined
     * roles.
     */
    private static final String ABILITIES = """
            SELECT m.rolname, r.rolname, pg_has_role(m.oid, r.oid, 'USAGE'), pg_has_role(m.oid, r.oid, 'MEMBER'),
                   pg_has_role(m.oid, r.oid, 'MEMBER WITH ADMIN OPTION')%s
              FROM pg_roles m, pg_roles r
             WHERE m.oid <> r.oid AND NOT (m.rolname ~ '^pg_' AND r.rolname ~ '^pg_')
               AND pg_has_role(m.oid, r.oid, 'MEMBER')
               AND (r.oid >= 16384 OR r.rolname IN ('pg_monitor', 'pg_read_all_stats', 'pg_signal_backend'))
                 AND m.oid <> 10 AND NOT m.rolsuper
             ORDER BY 1, 2""";

    private static final Pattern GRANTOR = Pattern.compile(" GRANTED BY (\"([^\"]|\"\")+\"|[^\";\n]+);\n");

    @TempDir
    private Path folder;

    @BeforeAll
    static void make_forty_roles() {
        for (int major : List.of(13, 15, 17)) {
            PgServer source = PgServer.start(major);
            SOURCES.put(major, source);
            source.script("postgres", ROLES);
            source.sql("postgres", "CREATE DATABASE shop", "CREATE DATABASE other",
                    "ALTER ROLE clerk IN DATABASE shop SET search_path TO \"in'Shop\", public",
                    "ALTER ROLE \"it's\" IN DATABASE shop SET myapp.x TO E'a\\\\b%'",
                    "ALTER ROLE clerk IN DATABASE other SET work_mem TO '1MB'");
            if (major >= 15) {
                source.sql("postgres", "GRANT SET, ALTER SYSTEM ON PARAMETER log_statement TO app_ro",
                        "GRANT SET ON PARAMETER work_mem TO PUBLIC",
                        "GRANT SET ON PARAMETER myapp.x TO \"we\"\"ird\" WITH GRANT OPTION");
            }
            if (major >= 16) {
                source.sql("postgres", "GRANT app_rw TO chain_3 WITH INHERIT FALSE, SET TRUE",
                        "GRANT app_ro TO chain_3 WITH INHERIT TRUE, SET FALSE",
                        "GRANT app_rw TO chain_1 WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
                        "GRANT chain_1 TO no_inherit WITH INHERIT TRUE",
                        "SET ROLE granter; CREATE ROLE made_by_granter; RESET ROLE");
            }
        }
        for (int major : List.of(15, 17)) {
            TARGETS.put(major, PgServer.start(major));
            TARGETS.get(major).sql("postgres", "CREATE DATABASE shop", "CREATE DATABASE other");
        }
    }

    @AfterAll
    static void stop() {
        SOURCES.values().forEach(PgServer::close);
        TARGETS.values().forEach(PgServer::close);
    }

    @BeforeEach
    void no_roles_on_the_targets() {
        TARGETS.values().forEach(DumpRolesTest::dropRoles);
    }

    private static void dropRoles(PgServer server) {
        String names = server.rows("shop", "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384").stream()
                .map(row -> row.get(0))
                .collect(Collectors.joining(", "));
        server.sql("shop", "ALTER DATABASE shop OWNER TO postgres", "REVOKE ALL ON PARAMETER work_mem FROM PUBLIC");
        if (!names.isEmpty()) {
            server.sql("shop", "DROP OWNED BY " + names, "DROP ROLE " + names);
        }
    }

    @ParameterizedTest
    @CsvSource({"15, 15", "15, 17", "13, 15", "17, 17"})
    void loaded_by_a_superuser_they_are_what_pg_dumpall_makes_of_them(int from, int to) throws IOException {
        PgServer source = SOURCES.get(from);
        PgServer target = TARGETS.get(to);
        Path file = folder.resolve("roles.sql");

        CommandRun run = dump(source.uri("shop"), "--target-version", String.valueOf(to), "-o", file.toString());

        assertEquals("", run.out());
        assertEquals(0, run.code(), run.err());
        assertFalse(run.err().contains("warning"), run.err());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        String sql = Files.readString(file);
        assertFalse(sql.contains("\\restrict") || sql.contains("postgres\" WITH"), sql);
        target.sql("shop", sql);
        List<List<String>> once = target.rows("shop", CATALOGS);
        // A role that exists is made what the file says; psql gets the same text as the driver did.
        target.sql("shop", "ALTER ROLE clerk WITH SUPERUSER CREATEDB CONNECTION LIMIT 1 PASSWORD 'other'",
                "COMMENT ON ROLE app_ro IS 'other'",
                "ALTER ROLE clerk SET work_mem TO '1MB'");
        target.script("shop", file);

        assertEquals(once, target.rows("shop", CATALOGS));
        assertEquals(withoutSettingsInOther(source.rows("shop", CATALOGS)), once);
        assertEquals(abilities(source, to), abilities(target, from));
        if (Oracle.clientFor(Math.max(from, to)).isPresent()) {
            String ours = dumpall(target);
            dropRoles(target);
            restoreByPgDumpall(source, target);
            assertEquals(dumpall(target), ours);
        }
    }

    private static List<List<String>> withoutSettingsInOther(List<List<String>> rows) {
        return rows.stream().filter(row -> !row.get(0).equals("setting in other")).toList();
    }

    /** Before 16 whoever is a member may act as the role. */
    private static List<List<String>> abilities(PgServer server, int otherMajor) {
        return server.rows("shop", ABILITIES
                .formatted(server.major() >= 16 && otherMajor >= 16 ? ", pg_has_role(m.oid, r.oid, 'SET')" : ""));
    }

    /** Who granted a membership is of no consequence, and different where it was not the superuser. */
    private static String dumpall(PgServer server) {
        return sorted(GRANTOR.matcher(pgDumpall(server)).replaceAll(";\n").replaceAll("\\\\(un)?restrict .*\n", "")
                .replaceAll("ALTER ROLE postgres WITH .*\n", ""));
    }

    private static String pgDumpall(PgServer server) {
        Path clients = Oracle.clients(server.major());
        return Run
                .of(List.of(clients.resolve("pg_dumpall").toString(), "--roles-only"), server.environment("shop"), null)
                .orFail().out();
    }

    private static String sorted(String text) {
        return Stream.of(text.split("(?<=;)\n")).sorted().collect(Collectors.joining("\n"));
    }

    private void restoreByPgDumpall(PgServer source, PgServer target) throws IOException {
        // As it is, the file would change the superuser's password, and fail where a member has granted what only an
        // administrator may from 16 on.
        String text = GRANTOR.matcher(pgDumpall(source).replaceAll("(CREATE|ALTER) ROLE postgres\\b.*\n", ""))
                .replaceAll(";\n");
        target.script("shop", Files.writeString(folder.resolve("stock.sql"), text));
    }

    @Test
    void several_grants_of_one_membership_allow_what_all_of_them_allow() {
        PgServer source = SOURCES.get(17);
        PgServer target = TARGETS.get(17);
        source.sql("shop", "GRANT \"shop owner\" TO chain_1 WITH INHERIT TRUE, SET FALSE",
                "GRANT \"shop owner\" TO chain_1 WITH INHERIT FALSE, SET TRUE GRANTED BY granter");
        target.sql("shop", dump(source.uri("shop")).out());
        assertEquals(abilities(source, 17), abilities(target, 17));
        source.sql("shop", "REVOKE \"shop owner\" FROM chain_1",
                "REVOKE \"shop owner\" FROM chain_1 GRANTED BY granter");
    }

    @Test
    void an_older_target_gets_what_it_knows() {
        PgServer target = TARGETS.get(15);
        CommandRun run = dump(SOURCES.get(17).uri("shop"), "--target-version", "15");
        assertEquals(0, run.code());
        assertEquals("""
                role "chain_3": the limits of the membership in "app_ro": before PostgreSQL 16 a membership has \
                neither INHERIT nor SET
                role "chain_1": the membership in "app_rw": before PostgreSQL 16 whoever is a member can act as the role
                role "chain_3": the limits of the membership in "app_rw": before PostgreSQL 16 a membership has \
                neither INHERIT nor SET
                role "granter": the membership in "made_by_granter": before PostgreSQL 16 whoever is a member can act \
                as the role
                """, warnings(run).replaceAll("no passwords.*\n", "").replaceAll(".*no_inherit.*\n", ""));
        target.sql("shop", run.out());
        assertEquals("f", target.query("shop", "SELECT pg_has_role('chain_1', 'app_rw', 'MEMBER')"));
        assertEquals("t", target.query("shop", "SELECT pg_has_role('chain_3', 'app_rw', 'MEMBER')"));
    }

    @ParameterizedTest
    @CsvSource({"13, 15", "15, 15", "15, 17", "17, 17"})
    void whoever_is_no_superuser_on_the_target_can_load_what_is_made_for_them(int from, int to) throws IOException {
        PgServer source = SOURCES.get(from);
        PgServer target = TARGETS.get(to);
        target.sql("shop", "CREATE ROLE loader LOGIN PASSWORD 'l' CREATEROLE", "ALTER DATABASE shop OWNER TO loader",
                "CREATE ROLE app_rw LOGIN",
                "CREATE ROLE root_like SUPERUSER");
        String uri = target.uri("shop", "loader", "l");
        Path file = folder.resolve("roles.sql");

        CommandRun run = dump(Map.of("SOURCE", source.uri("shop"), "TARGET", uri), "-o", file.toString());

        assertEquals(0, run.code(), run.err());
        String warnings = warnings(run);
        assertTrue(
                warnings.contains(
                        "role \"Rep_SUPERUSER_x\": lowered, without REPLICATION: the target's user may not give it\n"),
                warnings);
        assertTrue(
                warnings.contains("role \"bypasses\": lowered, without BYPASSRLS: the target's user may not give it\n"),
                warnings);
        assertEquals(to >= 16,
                warnings.contains("role \"creates\": lowered, without CREATEDB: the target's user may not give it\n"),
                warnings);
        assertTrue(
                warnings.contains(
                        "role \"clerk\": the setting of log_statement: only a superuser of the target may set it\n"),
                warnings);
        assertTrue(
                warnings.contains(
                        "role \"we\"ird\": the setting of myapp.x: only a superuser of the target may set it\n"),
                warnings);
        assertFalse(warnings.contains("the setting of search_path"), warnings);
        assertEquals(to >= 16,
                warnings.contains(
                        "role \"app_ro\": the membership in \"pg_monitor\": the target's user may not grant it\n"),
                warnings);
        assertTrue(warnings.contains(
                "role \"root_like\": attributes, password, comment and settings: the target has it, and its user "
                        + "may not alter it\n"),
                warnings);
        assertEquals(to >= 16, warnings.contains("role \"app_rw\": attributes, password, comment and settings"),
                warnings);
        assertTrue(run.err().contains("hint: a superuser of the target may run: ALTER ROLE \"bypasses\" BYPASSRLS;\n"),
                run.err());
        assertTrue(run.err().contains(
                "hint: a superuser of the target may run: ALTER ROLE \"clerk\" SET \"log_statement\" TO 'all';\n"),
                run.err());
        loadAs(uri, file);
        loadAs(uri, file);
        assertEquals("SCRAM-SHA-256",
                target.query("shop", "SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = 'clerk'"));
        // With what was reported done by a superuser, nothing but the attributes of roles that were there is missing.
        run.err().lines().filter(line -> line.startsWith("dump-roles: hint: a superuser of the target may run: "))
                .forEach(line -> target.sql("shop", line.replaceFirst(".*?run: ", "")));
        assertEquals(
                withoutSettingsInOther(source.rows("shop", CATALOGS)).stream()
                        .filter(row -> !row.get(1).matches("root_like|app_rw")).toList(),
                target.rows("shop", CATALOGS).stream().filter(row -> !row.get(1).matches("root_like|app_rw|loader"))
                        .toList());
        if (from < 16) {
            assertEquals(abilities(source, to),
                    abilities(target, from).stream().filter(row -> !row.get(0).equals("loader")).toList());
        }
    }

    private static void loadAs(String uri, Path file) {
        Path psql = Oracle.clients(15).resolve("psql");
        Run run = Run.of(List.of(psql.toString(), "-Xq", "-v", "ON_ERROR_STOP=1", uri, "-f", file.toString()), Map.of(),
                null).orFail();
        assertEquals("", run.err());
    }

    @Test
    void a_reader_who_may_not_see_passwords_is_told_which_roles_go_without() throws IOException {
        PgServer source = SOURCES.get(15);
        source.sql("postgres", "CREATE ROLE reader LOGIN PASSWORD 'r'");
        Path file = folder.resolve("roles.sql");
        CommandRun run = dump(source.uri("shop", "reader", "r"), "-o", file.toString());
        source.sql("postgres", "DROP ROLE reader");
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                the passwords of the source cannot be read by "reader"; these roles can log in and are created \
                without a password: \
                "NOREPLICATION", "Rep_SUPERUSER_x", \
                "bypasses", "chain_3", "clerk", "creates", "expired", "granter", "md5_user", "no_inherit", \
                "no_password", "reader", "root_like"
                """, warnings(run));
        assertFalse(Files.readString(file).contains(" PASSWORD '"));
        TARGETS.get(15).script("shop", file);
        assertEquals(abilities(source, 15), abilities(TARGETS.get(15), 15));
    }

    static CommandRun dump(String source, String... options) {
        return dump(Map.of("SOURCE", source), options);
    }

    static CommandRun dump(Map<String, String> environment, String... options) {
        return CommandRun.of("DumpRoles", environment, options);
    }

    /** @return the warnings, without the command's name */
    static String warnings(CommandRun run) {
        return run.err().lines().filter(line -> line.startsWith("dump-roles: warning: "))
                .map(line -> line.substring(21) + "\n")
                .collect(Collectors.joining());
    }
}
