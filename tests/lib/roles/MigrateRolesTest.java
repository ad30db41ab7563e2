//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.PgServer;

/**
 * The roles that come along with a database: created where they are missing, kept where they exist, and what they lose
 * is no surprise.
 */
class MigrateRolesTest {
    private static final String ROLES = """
            SELECT rolname, rolsuper, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
              a.rolpassword, rolconfig,
                   shobj_description(a.oid, 'pg_authid'), array(SELECT m.roleid::regrole || ' ' || m.admin_option
                     FROM pg_auth_members m
                                                    WHERE m.member = a.oid ORDER BY 1)
              FROM pg_authid a JOIN pg_roles USING (rolname, rolsuper, rolcreatedb, rolcanlogin, rolreplication,
                rolbypassrls, rolconnlimit)
             WHERE a.oid >= 16384 ORDER BY 1""";
    private static final String PARAMETERS =
            "SELECT parname, privilege_type, is_grantable, coalesce(rolname, 'PUBLIC') FROM pg_parameter_acl, "
                    + "aclexplode(paracl) LEFT JOIN pg_roles r ON r.oid = grantee WHERE grantee <> 10 ORDER BY 1, 2, 4";

    private PgServer source;
    private PgServer target;
    private String database;

    @BeforeEach
    void make_forty_roles() {
        source = PgServer.installed();
        target = PgServer.installed();
        source.script("postgres", Path.of("tests", "sql", "roles.sql"));
        database = source.newDatabase();
        source.sql(database, "GRANT SET ON PARAMETER log_statement TO app_ro WITH GRANT OPTION",
                "GRANT ALTER SYSTEM ON PARAMETER work_mem TO PUBLIC",
                "CREATE TABLE t (id int)", "GRANT SELECT ON t TO app_ro", "ALTER TABLE t OWNER TO clerk",
                "GRANT ALL ON SCHEMA public TO clerk");
    }

    @AfterEach
    void stop() {
        source.close();
        target.close();
    }

    @Test
    void a_superuser_brings_all_that_belongs_to_them() {
        CommandRun run = CommandRun.migrate(source.uri(database), target.uri("moved"), "--create-database");
        assertEquals(0, run.code(), run.err());
        assertEquals(source.rows(database, ROLES), target.rows("moved", ROLES));
        assertEquals(source.rows(database, PARAMETERS), target.rows("moved", PARAMETERS));
    }

    @Test
    void what_the_target_s_user_may_not_give_is_announced_and_then_no_difference() {
        assumeTrue(target.major() < 16,
                "needs a server on which CREATEROLE is enough to grant any role, as before PostgreSQL 16");
        source.sql(database, "REVOKE ALL ON PARAMETER log_statement FROM app_ro",
                "REVOKE ALL ON PARAMETER work_mem FROM PUBLIC",
                "CREATE SCHEMA desk AUTHORIZATION clerk", "CREATE TABLE desk.t (id int)",
                "ALTER TABLE desk.t OWNER TO clerk");
        target.sql("postgres", "CREATE ROLE loader LOGIN PASSWORD 'l' CREATEROLE",
                "CREATE ROLE clerk NOLOGIN CONNECTION LIMIT 3",
                "GRANT clerk TO loader", "CREATE DATABASE moved OWNER loader");
        CommandRun run = CommandRun.migrate(source.uri(database), target.uri("moved", "loader", "l"));
        assertEquals(0, run.code(), run.err());
        for (String warning : List.of(
                "role \"clerk\" exists on the target with other attributes, another connection limit, "
                        + "another VALID UNTIL, other settings and is kept as it is",
                "role \"bypasses\": lowered, without BYPASSRLS: the target's user may not give it",
                "role \"root_like\": lowered, without SUPERUSER, REPLICATION, BYPASSRLS: the target's user may not "
                        + "give them",
                "role \"we\"ird\": the setting of myapp.x: only a superuser of the target may set it")) {
            assertTrue(run.err().contains("migrate: warning: roles: " + warning + "\n"), run.err());
            assertTrue(run.out().contains("warning: roles: " + warning + "\n"), run.out());
        }
        assertEquals("clerk", target.query("moved", "SELECT relowner::regrole FROM pg_class WHERE relname = 't'"));
        assertEquals("t", target.query("moved", "SELECT has_schema_privilege('clerk', 'desk', 'CREATE')"));
        assertEquals(List.of(List.of("3", "f")),
                target.rows("moved", "SELECT rolconnlimit, rolcanlogin FROM pg_roles WHERE rolname = 'clerk'"));
        assertEquals("app_ro,app_rw",
                target.query("moved", "SELECT string_agg(roleid::regrole::text, ',' ORDER BY 1) FROM pg_auth_members "
                        + "WHERE member = 'clerk'::regrole").replace("app_rw,app_ro", "app_ro,app_rw"));
    }

