//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.server.OwnSchema.State;
import lib.server.OwnSchema.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.PgServer;
import testbed.Sides;

/** What only bears the name of our schema, or what others may have changed in it, is told from what we have made. */
class OwnSchemaTest {
    private static final Table LIST = Table.of("list", List.of(), "place int4 !", "words text !", "numbers _oid");
    private static final Table KEYED = Table.of("keyed", List.of("id"), "id int4 !", "due timestamptz !");
    private static final List<Table> TABLES = List.of(LIST, KEYED);

    /**
     * Each after a SET SESSION AUTHORIZATION of somebody; "we" is the connecting user, "they" have no more than CREATE
     * in the database.
     */
    private static final List<String> FOREIGN = List.of(
            "we: ALTER TABLE list ADD more int",
            "we: ALTER TABLE list DROP words",
            "we: ALTER TABLE list DROP words; ALTER TABLE list ADD words text NOT NULL",
            "we: ALTER TABLE list ALTER place DROP NOT NULL",
            "we: ALTER TABLE list ALTER numbers SET NOT NULL",
            "we: ALTER TABLE list ALTER place SET DEFAULT 7",
            "we: ALTER TABLE list ALTER place ADD GENERATED ALWAYS AS IDENTITY",
            "we: ALTER TABLE list DROP numbers, ADD numbers oid[] GENERATED ALWAYS AS (ARRAY[7::oid]) STORED",
            "we: ALTER TABLE list ALTER place TYPE bigint",
            "we: ALTER TABLE list ALTER words TYPE varchar(7)",
            "we: ALTER TABLE list ALTER words TYPE text COLLATE \"C\"",
            "we: CREATE DOMAIN public.text AS pg_catalog.text; ALTER TABLE list ALTER words TYPE public.text",
            "we: ALTER TABLE list RENAME words TO phrases",
            "we: ALTER TABLE list ADD CHECK (place > 0)",
            "we: ALTER TABLE list ADD UNIQUE (place)",
            "we: ALTER TABLE list ADD PRIMARY KEY (place)",
            "we: ALTER TABLE keyed DROP CONSTRAINT keyed_pkey",
            "we: ALTER TABLE list ADD FOREIGN KEY (place) REFERENCES keyed",
            "we: CREATE INDEX ON list (length(words))",
            "we: CREATE STATISTICS public.together ON place, words FROM list",
            "we: CREATE RULE listed AS ON INSERT TO list DO ALSO NOTIFY listed",
            "we: CREATE FUNCTION public.fired() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
                    + "CREATE TRIGGER fired BEFORE INSERT ON list FOR EACH ROW EXECUTE FUNCTION public.fired()",
            "we: ALTER TABLE list ENABLE ROW LEVEL SECURITY",
            "we: ALTER TABLE list FORCE ROW LEVEL SECURITY",
            "we: CREATE POLICY few ON list USING (true)",
            "we: CREATE TABLE public.child () INHERITS (list)",
            "we: CREATE TABLE public.parent (place int NOT NULL); ALTER TABLE list INHERIT public.parent",
            "we: CREATE TABLE public.parts (place int NOT NULL, words text NOT NULL, numbers oid[]) PARTITION BY "
                    + "LIST (place); "
                    + "ALTER TABLE public.parts ATTACH PARTITION list DEFAULT",
            "we: CREATE TYPE public.row AS (place int, words text, numbers oid[]); ALTER TABLE list OF public.row",
            "we: ALTER TABLE list SET UNLOGGED",
            "we: DROP TABLE list; CREATE TABLE list (place int NOT NULL, words text NOT NULL, numbers oid[]) "
                    + "PARTITION BY LIST (place)",
            "we: DROP TABLE list; CREATE VIEW list AS SELECT 1 AS place, 'x'::text AS words, NULL::oid[] AS numbers",
            "we: DROP TABLE list; CREATE MATERIALIZED VIEW list AS SELECT 1 AS place, 'x'::text AS words, "
                    + "NULL::oid[] AS numbers",
            "we: DROP TABLE list; CREATE SEQUENCE list",
            "we: DROP TABLE list; CREATE TYPE list AS (place int, words text, numbers oid[])",
            "we: CREATE TABLE mine (id int)",
            "we: CREATE VIEW mine AS SELECT 1",
            "we: CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "we: CREATE DOMAIN mine AS int",
            "we: CREATE OPERATOR <<<< (PROCEDURE = int4pl, LEFTARG = int, RIGHTARG = int)",
            "we: ALTER DEFAULT PRIVILEGES IN SCHEMA tsmigrate GRANT SELECT ON TABLES TO they",
            "we: GRANT SELECT ON list TO they",
            "we: GRANT TRIGGER ON keyed TO PUBLIC",
            "we: GRANT UPDATE (words) ON list TO they",
            "we: GRANT SELECT (tableoid) ON list TO PUBLIC",
            "we: GRANT USAGE ON SCHEMA tsmigrate TO they",
            "we: GRANT CREATE ON SCHEMA tsmigrate TO PUBLIC",
            "postgres: ALTER SCHEMA tsmigrate OWNER TO they",
            "postgres: ALTER TABLE list OWNER TO they",
            "postgres: ALTER TABLE keyed OWNER TO they",
            "postgres: DROP SCHEMA tsmigrate CASCADE; SET SESSION AUTHORIZATION they; CREATE SCHEMA tsmigrate",
            "postgres: DROP SCHEMA tsmigrate CASCADE; SET SESSION AUTHORIZATION they; CREATE SCHEMA tsmigrate; "
                    + "CREATE TABLE list (place int NOT NULL, words text NOT NULL, numbers oid[]); CREATE TABLE "
                    + "keyed (id int PRIMARY KEY, due timestamptz NOT NULL)",
            "postgres: DROP SCHEMA tsmigrate CASCADE; CREATE EXTENSION file_fdw SCHEMA public; CREATE SERVER files "
                    + "FOREIGN DATA WRAPPER file_fdw; CREATE SCHEMA tsmigrate AUTHORIZATION we; "
                    + "CREATE FOREIGN TABLE list (place int NOT NULL, words text NOT NULL, numbers oid[]) SERVER "
                    + "files OPTIONS (program 'false')",
            "postgres: ALTER EXTENSION plpgsql ADD TABLE list",
            "postgres: ALTER EXTENSION plpgsql ADD SCHEMA tsmigrate");

