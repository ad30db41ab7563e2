//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/**
 * What an interrupted run has given to objects and roles, and the source has taken away or changed since, is in the end
 * as the source has it: privileges, default privileges, comments, owners, settings, memberships.
 */
class ResumeGivenTest {
    private static final Sides SIDES = Sides.installed();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String USER = "giver";
    private static final String ROLES = """
            SELECT a.rolname, a.rolsuper, a.rolinherit, a.rolcreaterole, a.rolcreatedb, a.rolcanlogin, a.rolconnlimit,
                   a.rolpassword, a.rolvaliduntil = 'infinity', shobj_description(a.oid, 'pg_authid'),
                   ARRAY(SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = a.oid AND setdatabase = 0
                     ORDER BY 1),
                   ARRAY(SELECT r.rolname || ' ' || m.admin_option FROM pg_auth_members m JOIN pg_roles r
                     ON r.oid = m.roleid WHERE m.member = a.oid ORDER BY 1)
              FROM pg_authid a WHERE a.rolname LIKE 'given\\_%' ORDER BY 1""";
    private static final String DATABASE = """
            SELECT ARRAY(SELECT x.grantee::regrole::text || ' ' || x.privilege_type FROM aclexplode(d.datacl) x
                   WHERE x.grantee::regrole::text LIKE 'given%' ORDER BY 1), ARRAY(SELECT s.setrole::regrole || ' ' || c
                   FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setdatabase = d.oid AND c NOT LIKE 'shop.%'
                   ORDER BY 1), shobj_description(d.oid, 'pg_database'),
                   ARRAY(SELECT l.oid || ' ' || x.grantee::regrole || ' ' || x.privilege_type
                     FROM pg_largeobject_metadata l, aclexplode(l.lomacl) x WHERE x.grantee <> l.lomowner ORDER BY 1),
                   ARRAY(SELECT objoid || description FROM pg_description WHERE classoid = 'pg_largeobject'::regclass
                     ORDER BY 1)
              FROM pg_database d WHERE d.datname = current_database()""";
    /** What is there when the first run ends, which is after the privileges. */
    private static final String BEFORE = """
            CREATE SCHEMA app AUTHORIZATION given_owner;
            CREATE DOMAIN app.code AS text CONSTRAINT short CHECK (length(VALUE) < 9);
            CREATE TYPE app.kind AS ENUM ('a', 'b');
            CREATE TABLE app.item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name app.code, kind app.kind,
              CONSTRAINT named CHECK (name <> ''));
            INSERT INTO app.item (name) SELECT 'item ' || i FROM generate_series(1, 50) i;
            CREATE TABLE app.price (item int, amount numeric);
            CREATE TABLE app.kept (v int);
            CREATE INDEX price_amount ON app.price (amount);
            CREATE FUNCTION app.twice(i int) RETURNS int LANGUAGE sql RETURN 2 * i;
            CREATE FUNCTION app.seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER seen AFTER INSERT ON app.price FOR EACH ROW EXECUTE FUNCTION app.seen();
            CREATE RULE kept AS ON INSERT TO app.kept DO ALSO NOTHING;
            CREATE POLICY own ON app.kept USING (v > 0);
            CREATE STATISTICS app.both ON item, amount FROM app.price;
            CREATE SEQUENCE app.ticket;
            CREATE VIEW app.cheap AS SELECT * FROM app.price WHERE amount < 1;
            CREATE AGGREGATE app.largest (int) (SFUNC = int4larger, STYPE = int);
            ALTER TABLE app.item OWNER TO given_owner; ALTER TABLE app.price OWNER TO given_owner;
            ALTER SEQUENCE app.ticket OWNER TO given_owner; ALTER FUNCTION app.twice(int) OWNER TO given_owner;
            GRANT USAGE ON SCHEMA app TO given_reader, given_clerk;
            GRANT SELECT, INSERT ON app.item TO given_reader WITH GRANT OPTION;
            SET ROLE given_reader; GRANT SELECT ON app.item TO given_clerk; RESET ROLE;
            GRANT SELECT (amount), UPDATE (item) ON app.price TO given_clerk;
            GRANT SELECT ON app.cheap TO PUBLIC; GRANT USAGE ON app.ticket TO given_reader;
            REVOKE EXECUTE ON FUNCTION app.twice(int) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION app.twice(int) TO given_clerk; GRANT USAGE ON TYPE app.kind TO given_clerk;
            REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES FOR ROLE given_owner IN SCHEMA app GRANT SELECT ON TABLES TO given_clerk;
            ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO given_reader;
            COMMENT ON SCHEMA app IS 'schema'; COMMENT ON TABLE app.item IS 'table';
            COMMENT ON COLUMN app.item.name IS 'column'; COMMENT ON CONSTRAINT named ON app.item IS 'constraint';
            COMMENT ON DOMAIN app.code IS 'domain'; COMMENT ON CONSTRAINT short ON DOMAIN app.code IS 'short';
            COMMENT ON TYPE app.kind IS 'type'; COMMENT ON INDEX app.price_amount IS 'index';
            COMMENT ON FUNCTION app.twice(int) IS 'function'; COMMENT ON AGGREGATE app.largest(int) IS 'aggregate';
            COMMENT ON TRIGGER seen ON app.price IS 'trigger'; COMMENT ON RULE kept ON app.kept IS 'rule';
            COMMENT ON POLICY own ON app.kept IS 'policy'; COMMENT ON STATISTICS app.both IS 'statistics';
            COMMENT ON SEQUENCE app.ticket IS 'sequence'; COMMENT ON VIEW app.cheap IS 'view';
            SELECT lo_from_bytea(4711, 'one'), lo_from_bytea(4712, 'two');
            GRANT SELECT, UPDATE ON LARGE OBJECT 4711 TO given_reader; COMMENT ON LARGE OBJECT 4711 IS 'one';
            ALTER LARGE OBJECT 4712 OWNER TO given_owner; GRANT SELECT ON LARGE OBJECT 4712 TO given_clerk;
            COMMENT ON SCHEMA public IS 'another'""";
    /** What the source takes away or changes then. */
    private static final String SINCE = """
            REVOKE USAGE ON SCHEMA app FROM given_clerk;
            REVOKE INSERT, SELECT ON app.item FROM given_reader CASCADE; GRANT UPDATE ON app.item TO given_clerk;
            REVOKE SELECT (amount) ON app.price FROM given_clerk;
            REVOKE SELECT ON app.cheap FROM PUBLIC; REVOKE USAGE ON app.ticket FROM given_reader;
            GRANT EXECUTE ON FUNCTION app.twice(int) TO PUBLIC;
            REVOKE EXECUTE ON FUNCTION app.twice(int) FROM given_clerk;
            REVOKE USAGE ON TYPE app.kind FROM given_clerk;
            GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC;
            ALTER DEFAULT PRIVILEGES FOR ROLE given_owner IN SCHEMA app REVOKE SELECT ON TABLES FROM given_clerk;
            ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM given_reader;
            CREATE TABLE app.late (v int);
            COMMENT ON SCHEMA app IS NULL; COMMENT ON TABLE app.item IS NULL;
            COMMENT ON COLUMN app.item.name IS NULL; COMMENT ON CONSTRAINT named ON app.item IS NULL;
            COMMENT ON DOMAIN app.code IS NULL; COMMENT ON CONSTRAINT short ON DOMAIN app.code IS NULL;
            COMMENT ON TYPE app.kind IS NULL; COMMENT ON INDEX app.price_amount IS NULL;
            COMMENT ON FUNCTION app.twice(int) IS NULL; COMMENT ON AGGREGATE app.largest(int) IS NULL;
            COMMENT ON TRIGGER seen ON app.price IS NULL; COMMENT ON RULE kept ON app.kept IS NULL;
            COMMENT ON POLICY own ON app.kept IS NULL; COMMENT ON STATISTICS app.both IS NULL;
            COMMENT ON SEQUENCE app.ticket IS NULL; COMMENT ON VIEW app.cheap IS 'kept';
            COMMENT ON SCHEMA public IS 'standard public schema';
            REVOKE UPDATE ON LARGE OBJECT 4711 FROM given_reader; COMMENT ON LARGE OBJECT 4711 IS NULL;
            REVOKE SELECT ON LARGE OBJECT 4712 FROM given_clerk; ALTER LARGE OBJECT 4712 OWNER TO %1$s;
            ALTER TABLE app.item OWNER TO %1$s; ALTER TABLE app.price OWNER TO given_clerk;
            ALTER FUNCTION app.twice(int) OWNER TO %1$s; ALTER SCHEMA app OWNER TO %1$s""";
    /** What is said in the schema itself, and makes its objects anew. */
    private static final String SCHEMA = """
            ALTER TABLE app.kept SET (fillfactor = 70); ALTER TABLE app.price REPLICA IDENTITY FULL;
            ALTER TABLE app.item ALTER name SET STATISTICS 300; ALTER SEQUENCE app.ticket INCREMENT 7 MAXVALUE 7000;
            ALTER TABLE app.item ALTER id SET INCREMENT 3; ALTER TABLE app.price DISABLE TRIGGER seen;
            ALTER INDEX app.price_amount SET (fillfactor = 60); ALTER TABLE app.price ALTER amount SET STORAGE EXTERNAL;
            ALTER TABLE app.kept FORCE ROW LEVEL SECURITY; ALTER TABLE app.price CLUSTER ON price_amount""";