    @Test
    void a_second_database_finds_the_roles_there_and_names_how_they_differ_meanwhile() {
        source.sql("postgres", "ALTER ROLE clerk IN DATABASE " + database + " SET work_mem TO '3MB'",
                "ALTER ROLE chain_1 IN DATABASE postgres SET work_mem TO '2MB'");
        assertEquals(0, CommandRun.migrate(source.uri(database), target.uri("first"), "--create-database").code());
        String second = source.newDatabase();
        source.sql(second, "CREATE TABLE t (id int)", "ALTER TABLE t OWNER TO clerk",
                "ALTER ROLE clerk IN DATABASE " + second + " SET work_mem TO '5MB'");

        CommandRun same = CommandRun.migrate(source.uri(second), target.uri("second"), "--create-database");
        assertEquals(0, same.code(), same.err());
        assertEquals("", roleWarnings(same));
        assertEquals(List.of(List.of("first", "{work_mem=3MB}"), List.of("second", "{work_mem=5MB}")),
                target.rows("postgres", """
                SELECT datname, setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
                 WHERE setrole = 'clerk'::regrole ORDER BY 1"""));

        List<List<String>> kept = target.rows("postgres", ROLES);
        source.sql("postgres", "ALTER ROLE clerk PASSWORD 'changed'", "ALTER ROLE expired VALID UNTIL '2002-02-03'",
                "ALTER ROLE md5_user RESET ALL",
                "COMMENT ON ROLE app_ro IS NULL", "ALTER ROLE md5_user SET work_mem TO '4MB'",
                "ALTER ROLE creates CONNECTION LIMIT 9",
                "ALTER ROLE chain_1 CREATEDB");
        CommandRun changed = CommandRun.migrate(source.uri(second), target.uri("third"), "--create-database");
        assertEquals(0, changed.code(), changed.err());
        assertEquals("""
                role "app_ro" exists on the target with another comment and is kept as it is
                role "chain_1" exists on the target with other attributes and is kept as it is
                role "clerk" exists on the target with another stored password and is kept as it is
                role "creates" exists on the target with another connection limit and is kept as it is
                role "expired" exists on the target with another VALID UNTIL and is kept as it is
                role "md5_user" exists on the target with other settings and is kept as it is
                """, roleWarnings(changed));
        assertEquals(kept, target.rows("postgres", ROLES));
        CommandRun preflight = CommandRun.preflight(source.uri(second), target.uri("fourth"), "--create-database");
        String fixes = preflight.out().lines().filter(line -> line.contains("  fix: "))
                .map(line -> line.replaceFirst(" +fix: ", ""))
                .filter(fix -> fix.startsWith("ALTER ROLE") || fix.startsWith("COMMENT ON ROLE"))
                .collect(Collectors.joining("\n"));
        target.sql("postgres", fixes);
        String mended = CommandRun.preflight(source.uri(second), target.uri("fourth"), "--create-database").out();
        assertEquals(List.of(
                "warning  roles              role \"clerk\" exists on the target with another stored password and "
                        + "is kept as it is"),
                mended.lines().filter(line -> line.startsWith("warning  roles ")).toList());
        assertTrue(mended.contains("fix: dump-roles --apply\n"), mended);
    }

    private static String roleWarnings(CommandRun run) {
        return run.out().lines().filter(line -> line.contains("warning: roles: "))
                .map(line -> line.replaceFirst(".*warning: roles: ", "") + "\n")
                .collect(Collectors.joining());
    }
}
