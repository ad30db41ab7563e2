//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.dsn.Dsn;
import lib.facts.Difference;
import lib.server.Server;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.Snapshot;
import lib.talk.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import testbed.ClientBinaries;
import testbed.Oracle;
import testbed.PgServer;

/** Whether a comparison finds nothing in a faithful copy, and in a changed one exactly what was changed. */
class VerificationTest {
    private static final Path SQL = Path.of("tests", "sql");
    private static final String SUBSCRIPTION =
            "CREATE SUBSCRIPTION news CONNECTION 'host=far.invalid dbname=x password=secret'"
                    + " PUBLICATION p1, p2 WITH (connect = false, slot_name = 'slot')";

    /** A change, what undoes it outside the database, and the differences it makes. */
    record Change(String sql, List<String> undo, List<String> differences) {
        static Change of(String block) {
            return new Change(block.lines().filter(line -> !line.startsWith("--")).collect(Collectors.joining("\n")),
                    after("--< ", block),
                    after("--> ", block));
        }

        private static List<String> after(String mark, String block) {
            return block.lines().filter(line -> line.startsWith(mark)).map(line -> line.substring(mark.length()))
                    .sorted().toList();
        }
    }

    private static PgServer source;
    private static PgServer target;
    private static String original;
    private static String copy;
    private static Snapshot snapshot;
    private static Selection selection;

    @BeforeAll
    static void start() throws SQLException {
        source = PgServer.start(15);
        target = PgServer.start(15);
        original = fill(source);
        copy = copied(source, original, target);
        Server server = server("source", source, original);
        try (Session session = server.session()) {
            selection = Selection.resolve(session, new Filters());
        }
        snapshot = Snapshot.take(server, selection, new Console());
    }

    @AfterAll
    static void stop() {
        snapshot.close();
        source.close();
        target.close();
    }

    private static String fill(PgServer server) {
        String database = server.newDatabase();
        server.script("postgres", SQL.resolve("verification-roles.sql"));
        server.script(database, SQL.resolve("verification.sql"));
        server.script(database, SQL.resolve("verification-database.sql"));
        return database;
    }

    /** By stock tools, and with what pg_dump leaves to CREATE DATABASE and CREATE ROLE. */
    private static String copied(PgServer from, String database, PgServer to) {
        String restored = Oracle.restore(from, database, to, Oracle.clients(from.major()));
        to.script(restored, SQL.resolve("verification-database.sql"));
        to.sql(restored, "COMMENT ON ROLE alice IS 'reads'");
        if (from.major() >= 15) {
            to.sql(restored, "GRANT SET ON PARAMETER log_min_messages TO alice");
        }
        return restored;
    }

    private static Server server(String side, PgServer server, String database) {
        Server connected = Server.connect(Dsn.parse(side, server.uri(database), false, Map.of()));
        return connected;
    }

    private static ComputingSessions computing(Server server) {
        return ComputingSessions.on(server, System.getenv(), new Console());
    }

    private static List<Difference> verify(String database) {
        return new Verification(snapshot, computing(server("target", target, database)), selection, new Console(), 1)
                .run(Verification.Level.CHECKSUMS);
    }

    @ParameterizedTest
    @CsvSource({"13, 15", "15, 15", "15, 17"})
    void a_copy_by_stock_tools_has_no_differences(int from, int to) {
        ClientBinaries.between(from, to);
        try (PgServer older = from == 15 ? null : PgServer.start(from);
                PgServer newer = to == 15 ? null : PgServer.start(to)) {
            PgServer here = older == null ? source : older;
            PgServer there = newer == null ? target : newer;
            String database = from == 15 ? original : fill(here);
            here.sql(database, SUBSCRIPTION);
            try {
                String restored = copied(here, database, there);
                assertEquals(List.of(), verify(here, database, there, restored));
                // The servers print what did not change in other words.
                for (String constraint : List.of("span", "items_kind_check")) {
                    String text =
                            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '" + constraint + "'";
                    assertNotEquals(here.query(database, text), there.query(restored, text));
                }
            } finally {
                here.sql(database, "ALTER SUBSCRIPTION news SET (slot_name = NONE)", "DROP SUBSCRIPTION news");
            }
        }
    }

    private static List<Difference> verify(PgServer from, String database, PgServer to, String restored) {
        Server here = server("source", from, database);
        try (Snapshot all = Snapshot.take(here, selection, new Console())) {
            return new Verification(all, computing(server("target", to, restored)), selection, new Console(), 2)
                    .run(Verification.Level.CHECKSUMS);
        }
    }

    static Stream<Named<Change>> changes() throws IOException {
        return Stream.of(Files.readString(SQL.resolve("verification-changes.sql")).split("\n\n")).skip(1)
                .map(Change::of)
                .map(change -> Named.of(change.sql.lines().findFirst().orElseThrow(), change));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void a_change_is_found_and_nothing_else(Change change) {
        String changed = copy + "_changed";
        target.sql("postgres", "CREATE DATABASE " + changed + " TEMPLATE " + copy + " STRATEGY file_copy");
        try {
            target.script(changed, SQL.resolve("verification-database.sql"));
            target.sql(changed, change.sql.replace(":db", changed));
            List<String> found = new ArrayList<>();
            for (Difference difference : verify(changed)) {
                found.add(String.join(" | ", difference.what(), difference.named(), oneLine(difference.source()),
                        oneLine(difference.target())));
            }
            assertEquals(String.join("\n", change.differences), String.join("\n", masked(found, change.differences)));
        } finally {
            target.sql("postgres", "DROP DATABASE " + changed + " WITH (FORCE)");
            target.sql("postgres", change.undo.toArray(String[]::new));
        }
    }

    private static String oneLine(String value) {
        return value.replaceAll("\\s+", " ").strip();
    }

    /** A question mark in what is expected stands for any text. */
    static List<String> masked(List<String> found, List<String> expected) {
        return found.stream()
                .map(line -> expected.stream().filter(wanted -> matches(line, wanted)).findFirst().orElse(line))
                .sorted().toList();
    }

    private static boolean matches(String line, String wanted) {
        StringBuilder expression = new StringBuilder();
        for (String part : wanted.split("\\?", -1)) {
            expression.append(expression.length() == 0 ? "" : ".*").append(Pattern.quote(part));
        }
        return line.matches(expression.toString());
    }
}
