//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Locales;
import testbed.PgServer;
import testbed.Sides;

/**
 * A database that has to be created in another way is created as it is said, on servers whose own way would not go with
 * it.
 */
class EncodingRemediesTest {
    private static final PgServer SOURCE = Sides.shared().source();
    private static final PgServer TARGET = Sides.shared().target();
    private static final Pattern CREATION = Pattern.compile("create the target with (.*? TEMPLATE template0)");
    private static final String KIND =
            "SELECT concat_ws(' ', pg_encoding_to_char(encoding), datcollate, to_jsonb(d)->>'datlocprovider') FROM "
                    + "pg_database d WHERE datname = ";

    @AutoClose
    private static PgServer icu;
    @TempDir
    static Path folder;

    @BeforeAll
    static void start() {
        assumeTrue(ClientBinaries.clientMajor() >= 15, "before version 15 a database has no other provider of locales");
        icu = PgServer.plan(ClientBinaries.clientMajor())
                .initdb("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=und").start();
    }

    @Test
    void bytes_go_into_a_database_that_sorts_without_icu() {
        String from = SOURCE.newDatabase("ENCODING 'SQL_ASCII' LOCALE 'C'");
        SOURCE.sql(from, "CREATE TABLE item (t text)", "INSERT INTO item VALUES (convert_from('\\xff', 'SQL_ASCII'))");
        follows(SOURCE, icu, from, icu.newDatabase(), "bytes that are not valid UTF-8", "SQL_ASCII C c");
        SOURCE.sql("postgres", "DROP DATABASE " + from);
    }

    @Test
    void a_database_that_is_created_sorts_as_the_source_does() {
        String from = SOURCE.newDatabase("ENCODING 'SQL_ASCII' LOCALE 'C'");
        CommandRun created = CommandRun.migrate(SOURCE.uri(from), icu.uri("created"), "--create-database");
        assertEquals(0, created.code(), created.err());
        assertEquals("SQL_ASCII C c", icu.query("postgres", KIND + "'created'"));
        SOURCE.sql("postgres", "DROP DATABASE " + from);
    }

    /** Its locale goes with LATIN1 only. */
    @Test
    void a_server_whose_locale_is_no_utf8() throws IOException {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item AS SELECT '€'::text AS t");
        try (PgServer latin = Locales.in(folder, "locales").with("de_DE", "ISO-8859-1", "de_DE.iso88591").plan()
                .initdb("--encoding=LATIN1", "--locale=de_DE.iso88591").start()) {
            String to = latin.newDatabase();
            assertEquals("LATIN1 de_DE.iso88591 c", latin.query("postgres", KIND + "'" + to + "'"));
            follows(SOURCE, latin, from, to, "not every text can be converted", "UTF8 C.UTF-8 c");
            latin.sql(to, "CREATE TABLE item AS SELECT 'ü'::text AS t");
            String ascii = TARGET.newDatabase("ENCODING 'SQL_ASCII' LOCALE 'C'");
            assertTrue(follows(latin, TARGET, to, ascii, "not every text can be converted", "LATIN1 C c")
                    .contains("install the locale \"de_DE.iso88591\" on the target's server, then "));
            TARGET.sql("postgres", "DROP DATABASE " + ascii);
        }
        SOURCE.sql("postgres", "DROP DATABASE " + from);
    }

    /** Both name the same locale of the C library, which the texts of one of them do not sort by. */
    @Test
    void a_locale_of_another_provider(@TempDir Path temporary) {
        String from = icu.newDatabase("LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8'");
        icu.sql(from, "CREATE TABLE item (t text PRIMARY KEY)", "INSERT INTO item VALUES ('Z'), ('a'), ('ä')");
        String says = "warning: collation: texts sort by ICU de-DE on the source and by C.UTF-8 on the target";
        String plain = TARGET.newDatabase();
        CommandRun run = CommandRun.migrate(icu.uri(from), TARGET.uri(plain));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains(says), run.err());
        CommandRun checked =
                Dumps.restore(TARGET.uri(TARGET.newDatabase()), Dumps.dumped(icu, from, temporary.resolve("dump")));
        assertTrue(checked.err().contains(says), checked.err());
        CommandRun preflight = CommandRun.of("PreflightCheck",
                Map.of("SOURCE", icu.uri(from), "TARGET", TARGET.uri(TARGET.newDatabase())));
        Matcher way = Pattern.compile("create the target with (TEMPLATE template0 .*)")
                .matcher(preflight.out() + preflight.err());
        assertTrue(way.find(), preflight.out() + preflight.err());
        TARGET.sql("postgres", "CREATE DATABASE by_icu " + way.group(1));
        assertFalse(CommandRun.migrate(icu.uri(from), TARGET.uri("by_icu")).err().contains("collation"));
        assertEquals(icu.query(from, "SELECT string_agg(t, ' ' ORDER BY t) FROM item"),
                TARGET.query("by_icu", "SELECT string_agg(t, ' ' ORDER BY t) FROM item"));
        TARGET.sql("postgres", "DROP DATABASE by_icu");
    }

    /** What stops is followed with another database, which takes the rows then, and is of this kind. */
    private static String follows(PgServer source, PgServer target, String from, String to, String says, String kind) {
        CommandRun refused = CommandRun.migrate(source.uri(from), target.uri(to));
        assertEquals(3, refused.code(), refused.err());
        assertTrue(refused.failure().contains(says), refused.failure());
        // The last way is the one for who cannot install anything.
        List<String> ways = CREATION.matcher(refused.failure()).results().map(found -> found.group(1)).toList();
        assertTrue(!ways.isEmpty(), refused.failure());
        target.sql("postgres", "CREATE DATABASE encoded_other " + ways.get(ways.size() - 1));
        CommandRun again = CommandRun.migrate(source.uri(from), target.uri("encoded_other"));
        assertEquals(0, again.code(), again.err());
        assertEquals(source.query(from, "SELECT encode(t::bytea, 'hex') FROM item"),
                target.query("encoded_other", "SELECT encode(t::bytea, 'hex') FROM item"));
        assertEquals(kind, target.query("postgres", KIND + "'encoded_other'"));
        target.sql("postgres", "DROP DATABASE encoded_other");
        return refused.failure();
    }
}
