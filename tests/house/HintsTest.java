//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS info.picocli:picocli:4.7.7

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.talk.Sql;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import testbed.Catalog;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.SourceFile;

/**
 * What a hint tells people to run is run as it stands, by who can, in the state that printed it; then the next run gets
 * past that point.
 */
class HintsTest {
    /** Names that need quoting wherever they go. */
    private static final String DATABASE = "Da\"ta 'b' $(id)\n";
    private static final String USER = "Us\"er 'u' $HOME";
    private static final String OWNER = "Ow\"ner 'o' \\ `x`";
    private static final String TABLE = Sql.name("S\"c 's' $x", "T\"a 't'\n$y");
    private static final String SCHEMA = Sql.ident("S\"c 's' $x");
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]+");
    /** A statement that a hint has among its words, to its end. */
    private static final Pattern STATEMENT = Pattern.compile("(?:BEGIN READ WRITE;|GRANT|ALTER) .*;");

    @AutoClose
    private static Sides sides;
    private static PgServer source;
    private static PgServer target;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        sides = Sides.installed();
        source = sides.source();
        target = sides.target();
        for (PgServer server : List.of(source, target)) {
            server.sql("postgres", "CREATE DATABASE " + Sql.ident(DATABASE),
                    "CREATE ROLE " + Sql.ident(USER) + " LOGIN PASSWORD 'u'",
                    "CREATE ROLE " + Sql.ident(OWNER));
        }
        source.sql(DATABASE, "CREATE SCHEMA " + SCHEMA, "CREATE TABLE " + TABLE + " (id int PRIMARY KEY)",
                "INSERT INTO " + TABLE + " VALUES (1), (2)",
                "ALTER TABLE " + TABLE + " OWNER TO " + Sql.ident(OWNER));
    }

    /** One state: what makes it, on which side its remedy is run, how it is said. */
    record State(String name, String side, List<String> before, List<String> after, String says) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<State> states() {
        String database = Sql.ident(DATABASE);
        String user = Sql.ident(USER);
        String open = "GRANT CREATE ON DATABASE " + database + " TO " + user;
        return List.of(
                new State("a database is read-only", "target",
                        List.of("ALTER DATABASE " + database + " SET default_transaction_read_only = on"),
                        List.of(), "sessions on the target are read-only"),
                new State("a user is read-only", "target",
                        List.of("ALTER ROLE " + user + " SET default_transaction_read_only = on"), List.of(),
                        "sessions on the target are read-only"),
                new State("a user is read-only in a database", "target",
                        List.of("ALTER ROLE " + user + " IN DATABASE " + database
                                + " SET default_transaction_read_only = on"),
                        List.of(),
                        "sessions on the target are read-only"),
                new State("a server is read-only", "target",
                        List.of("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()",
                                "SELECT pg_sleep(0.3)"),
                        List.of(), "sessions on the target are read-only"),
                new State("no right to create", "target", List.of(),
                        List.of("REVOKE CREATE ON DATABASE " + database + " FROM " + user),
                        "may not create in the target's database"),
                new State("no member of an owner", "target", List.of(open),
                        List.of("REVOKE " + Sql.ident(OWNER) + " FROM " + user), "cannot act as it"),
                new State("a schema that cannot be used", "source", List.of(),
                        List.of("REVOKE ALL ON SCHEMA " + SCHEMA + " FROM " + user), "cannot be used"),
                new State("a table that cannot be read", "source",
                        List.of("GRANT USAGE ON SCHEMA " + SCHEMA + " TO " + user),
                        List.of("REVOKE ALL ON SCHEMA " + SCHEMA + " FROM " + user,
                                "REVOKE ALL ON " + TABLE + " FROM " + user),
                        "cannot be read"),
                new State("rows that are hidden", "source",
                        List.of("GRANT USAGE ON SCHEMA " + SCHEMA + " TO " + user,
                                "GRANT SELECT ON " + TABLE + " TO " + user,
                                "ALTER TABLE " + TABLE + " ENABLE ROW LEVEL SECURITY"),
                        List.of("ALTER TABLE " + TABLE + " DISABLE ROW LEVEL SECURITY",
                                "ALTER ROLE " + user + " NOBYPASSRLS", "REVOKE ALL ON " + TABLE + " FROM " + user),
                        "row-level security hides rows"));
    }

    @ParameterizedTest
    @MethodSource("states")
    void what_preflight_says_to_run(State state) {
        PgServer server = state.side.equals("source") ? source : target;
        server.sql(DATABASE, state.before.toArray(String[]::new));
        try {
            Supplier<CommandRun> preflight =
                    () -> CommandRun.preflight(source.uri(DATABASE, USER, "u"), target.uri(DATABASE, USER, "u"));
            List<String> fixes = fixes(preflight.get(), state.says);
            assertFalse(fixes.isEmpty());
            for (String fix : fixes) {
                Matcher statement = STATEMENT.matcher(fix);
                assertTrue(statement.find(), fix);
                follow(server, statement.group());
            }
            assertEquals(List.of(), fixes(preflight.get(), state.says));
        } finally {
            server.sql(DATABASE,
                    Stream.concat(Stream.of("SET default_transaction_read_only = off"), state.after.stream())
                            .toArray(String[]::new));
        }
    }

    /** Through psql, as people do, in the database that they move. */
    private void follow(PgServer server, String sql) {
        Run run = Run.of(List.of("sh", "-c",
                "printf '%s\\n' \"$2\" 'SELECT pg_sleep(0.3);' | \"$0\" -X -v ON_ERROR_STOP=1 -d \"$1\"",
                ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), server.uri(DATABASE),
                sql));
        assertEquals(0, run.code(), sql + "\n" + run.err());
    }

    private static List<String> fixes(CommandRun run, String says) {
        assertTrue(run.code() == 0 || run.code() == 3, run.err() + run.out());
        List<String> lines = run.out().lines().toList();
        List<String> fixes = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("stop") && lines.get(i).contains(says)) {
                fixes.add(lines.get(i + 1).replaceFirst("^ *fix: ", ""));
            }
        }
        return fixes;
    }

    /** A step's hint may name only what that step can be told. */
    @Test
    void a_database_that_is_not_there() {
        Map<String, String> sides = Map.of("SOURCE", source.uri(DATABASE), "TARGET", target.uri("no such"));
        for (String main : List.of("Verify", "MstPasswords", "AlignVersion", "RepairCommand", "Migrate",
                "PreflightCheck")) {
            CommandRun run =
                    CommandRun.of(main, sides, main.equals("MstPasswords") ? new String[]{"--show"} : new String[]{});
            assertEquals(3, run.code(), run.err());
            String hint = run.err().lines().filter(line -> line.contains(": hint: ")).collect(Collectors.joining("\n"));
            assertEquals(main.equals("Migrate") || main.equals("PreflightCheck"), hint.contains("--create-database"),
                    main + ": " + run.err());
            Matcher list = Pattern.compile("psql -l .*").matcher(hint);
            if (list.find()) {
                Run listed = Run.of(List.of("sh", "-c", list.group()), Map.of("PGPASSWORD", target.password()), null);
                assertTrue(listed.out().contains("Da\"ta"), listed.err());
            }
        }
    }

    /**
     * Whatever is written in a hint or a fix as an option is one of some command, and of the command that is named
     * before it.
     */
    @Test
    void options_that_hints_name_exist() throws IOException {
        Map<String, Set<String>> options =
                Catalog.aliases().stream().collect(Collectors.toMap(Catalog.Alias::name, HintsTest::options));
        Set<String> all = options.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
        List<String> wrong = new ArrayList<>();
        Pattern command = Pattern
                .compile("(?<![\\w-])(" + options.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|"))
                        + ")((?: (?:up|down|run|plan))?(?: --[a-z][a-z-]+)+)");
        for (Path file : sources()) {
            String text = SourceFile.joined(Files.readString(file));
            Matcher hints = Pattern.compile("(?s)(?:\\.hint\\(|Finding\\.(?:stop|warning)\\(|HINT = |AGAIN = ).*?;\n")
                    .matcher(text);
            while (hints.find()) {
                Matcher named = command.matcher(hints.group());
                while (named.find()) {
                    OPTION.matcher(named.group(2)).results()
                            .filter(option -> !options.get(named.group(1)).contains(option.group()))
                            .forEach(option -> wrong.add(file + ": " + named.group(1) + " " + option.group()));
                }
                OPTION.matcher(hints.group().replaceAll("(?:aws|psql|openssl) [a-z0-9-]+(?: [a-z0-9-]+)?[^;]*", ""))
                        .results()
                        .filter(option -> !all.contains(option.group()))
                        .forEach(option -> wrong.add(file + ": " + option.group()));
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static Set<String> options(Catalog.Alias alias) {
        try {
            Matcher main = Pattern.compile("(?m)^//MAIN (\\w+)$").matcher(Files.readString(alias.script()));
            assertTrue(main.find());
            var constructor = Class.forName(main.group(1)).getDeclaredConstructor();
            constructor.setAccessible(true);
            CommandLine line = new CommandLine(constructor.newInstance());
            return Stream.concat(Stream.of(line), line.getSubcommands().values().stream())
                    .flatMap(each -> each.getCommandSpec().optionsMap().keySet().stream())
                    .collect(Collectors.toSet());
        } catch (IOException | ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String place : List.of("lib", "scripts")) {
            try (Stream<Path> files = Files.walk(Path.of(place))) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        return sources;
    }

    @Test
    void a_file_with_a_name_that_a_shell_would_change() throws IOException {
        Path file = Files.writeString(folder.resolve("pass $(id)\n'word'"), "*:*:*:a:b\n");
        CommandRun open =
                CommandRun.of("MstPasswords", Map.of("TARGET", target.uri(DATABASE)), "--from-file", file.toString());
        assertEquals(2, open.code(), open.err());
        String hint = open.err().lines().filter(line -> line.contains(": hint: ")).findFirst().orElseThrow()
                .replaceFirst(".*?: hint: ", "");
        assertEquals(0, Run.of(List.of("sh", "-c", hint)).code(), hint);
        assertEquals(3, CommandRun
                .of("MstPasswords", Map.of("TARGET", target.uri(DATABASE, USER, "u")), "--from-file", file.toString())
                .code());
    }

    @Test
    void a_user_who_may_give_no_passwords() {
        Supplier<CommandRun> run = () -> CommandRun.of("MstPasswords",
                Map.of("TARGET", target.uri(DATABASE, USER, "u")), "--show", "--roles", OWNER);
        Matcher statement = STATEMENT.matcher(run.get().err());
        assertTrue(statement.find());
        follow(target, statement.group());
        assertFalse(run.get().err().contains("may not give passwords to other roles"));
        target.sql("postgres", "ALTER ROLE " + Sql.ident(USER) + " NOCREATEROLE");
    }
}
