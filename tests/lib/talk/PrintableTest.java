//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS com.google.code.gson:gson:2.13.1

package lib.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import lib.server.Finding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.PgServer;
import testbed.Run;

/**
 * Names that would move a terminal's cursor or forge a line are shown so that they are seen, and SQL and shell words
 * still mean them.
 */
class PrintableTest {
    private static final String EVIL =
            "a\n  go\r\t\u001b]52;c;eA==\u0007\b\u007f\u009b2J\u202e\u200b\ufeff\u2028\udb40\udc01 'q' \"d\" \\n "
                    + "%s $x `y`";

    @Test
    void what_is_not_seen_is_written_as_its_code_point() {
        assertEquals(
                "a<U+000A>  go<U+000D><U+0009><U+001B>]52;c;"
                        + "eA==<U+0007><U+0008><U+007F><U+009B>2J<U+202E><U+200B><U+FEFF><U+2028><U+E0001>"
                        + " 'q' \"d\" \\n %s $x `y`",
                Printable.of(EVIL).text());
        assertEquals("größer ☃ 日本 \\d+", Printable.of("größer ☃ 日本 \\d+").text());
    }

    @Test
    void two_names_never_look_the_same() {
        assertEquals("a<U+003C>U+000A>", Printable.of("a<U+000A>").text());
        Printable once = Printable.of("a\n");
        assertSame(once, Printable.of(once));
        assertEquals("a < b", Printable.of("a < b").text());
    }

    @Test
    void values_keep_to_their_line_and_lines_of_ours_stay() {
        Failure failure =
                Failure.of("table \"%s\" is gone", "a\n  go")
                        .detail("%s", Printable.lines(List.of("one\ntwo", "three")))
                        .hint("DROP TABLE %s;", Sql.ident("a\n"));
        assertEquals("table \"a<U+000A>  go\" is gone", failure.getMessage());
        assertEquals("one<U+000A>two\nthree", failure.detail());
        assertEquals("DROP TABLE U&\"a\\000A\";", failure.hint());
        assertEquals("stop: check: table a<U+000A>b", Finding.stop("check", "fix", "table %s", "a\nb").toString());
        assertEquals("ALTER ROLE U&\"a\\000A\" LOGIN;",
                Finding.stop("check", "ALTER ROLE " + Sql.ident("a\n") + " LOGIN;", "no").fix());
    }

    @Test
    void json_stays_what_it_is() {
        assertEquals("\"a\\n\\u001b\\u202e\\udb40\\udc01\\\\\"",
                Printable.json(new Gson().toJson("a\n\u001b\u202e\udb40\udc01\\")));
        assertEquals("{\n  \"a\": \"\\u202e\"\n}", Printable.json("{\n  \"a\": \"\u202e\"\n}"));
        assertEquals("{\n\"\\u009b\\ud83d\\ude00\"".replace("\\ud83d\\ude00", "\ud83d\ude00"),
                Printable.json("{\n\"\u009b\ud83d\ude00\""));
    }

    @ParameterizedTest
    @ValueSource(strings = {EVIL, "\n", "a\n\n", "'\u001b'", "%\n%", "\\\\\u001b\\", "--\u001b-"})
    void a_word_of_a_shell_means_the_same(String word) throws Exception {
        Run run = Run.of(List.of("sh", "-c", "printf '%s.' " + ShellScript.quoted(word)));
        assertEquals(word + ".", run.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {EVIL, "a\n", "\u001b\\\"'", "\\n\n\\"})
    void sql_means_the_same(String text) {
        PgServer server = PgServer.shared(ClientBinaries.clientMajor());
        for (String sql : List.of("SELECT " + Sql.literal(text),
                "SELECT E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'",
                "SELECT $x_1$" + text + "$x_1$", "SELECT '" + text.replace("'", "''") + "' -- it's\n",
                "SELECT 1 AS " + Sql.ident(text.substring(0, Math.min(3, text.length()))))) {
            String shown = PrintableSql.of(sql).text();
            assertTrue(shown.codePoints()
                    .allMatch(c -> c == '\n' || c == '\t' || c >= ' ' && Character.getType(c) != Character.CONTROL
                            && Character.getType(c) != Character.FORMAT),
                    shown);
            assertEquals(columns(server, sql), columns(server, shown), shown);
        }
    }

    private static List<?> columns(PgServer server, String sql) {
        try (Connection session = server.connect("postgres"); Statement statement = session.createStatement()) {
            statement.setEscapeProcessing(false);
            try (ResultSet rows = statement.executeQuery(sql)) {
                rows.next();
                return List.of(rows.getMetaData().getColumnName(1), rows.getString(1));
            }
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }
}