    @AfterAll
    static void takeDown() {
        SIDES.close();
    }

    @BeforeAll
    static void user() {
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql("postgres", "CREATE ROLE " + USER + " LOGIN CREATEROLE PASSWORD 'secret'");
        }
    }

    private static CommandRun migrate(String source, String target, boolean superuser, String... options) {
        List<String> all = new ArrayList<>(Arrays.asList(options));
        all.addAll(List.of("--verify", "objects"));
        return CommandRun.migrate(SOURCE.uri(source),
                superuser ? TARGET.uri(target) : TARGET.uri(target, USER, "secret"),
                all.toArray(String[]::new));
    }

    private static String[] statements(String text) {
        return text.split(";\\s*\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_end_is_as_the_source_is_then(boolean superuser) {
        String me = superuser ? "postgres" : USER;
        String suffix = superuser ? "_s" : "_u";
        SOURCE.sql("postgres", roles("""
                CREATE ROLE given_owner; CREATE ROLE given_reader LOGIN CONNECTION LIMIT 3 PASSWORD 'one';
                CREATE ROLE given_clerk CREATEDB VALID UNTIL '2040-01-01'; GRANT given_reader TO given_clerk;
                COMMENT ON ROLE given_clerk IS 'writes'; ALTER ROLE given_clerk SET work_mem = '1MB';
                ALTER ROLE given_reader SET statement_timeout = '9s'""", suffix));
        String shop = SOURCE.newDatabase();
        SOURCE.sql(shop, roles(BEFORE, suffix));
        SOURCE.sql(shop, "CREATE FUNCTION made() RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF "
                + "current_setting('shop.made', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'not yet'; END IF; "
                + "RETURN 1; END $$", "SET shop.made = 'on'; CREATE MATERIALIZED VIEW last AS SELECT made()",
                "ALTER DATABASE " + shop + " SET shop.made = 'on'");
        SOURCE.sql("postgres", roles("GRANT CREATE ON DATABASE " + shop + " TO given_clerk; ALTER DATABASE " + shop
                + " SET work_mem = '3MB'; ALTER ROLE given_clerk IN DATABASE " + shop + " SET work_mem = '2MB'",
                suffix));
        SOURCE.sql(shop, "ALTER DATABASE " + shop + " RESET shop.made");
        String target = TARGET.newDatabase();
        if (!superuser) {
            TARGET.sql("postgres", "ALTER DATABASE " + target + " OWNER TO " + USER);
        }
        CommandRun first = migrate(shop, target, superuser);
        assertEquals(1, first.code(), first.err());
        SOURCE.sql(shop, roles(SINCE.formatted(me), suffix));
        SOURCE.sql(shop, roles(SCHEMA, suffix));
        SOURCE.sql("postgres", roles("REVOKE given_reader FROM given_clerk; ALTER ROLE given_clerk NOCREATEDB; ALTER "
                + "ROLE given_clerk RESET work_mem; ALTER ROLE given_clerk VALID UNTIL 'infinity'; COMMENT ON "
                + "ROLE given_clerk IS NULL; ALTER "
                + "ROLE given_reader NOLOGIN CONNECTION LIMIT 5 PASSWORD 'two'; REVOKE CREATE ON DATABASE " + shop
                + " FROM given_clerk; ALTER DATABASE " + shop + " RESET work_mem; ALTER ROLE given_clerk IN DATABASE "
                + shop + " RESET work_mem", suffix));
        TARGET.sql("postgres", "ALTER ROLE " + me + " IN DATABASE " + target + " SET shop.made = 'on'");
        CommandRun last = migrate(shop, target, superuser, "--resume");
        assertEquals(0, last.code(), last.err() + last.out());
        // The user who is no superuser owns what that one owned.
        List<String> wanted = Oracle.schema(SOURCE, shop).orElseThrow().lines()
                .map(line -> line.replaceFirst("(Owner:|OWNER TO) postgres\\b", "$1 " + me)).toList();
        List<String> there = Oracle.schema(TARGET, target).orElseThrow().lines().toList();
        assertEquals(minus(wanted, there), minus(there, wanted));
        assertEquals(wanted, there);
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
        assertEquals(SOURCE.rows(shop, DATABASE), TARGET.rows(target, DATABASE));
        assertEquals(SOURCE.rows(shop, ROLES.replace("given\\_%", "given%" + suffix)),
                TARGET.rows(target, ROLES.replace("given\\_%", "given%" + suffix)));
    }

    private static List<String> minus(List<String> all, List<String> less) {
        List<String> rest = new ArrayList<>(all);
        less.forEach(rest::remove);
        rest.removeIf(String::isBlank);
        return rest;
    }

    /** Roles are the whole server's. */
    private static String[] roles(String text, String suffix) {
        return statements(text.replaceAll("\\bgiven_(owner|reader|clerk)\\b", "given_$1" + suffix));
    }
}
