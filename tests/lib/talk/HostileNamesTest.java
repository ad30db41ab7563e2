//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;

/**
 * Names that mean something else in the source's database than in the system: functions and operators that stand before
 * those of pg_catalog in the search path of the database, and casts of types of the user's own. None of them runs as
 * the operator.
 */
class HostileNamesTest {
    private static final String ROLE = "looking_glass";
    private static final String STRIKE = """
            CREATE FUNCTION mirror.strike(what text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
            BEGIN
              RAISE LOG 'looking_glass has struck: % in %', what, current_query();
              IF session_user <> 'looking_glass' THEN
                BEGIN EXECUTE 'ALTER ROLE looking_glass SUPERUSER'; EXCEPTION WHEN OTHERS THEN RAISE LOG 'in vain'; END;
              END IF;
            END $$""";
    /** Those of these types, with their own result. */
    private static final String MIRROR = """
            DO $$
            DECLARE
              f record;
              types oid[] := '{text,name,oid,int4,int8,bool,"char",regclass,float8,timestamptz,interval,\
            regtype,int2,oidvector,aclitem}'::regtype[];
            BEGIN
              FOR f IN SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS args, \
            pg_get_function_result(p.oid) AS result, o.oprname,
                       o.oprleft::regtype AS l, o.oprright::regtype AS r
                  FROM pg_proc p LEFT JOIN pg_operator o ON o.oprcode = p.oid AND o.oprright <> 0
                 WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.proargtypes::oid[] <@ \
            types AND p.prorettype = ANY (types)
                   AND p.provariadic = 0 AND p.pronargs > 0 AND p.proallargtypes IS NULL AND p.pronargdefaults = 0
              LOOP
                EXECUTE pg_catalog.format('CREATE OR REPLACE FUNCTION mirror.%I(%s) RETURNS %s LANGUAGE plpgsql \
            IMMUTABLE AS %L', f.proname, f.args, f.result,
                  pg_catalog.format('BEGIN PERFORM mirror.strike(%L); RETURN%s; END', f.proname || '(' || f.args || \
            ')', CASE WHEN f.result ~ '^SETOF' THEN '' ELSE ' NULL' END));
                IF f.oprname IS NOT NULL THEN
                  EXECUTE pg_catalog.format('CREATE OPERATOR mirror.%s (%s RIGHTARG = %s, FUNCTION = mirror.%I)', \
            f.oprname,
                    CASE WHEN f.l <> 0 THEN pg_catalog.format('LEFTARG = %s,', f.l) END, f.r, f.proname);
                END IF;
              END LOOP;
            END $$""";
    private static PgServer server;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = PgServer.shared(ClientBinaries.clientMajor());
        server.sql("postgres", "CREATE ROLE " + ROLE + " LOGIN");
    }

    private static String shop(String... more) {
        String shop = server.newDatabase();
        server.sql("postgres", "ALTER DATABASE " + shop + " OWNER TO " + ROLE);
        server.sql(shop, "ALTER SCHEMA public OWNER TO " + ROLE, "SET ROLE " + ROLE, "CREATE SCHEMA mirror", STRIKE,
                "CREATE TABLE item (id int PRIMARY KEY, name text, at timestamptz DEFAULT now())",
                "INSERT INTO item SELECT i, 'item ' || i FROM generate_series(1, 100) i",
                "CREATE VIEW named AS SELECT name FROM item", "CREATE SEQUENCE number", "CREATE INDEX ON item (name)",
                "SELECT lo_from_bytea(0, 'large')");
        server.sql(shop, more);
        return shop;
    }

    /** What has not been looked at yet of the server's log, which other tests share. */
    private static int known;

    private static void assertHarmless(String what) {
        String log = server.log();
        List<String> struck = log.substring(known).lines().filter(line -> line.contains(ROLE + " has struck")).toList();
        known = log.length();
        assertEquals(List.of(), struck.stream().limit(5).toList(), what);
        assertEquals("f", server.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = '" + ROLE + "'"),
                what);
    }

    /** Everything that looks at the source and changes nothing but an empty target. */
    private void run(String shop, String level, String... filters) {
        known = server.log().length();
        String target = server.newDatabase();
        Map<String, String> both = Map.of("SOURCE", server.uri(shop), "TARGET", server.uri(target));
        CommandRun preflight = CommandRun.of("PreflightCheck", both, filters);
        assertEquals(0, preflight.code(), preflight.out());
        assertHarmless("preflight");
        Dumps.dumped(server, shop, folder.resolve(level), filters);
        assertHarmless("dump");
        CommandRun roles = CommandRun.of("DumpRoles", Map.of("SOURCE", server.uri(shop)), "--out",
                folder.resolve("roles").toString());
        assertEquals(0, roles.code(), roles.err());
        CommandRun.of("RepairCommand", both);
        assertHarmless("dump-roles, repair");
        CommandRun printed = CommandRun.of("Migrate", both, concat(filters, "--dry-run"));
        assertEquals(0, printed.code(), printed.err());
        CommandRun migrate = CommandRun.of("Migrate", both, concat(filters, "--verify", level));
        assertHarmless("migrate");
        assertEquals(0, migrate.code(), migrate.err());
        assertTrue(migrate.err().contains("verify: no differences"), migrate.err());
        CommandRun verify = CommandRun.of("Verify", both, concat(filters, "--level", level));
        assertEquals(0, verify.code(), verify.out());
        assertHarmless("verify");
    }

    private static String[] concat(String[] first, String... more) {
        return java.util.stream.Stream.of(first, more).flatMap(java.util.stream.Stream::of).toArray(String[]::new);
    }

    @Test
    void functions_and_operators_before_those_of_the_system_do_not_run() {
        String shop = shop("SET ROLE " + ROLE, MIRROR,
                "CREATE FUNCTION mirror.counted(int8) RETURNS int8 LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                        + "mirror.strike('count'); RETURN 1; END $$",
                "CREATE AGGREGATE mirror.count(*) (SFUNC = mirror.counted, STYPE = int8, INITCOND = '0')");
        assertTrue(Integer.parseInt(
                server.query(shop, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'mirror'::regnamespace")) > 300);
        // What is named without its schema is hers from here on, for everybody who connects.
        server.sql("postgres", "SET ROLE " + ROLE,
                "ALTER DATABASE " + shop + " SET search_path = mirror, public, pg_catalog");
        run(shop, "checksums", "--exclude-schema", "mirror");
        // The attack is a real one.
        server.sql(shop, "SELECT count(*) FROM public.item");
        assertEquals("t", server.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = '" + ROLE + "'"));
        server.sql("postgres", "ALTER ROLE " + ROLE + " NOSUPERUSER");
        known = server.log().length();
    }

    @Test
    void casts_of_the_user_s_types_do_not_run_when_catalogs_are_read() {
        String shop = shop("SET ROLE " + ROLE, "CREATE TYPE mood AS ENUM ('good', 'bad')",
                "CREATE TYPE pair AS (a int, b text)", "CREATE DOMAIN small AS int CHECK (value < 1000)",
                "CREATE FUNCTION said(mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                        + "mirror.strike('mood'); RETURN 'good'; END $$",
                "CREATE FUNCTION written(mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                        + "mirror.strike('mood as json'); RETURN '1'; END $$",
                "CREATE FUNCTION told(pair) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                        + "mirror.strike('pair'); RETURN ''; END $$",
                "CREATE CAST (mood AS text) WITH FUNCTION said(mood) AS IMPLICIT",
                "CREATE CAST (mood AS json) WITH FUNCTION written(mood) AS IMPLICIT",
                "CREATE CAST (pair AS text) WITH FUNCTION told(pair) AS ASSIGNMENT",
                "CREATE TABLE felt (id int, m mood DEFAULT 'good', p pair DEFAULT '(1,x)', s small) PARTITION BY "
                        + "LIST (m)",
                "CREATE TABLE felt_good PARTITION OF felt FOR VALUES IN ('good')",
                "CREATE TABLE felt_rest PARTITION OF felt DEFAULT",
                "INSERT INTO felt (id, m, s) SELECT i, CASE WHEN i % 2 = 0 THEN 'good' ELSE 'bad' END::mood, i "
                        + "FROM generate_series(1, 100) i",
                "CREATE STATISTICS felt_by ON id, m FROM felt", "ANALYZE felt", "CREATE INDEX ON felt (m)",
                "CREATE VIEW feelings AS SELECT id FROM felt WHERE m = 'good'");
        run(shop, "counts");
    }
}