    /** What is ours in spite of it. */
    private static final List<String> OURS = List.of("we: SELECT", "we: DROP TABLE list",
            "postgres: ALTER SCHEMA tsmigrate OWNER TO postgres",
            "postgres: ALTER TABLE list OWNER TO postgres; GRANT SELECT ON list TO we; ALTER SCHEMA tsmigrate "
                    + "OWNER TO postgres; GRANT USAGE ON SCHEMA tsmigrate TO we",
            "we: GRANT SELECT ON list TO postgres",
            "we: INSERT INTO list SELECT 1, repeat(md5('x'), 1000); ANALYZE list; CLUSTER keyed USING keyed_pkey");

    /** What is said of several things: the same on every server, in whatever order it finds them. */
    private static final Map<String, String> FIRST = Map.of(
            "postgres: ALTER TABLE keyed OWNER TO they; ALTER TABLE list OWNER TO they",
            "relation tsmigrate.list belongs to \"they\"",
            "we: ALTER TABLE keyed SET UNLOGGED; ALTER TABLE list FORCE ROW LEVEL SECURITY; ALTER TABLE list SET "
                    + "UNLOGGED",
            "relation tsmigrate.list is an unlogged or temporary table",
            "we: CREATE TABLE zebra (id int); CREATE TABLE \"ant\" (id int)",
            "schema tsmigrate holds table tsmigrate.ant",
            "we: GRANT SELECT ON keyed, list TO they, PUBLIC",
            "others have privileges on relation tsmigrate.list: PUBLIC");

