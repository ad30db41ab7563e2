//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rows;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;

/** Databases that are not UTF-8, by every way: bytes stay bytes, and letters stay letters. */
class EncodingTest {
    private static final String SQL_ASCII = "ENCODING 'SQL_ASCII' LOCALE 'C'";
    private static final String LATIN1 = "ENCODING 'LATIN1' LOCALE 'C'";
    /** Rows as the bytes that are stored. */
    private static final String STORED = """
            SELECT encode(convert_to(v, e), 'hex'), encode(convert_to(c, e), 'hex'), encode(convert_to(a[1], e), 'hex')
              FROM t, CAST(getdatabaseencoding() AS name) e""";

    @AutoClose
    private static PgServer source;
    @AutoClose
    private static PgServer target;
    private static String ascii;
    private static String latin;

    @TempDir
    Path folder;

    @BeforeAll
    static void fill() {
        source = PgServer.installed();
        target = PgServer.installed();
        ascii = source.newDatabase(SQL_ASCII);
        source.sql(ascii, "CREATE TABLE t (v text, c char(5), a text[])",
                "INSERT INTO t VALUES (E'a\\xe9\\\\b\\t', E'\\xff\\xfe', ARRAY[E'\\xf6'])",
                "CREATE MATERIALIZED VIEW m AS SELECT v FROM t",
                "DO $$ BEGIN EXECUTE E'ALTER TABLE t ALTER v SET DEFAULT ''\\xe4'''; EXECUTE E'COMMENT ON TABLE t "
                        + "IS ''\\xe9'''; END $$",
                "DO $$ BEGIN EXECUTE E'CREATE FUNCTION f() RETURNS text LANGUAGE sql AS ''SELECT "
                        + "''''\\xe9''''::text'''; END $$");
        latin = source.newDatabase(LATIN1);
        source.sql(latin, "CREATE TABLE t (v text DEFAULT 'größe', c char(5), a text[])",
                "INSERT INTO t VALUES (E'Grüße\\\\\\t', 'ÿ', ARRAY['ö'])",
                "CREATE SCHEMA \"Müller\"",
                "CREATE TABLE \"Müller\".\"Größe\" (\"Länge\" int PRIMARY KEY, \"Ä\" regclass)",
                "INSERT INTO \"Müller\".\"Größe\" VALUES (1, '\"Müller\".\"Größe_pkey\"')",
                "COMMENT ON TABLE \"Müller\".\"Größe\" IS 'Über'",
                "CREATE TYPE stimmung AS ENUM ('müde')",
                "CREATE FUNCTION \"fü\"() RETURNS text LANGUAGE sql AS $$ SELECT 'ä'::text $$",
                "CREATE MATERIALIZED VIEW \"Sicht\" AS SELECT \"fü\"() AS \"ü\"", "SELECT lo_from_bytea(5, '\\xe9ff')",
                "COMMENT ON LARGE OBJECT 5 IS 'Größe'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"streamed", "plain", "custom", "directory"})
    void bytes_that_are_no_utf8_stay_as_they_are(String way) {
        String copy = target.newDatabase(SQL_ASCII);
        arrives(ascii, copy, way);
        assertEquals(List.of(List.of("61e95c6209", "fffe", "f6")), target.rows(copy, STORED));
        assertEquals("e4", target.query(copy,
                "SELECT encode(substr(pg_get_expr(adbin, adrelid), 2, 1)::bytea, 'hex') FROM pg_attrdef"));
        assertEquals("e9", target.query(copy, "SELECT encode(obj_description('t'::regclass)::bytea, 'hex')"));
        assertEquals("e9", target.query(copy, "SELECT encode(f()::bytea, 'hex')"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"streamed", "plain", "custom", "directory"})
    void latin1_stays_latin1_with_its_names(String way) {
        String copy = target.newDatabase(LATIN1);
        arrives(latin, copy, way);
        assertEquals(List.of(List.of("4772fcdf655c09", "ff", "f6")), target.rows(copy, STORED));
        assertEquals(Oracle.schema(source, latin), Oracle.schema(target, copy));
        assertEquals(Oracle.data(source, latin), Oracle.data(target, copy));
    }

    @ParameterizedTest
    @ValueSource(strings = {"streamed", "directory"})
    void latin1_becomes_utf8_with_its_names(String way) {
        String copy = target.newDatabase();
        arrives(latin, copy, way);
        assertEquals(List.of(List.of("4772c3bcc39f655c09", "c3bf", "c3b6")), target.rows(copy, STORED));
        assertEquals(Oracle.data(source, latin), Oracle.data(target, copy));
    }

    @Test
    void a_role_whose_name_only_the_new_database_can_read_is_not_created_twice() {
        String other = target.newDatabase(LATIN1);
        source.sql(latin, "CREATE ROLE \"bücher\"", "GRANT SELECT ON t TO \"bücher\"");
        target.sql(other, "CREATE ROLE \"bücher\"");
        arrives(latin, "created", "streamed", "--create-database");
        assertEquals(Oracle.schema(source, latin), Oracle.schema(target, "created"));
        source.sql(latin, "DROP OWNED BY \"bücher\"", "DROP ROLE \"bücher\"");
        target.sql("created", "DROP OWNED BY \"bücher\"", "DROP ROLE \"bücher\"");
    }

    @Test
    void bytes_that_are_no_utf8_are_found_before_anything_is_moved_into_utf8() {
        String utf8 = target.newDatabase();
        CommandRun run = CommandRun.migrate(source.uri(ascii), target.uri(utf8));
        assertEquals(
                """
                error: table public.t holds bytes that are not valid UTF-8: invalid byte sequence for encoding \
                "UTF8": 0xe9 \
                0x5c 0x62
                hint: create the target with ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0, or \
                correct the texts""",
                run.failure());
        assertEquals(3, run.code());
        assertEquals("0", target.query(utf8, "SELECT count(*) FROM pg_class WHERE oid >= 16384"));
    }

    private void arrives(String from, String to, String way, String... more) {
        List<String> options = new ArrayList<>(List.of("--verify", "checksums"));
        options.addAll(List.of(more));
        if (!way.equals("streamed")) {
            options.addAll(List.of("--via-files", "--dir", folder.toString(), "--format", way));
        }
        CommandRun run = CommandRun.migrate(source.uri(from), target.uri(to), options.toArray(String[]::new));
        assertEquals(0, run.code(), run.err());
    }
}
