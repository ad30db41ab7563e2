//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;

/**
 * What others than the owners have granted, in a chain of grantors, comes along with whoever granted it, or its loss is
 * named.
 */
class GrantorsTest {
    private static final String GRANTS = """
            SELECT relname, relacl::text, (SELECT string_agg(attname || attacl::text, ' ' ORDER BY 1) FROM pg_attribute
              WHERE attrelid = c.oid)
              FROM pg_class c WHERE relname IN ('item', 'seen') UNION ALL SELECT proname, proacl::text, NULL
                FROM pg_proc WHERE proname = 'price'
            UNION ALL SELECT nspname, nspacl::text, NULL FROM pg_namespace WHERE nspname = 'desk'
            UNION ALL SELECT 'large object', lomacl::text, NULL FROM pg_largeobject_metadata
            UNION ALL SELECT 'database', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(datacl) a
              WHERE a::text ~ '/first'), NULL
              FROM pg_database WHERE datname = current_database()
            UNION ALL SELECT 'default', defaclacl::text, NULL FROM pg_default_acl ORDER BY 1""";
    private static final String ABLE =
            """
            SELECT rolname, has_table_privilege(r.oid, 'desk.item', 'SELECT'), has_table_privilege(r.oid, 'desk.item',
              'SELECT WITH GRANT OPTION'),
                   has_column_privilege(r.oid, 'desk.item', 'id', 'UPDATE'), has_function_privilege(r.oid,
                     'desk.price(int)', 'EXECUTE'),
                   has_schema_privilege(r.oid, 'desk', 'USAGE') FROM pg_roles r WHERE oid >= 16384
                     AND rolname <> 'loader' ORDER BY 1""";

    @AutoClose
    private static PgServer source;
    @AutoClose
    private static PgServer target;

    @TempDir
    Path folder;

    @BeforeAll
    static void grant_in_a_chain() {
        source = PgServer.installed();
        target = PgServer.installed();
        source.sql("postgres", "CREATE DATABASE shop", "CREATE ROLE boss", "CREATE ROLE first",
                "CREATE ROLE \"Größe, \"\"2\"\"\"", "CREATE ROLE third");
        source.sql("shop", "CREATE SCHEMA desk AUTHORIZATION boss", """
                SET ROLE boss;
                CREATE TABLE desk.item (id int, name text);
                CREATE VIEW desk.seen AS SELECT id FROM desk.item;
                CREATE FUNCTION desk.price(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
                REVOKE ALL ON FUNCTION desk.price(int) FROM PUBLIC;
                SELECT lo_from_bytea(4711, 'x');
                GRANT SELECT ON LARGE OBJECT 4711 TO first WITH GRANT OPTION;
                GRANT USAGE ON SCHEMA desk TO first WITH GRANT OPTION;
                GRANT SELECT ON desk.item, desk.seen TO first WITH GRANT OPTION;
                GRANT UPDATE (id) ON desk.item TO first WITH GRANT OPTION;
                GRANT EXECUTE ON FUNCTION desk.price(int) TO first WITH GRANT OPTION;
                ALTER DEFAULT PRIVILEGES IN SCHEMA desk GRANT SELECT ON TABLES TO first WITH GRANT OPTION;
                RESET ROLE;
                GRANT CREATE ON DATABASE shop TO first WITH GRANT OPTION;
                SET ROLE first;
                GRANT SELECT ON LARGE OBJECT 4711 TO third;
                GRANT CREATE ON DATABASE shop TO third;
                GRANT USAGE ON SCHEMA desk TO "Größe, ""2""\" WITH GRANT OPTION;
                GRANT SELECT ON desk.item TO "Größe, ""2""\" WITH GRANT OPTION;
                GRANT UPDATE (id) ON desk.item TO third;
                GRANT EXECUTE ON FUNCTION desk.price(int) TO third;
                SET ROLE "Größe, ""2""\";
                GRANT USAGE ON SCHEMA desk TO PUBLIC;
                GRANT SELECT ON desk.item TO third""");
    }