    @ParameterizedTest
    @ValueSource(ints = {12, 15, 18})
    void nothing_is_ours_that_others_may_have_made_or_changed(int major) throws SQLException {
        PgServer server = PgServer.shared(major);
        String database = server.newDatabase();
        server.sql(database, "CREATE ROLE we", "CREATE ROLE they",
                "GRANT CREATE ON DATABASE " + database + " TO we, they",
                "GRANT CREATE ON SCHEMA public TO we, they");
        Map<String, String> wrong = new LinkedHashMap<>();
        try (Session session = server.session("source", database); Statement statement = session.createStatement()) {
            statement.execute("SET search_path TO ''");
            session.setAutoCommit(false);
            for (String change : FOREIGN) {
                OwnSchema.Found found = changed(session, statement, change);
                if (found.state() != State.FOREIGN || found.reason() == null || found.owner() == null) {
                    wrong.put(change, found.toString());
                }
            }
            for (Map.Entry<String, String> change : FIRST.entrySet()) {
                OwnSchema.Found found = changed(session, statement, change.getKey());
                if (!change.getValue().equals(found.reason())) {
                    wrong.put(change.getKey(), found.toString());
                }
            }
            for (String change : OURS) {
                OwnSchema.Found found = changed(session, statement, change);
                if (found.state() != State.OURS) {
                    wrong.put(change, found.toString());
                }
            }
        }
        server.sql("postgres", "DROP DATABASE " + database, "DROP ROLE we", "DROP ROLE they");
        assertEquals(Map.of(), wrong);
    }

    private static OwnSchema.Found changed(Session session, Statement statement, String change) throws SQLException {
        statement.execute("SET SESSION AUTHORIZATION we");
        OwnSchema.create(session, TABLES);
        try {
            statement.execute(
                    "SET LOCAL search_path TO tsmigrate; SET SESSION AUTHORIZATION " + change.replaceFirst(":", ";"));
        } catch (SQLException e) {
            throw new IllegalStateException(change + ": " + e.getMessage(), e);
        }
        statement.execute("SET LOCAL search_path TO ''; SET SESSION AUTHORIZATION we");
        OwnSchema.Found found = OwnSchema.find(session, TABLES);
        session.rollback();
        return found;
    }

    @Test
    void what_default_privileges_give_is_taken_back_before_anybody_sees_it() throws SQLException {
        PgServer server = Sides.shared().target();
        String database = server.newDatabase();
        server.sql(database, "CREATE ROLE guest", "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO guest, PUBLIC",
                "ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO guest");
        try (Session session = server.session("source", database); Statement statement = session.createStatement()) {
            statement.execute("SET search_path TO ''; BEGIN");
            assertEquals(State.ABSENT, OwnSchema.find(session, TABLES).state());
            OwnSchema.create(session, TABLES);
            statement.execute("COMMIT");
            OwnSchema.Found found = OwnSchema.find(session, TABLES);
            assertEquals(State.OURS, found.state(), found.reason());
            assertEquals(Set.of("list", "keyed"), Set.copyOf(found.tables()));
            assertNull(found.reason());
            OwnSchema.drop(session, List.of(LIST), Set.of("keyed"));
            assertEquals(Set.of("keyed"), OwnSchema.find(session, TABLES).tables());
            OwnSchema.drop(session, TABLES, Set.of());
            assertEquals(State.ABSENT, OwnSchema.find(session, TABLES).state());
        }
        assertEquals("f",
                server.query(database, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'tsmigrate')"));
        server.sql("postgres", "DROP DATABASE " + database, "DROP ROLE guest");
    }

    @Test
    void a_refusal_names_the_schema_the_side_the_reason_and_the_owner() throws SQLException {
        PgServer server = Sides.shared().source();
        String database = server.newDatabase();
        server.sql(database, "CREATE ROLE stranger", "CREATE SCHEMA tsmigrate AUTHORIZATION stranger",
                "CREATE TABLE tsmigrate.list (id int)");
        try (Session session = server.session("source", database)) {
            var found = OwnSchema.find(session, TABLES);
            assertEquals(
                    "schema \"tsmigrate\" on the source is not one that this program can trust: schema tsmigrate "
                            + "belongs to \"stranger\"",
                    found.text("source"));
            assertTrue(found.hint().contains("its owner \"stranger\""), found.hint());
            assertEquals(3, found.refusal("source").exitCode());
        }
        server.sql("postgres", "DROP DATABASE " + database, "DROP ROLE stranger");
    }
}
