//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Sides;

/**
 * With standard_conforming_strings=off the text of a dump has two backslashes where a constant has one, and says so in
 * its head.
 */
class BackslashesTest {
    private static final Sides SIDES = Sides.shared();

    @TempDir
    Path folder;

    private static String filled(PgServer server) {
        String database = server.newDatabase();
        server.sql(database, "ALTER DATABASE " + database + " SET standard_conforming_strings = off",
                "SET standard_conforming_strings = on",
                "CREATE TABLE paths (p text CHECK (p ~ '^C:\\\\'), q text DEFAULT 'C:\\tmp', d text GENERATED "
                        + "ALWAYS AS (p || '\\') STORED)",
                "INSERT INTO paths (p) VALUES ('C:\\a'), ('C:\\b c')",
                "CREATE TABLE part (p text) PARTITION BY LIST (p)",
                "CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('a\\b')", "INSERT INTO part VALUES ('a\\b')",
                "CREATE TABLE regex (r text, CONSTRAINT digits CHECK (r ~ '^\\d+$'))",
                "INSERT INTO regex VALUES ('123')",
                "CREATE DOMAIN word AS text DEFAULT '\\' CHECK (VALUE ~ '\\w')",
                "CREATE TYPE slash AS ENUM ('\\', '\\\\')",
                "CREATE VIEW v AS SELECT p, p LIKE 'C:\\\\%' AS c FROM paths",
                "CREATE MATERIALIZED VIEW m AS SELECT p, '\\'::text AS c FROM paths",
                "COMMENT ON TABLE paths IS 'a\\b'", "CREATE INDEX pi ON paths (p) WHERE p ~ '\\w'",
                "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '\\'; RETURN "
                        + "NEW; END $$",
                "CREATE FUNCTION cut(p text DEFAULT '\\') RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT "
                        + "replace(p, ''\\'', ''/'')'",
                "CREATE TRIGGER told BEFORE UPDATE ON paths FOR EACH ROW WHEN (NEW.p = '\\') EXECUTE FUNCTION "
                        + "told('a\\b')",
                "CREATE RULE quiet AS ON UPDATE TO v DO INSTEAD INSERT INTO regex VALUES ('\\')",
                "ALTER TABLE paths ENABLE ROW LEVEL SECURITY", "CREATE POLICY mine ON paths USING (p ~ '\\w')",
                "CREATE PUBLICATION out FOR TABLE paths WHERE (p ~ '\\w')");
        return database;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "directory", "plain", "restore", "script"})
    void constants_keep_their_backslashes(String way) {
        String source = filled(SIDES.source());
        String target = SIDES.target().newDatabase();
        switch (way) {
            case "" -> succeeds(SIDES.migrate(source, target));
            case "restore" -> {
                Path dump = folder.resolve("shop");
                succeeds(Dumps.dump(SIDES.source().uri(source), dump));
                succeeds(Dumps.restore(SIDES.target().uri(target), dump));
            }
            case "script" -> PastedScript.between(SIDES.migrate(source, target, "--dry-run"),
                    SIDES.source().uri(source), SIDES.target().uri(target));
            default ->
                succeeds(SIDES.migrate(source, target, "--via-files", "--dir", folder.toString(), "--format", way));
        }
        String expected = Oracle.restore(SIDES.source(), source, SIDES.target());
        // pg_dump writes as the database has it.
        SIDES.target().sql(expected, "ALTER DATABASE " + expected + " SET standard_conforming_strings = off");
        assertEquals(Oracle.schema(SIDES.target(), expected), Oracle.schema(SIDES.target(), target));
        assertEquals(Oracle.data(SIDES.source(), source), Oracle.data(SIDES.target(), target));
    }

    private static void succeeds(CommandRun run) {
        assertEquals(0, run.code(), run.err());
    }
}