    private static void loader(String... statements) {
        target.sql("postgres", "DROP DATABASE IF EXISTS moved");
        for (String role : List.of("boss", "first", "\"Größe, \"\"2\"\"\"", "third", "loader")) {
            target.sql("postgres", "DROP ROLE IF EXISTS " + role);
        }
        target.sql("postgres", "CREATE ROLE loader LOGIN PASSWORD 'l'", "CREATE DATABASE moved OWNER loader");
        target.sql("moved", statements);
    }

    private static String uri() {
        return target.uri("moved", "loader", "l");
    }

    @Test
    void somebody_who_may_act_as_each_grantor_brings_them_all() {
        loader("ALTER ROLE loader CREATEROLE");
        CommandRun run = CommandRun.migrate(source.uri("shop"), uri());
        assertEquals(0, run.code(), run.err());
        assertEquals(source.rows("shop", GRANTS), target.rows("moved", GRANTS));
        assertFalse(run.err().contains("granted by the owners"), run.err());
        assertEquals(List.of(), target.joined("loader"));

        CommandRun superuser = CommandRun.migrate(source.uri("shop"), target.uri("again"), "--create-database");
        assertEquals(0, superuser.code(), superuser.err());
        assertEquals(source.rows("shop", GRANTS), target.rows("again", GRANTS));
        target.sql("postgres", "DROP DATABASE again");
    }

    @Test
    void whom_one_cannot_act_as_is_named_before_and_the_owner_grants_the_same() {
        loader("CREATE ROLE boss", "CREATE ROLE first", "CREATE ROLE \"Größe, \"\"2\"\"\"", "CREATE ROLE third",
                "GRANT boss, first TO loader");
        CommandRun preflight = CommandRun.preflight(source.uri("shop"), uri());
        assertEquals("""
                warning  privileges         privileges granted by role "Größe, "2"" will be granted by the owners \
                instead: "loader" cannot act as it on the target
                                              fix: GRANT "Größe, ""2""\" TO "loader";
                """,
                preflight.out().lines().dropWhile(line -> !line.startsWith("warning  privileges")).limit(2)
                        .map(line -> line + "\n")
                        .collect(Collectors.joining()));
        CommandRun run = CommandRun.migrate(source.uri("shop"), uri());
        assertEquals(0, run.code(), run.err());
        assertEquals(source.rows("shop", ABLE), target.rows("moved", ABLE));
        assertEquals(
                "{boss=arwdDxt" + (target.major() >= 17 ? "m" : "")
                        + "/boss,first=r*/boss,\"\\\"Größe, \\\"\\\"2\\\"\\\"\\\"=r*/first\",third=r/boss}",
                target.query("moved", "SELECT relacl FROM pg_class WHERE relname = 'item'"));
    }

    @Test
    void a_dump_without_roles_is_restored_likewise_and_a_shell_script_of_it_too() {
        Path dump = folder.resolve("shop");
        assertEquals(0, Dumps.dump(source.uri("shop"), dump).code());
        loader("CREATE ROLE boss", "CREATE ROLE first", "CREATE ROLE \"Größe, \"\"2\"\"\"", "CREATE ROLE third",
                "GRANT boss, first TO loader");
        CommandRun run = Dumps.restore(uri(), dump);
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of(
                "restore-postgres: warning: privileges granted by role \"Größe, \"2\"\" are granted by the owners "
                        + "instead: "
                        + "\"loader\" cannot act as it"),
                run.err().lines().filter(line -> line.contains(" are granted by the owners ")).toList());
        assertEquals(source.rows("shop", ABLE), target.rows("moved", ABLE));

        loader("CREATE ROLE boss", "CREATE ROLE first", "CREATE ROLE \"Größe, \"\"2\"\"\"", "CREATE ROLE third",
                "GRANT boss, first, \"Größe, \"\"2\"\"\" TO loader");
        Run pasted = PastedScript.between(Dumps.restore(uri(), dump, "--dry-run"), "", uri());
        assertEquals(0, pasted.code(), pasted.err());
        assertEquals(source.rows("shop", GRANTS), target.rows("moved", GRANTS));
    }
}
