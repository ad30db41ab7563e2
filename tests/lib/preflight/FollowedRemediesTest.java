//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.Soak;

/**
 * The statements that preflight's remedies consist of are run as they are printed, by who may, until nothing is left to
 * say.
 */
class FollowedRemediesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String LOADER = "remedy_loader";
    private static final String READER = "remedy_reader";
    private static final List<String> ROLES = List.of("remedy_owner", "remedy_granter", "remedy_clerk");
    /** To the end of the line, or to the word that begins another way. */
    private static final Pattern STATEMENTS = Pattern.compile("(?:GRANT|ALTER|CREATE|DROP|SELECT) .*?;(?= or |$)");
    private static final Pattern CREATION = Pattern.compile("create the target with (.*? TEMPLATE template0)");

    @BeforeAll
    static void makeRoles() {
        SOURCE.sql("postgres", "CREATE ROLE " + READER + " LOGIN PASSWORD 'r'");
        TARGET.sql("postgres", "CREATE ROLE " + LOADER + " LOGIN PASSWORD 'l'");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP ROLE " + READER);
        TARGET.sql("postgres", "DROP ROLE " + LOADER);
    }

    /**
     * One state of affairs.
     *
     * @param sourceOptions what CREATE DATABASE of the source has
     * @param ofRole what the loader is given first
     * @param says the beginning of what is found
     * @param run {@code soak} for one more of a kind
     */
    record State(String name, String sourceOptions, String targetOptions, List<String> onSource, List<String> onTarget,
            String ofRole, String says, String run) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<State> states() {
        List<String> item = List.of("CREATE TABLE item (id int)");
        String ascii = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'";
        return List.of(
                new State("an extension for superusers", "", "",
                        List.of("CREATE SCHEMA ext", "CREATE EXTENSION pageinspect SCHEMA ext"), List.of(), "",
                        "extension pageinspect can be created", "always"),
                new State("an extension in a schema that is missing", "", "",
                        List.of("CREATE SCHEMA \"E x\"", "CREATE EXTENSION hstore SCHEMA \"E x\"",
                                "CREATE TABLE item (h \"E x\".hstore)"),
                        List.of("CREATE EXTENSION hstore"), "", "extension hstore is in schema", "always"),
                new State("an extension in another schema", "", "",
                        List.of("CREATE SCHEMA ext", "CREATE EXTENSION hstore SCHEMA ext"),
                        List.of("CREATE SCHEMA ext", "CREATE EXTENSION citext SCHEMA ext", "CREATE EXTENSION hstore"),
                        "", "extension hstore is in schema", "soak"),
                new State("an extension that cannot be moved", "", "",
                        List.of("CREATE SCHEMA ext", "CREATE EXTENSION xml2 SCHEMA ext"),
                        List.of("CREATE EXTENSION xml2"), "SUPERUSER",
                        "extension xml2 is in schema", "always"),
                new State("an older extension", "", "", List.of("CREATE EXTENSION citext"),
                        List.of("CREATE EXTENSION citext VERSION '1.4'"), "", "extension citext is", "soak"),
                new State("a role that cannot be created", "", "",
                        List.of("CREATE ROLE remedy_owner CONNECTION LIMIT 3", "CREATE TABLE item (id int)",
                                "ALTER TABLE item OWNER TO remedy_owner"),
                        List.of(), "", "role \"remedy_owner\" owns objects", "always"),
                new State("a role that has granted", "", "",
                        List.of("CREATE ROLE remedy_granter", "CREATE ROLE remedy_clerk", "CREATE TABLE item (id int)",
                                "GRANT SELECT ON item TO remedy_granter WITH GRANT OPTION", "SET ROLE remedy_granter",
                                "GRANT SELECT ON item TO remedy_clerk"),
                        List.of("CREATE ROLE remedy_granter", "CREATE ROLE remedy_clerk"), "",
                        "privileges granted by role \"remedy_granter\"", "always"),
                new State("a role that is another one there", "", "",
                        List.of("CREATE ROLE remedy_clerk LOGIN CREATEDB CONNECTION LIMIT 2",
                                "CREATE TABLE item (id int)",
                                "ALTER TABLE item OWNER TO remedy_clerk"),
                        List.of("CREATE ROLE remedy_clerk NOLOGIN"), "",
                        "role \"remedy_clerk\" exists on the target with", "soak"),
                new State("a schema that is closed", "", "", item,
                        List.of("ALTER SCHEMA public OWNER TO postgres",
                                "REVOKE CREATE ON SCHEMA public FROM PUBLIC, pg_database_owner"),
                        "", "user \"remedy_loader\" may not create in schema", "always"),
                new State("a database that may not be created", "", null, item, List.of(), "",
                        "user \"remedy_loader\" may not create databases on the target", "always"),
                new State("texts in no encoding", ascii, "",
                        List.of("CREATE TABLE item (t text)",
                                "INSERT INTO item VALUES (convert_from('\\xff', 'SQL_ASCII'))"),
                        List.of(), "CREATEDB",
                        "table public.item holds bytes", "always"),
                new State("another encoding", "", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'", item, List.of(),
                        "CREATEDB", "the source's encoding is UTF8 and the target's LATIN1", "always"),
                new State("another collation", "LC_COLLATE 'C'", "", item, List.of(), "CREATEDB", "texts sort by",
                        "soak"));
    }

    @ParameterizedTest
    @MethodSource("states")
    void what_is_said_is_done_until_nothing_is_left(State state) {
        Soak.assumeIn(state.run);
        String from = created(SOURCE, state.sourceOptions, null);
        String to = state.targetOptions == null ? "remedy_absent" : created(TARGET, state.targetOptions, LOADER);
        List<String> databases = new ArrayList<>(List.of(to));
        try {
            SOURCE.sql(from, state.onSource.toArray(String[]::new));
            TARGET.sql(state.targetOptions == null ? "postgres" : to, state.onTarget.toArray(String[]::new));
            TARGET.sql("postgres", "ALTER ROLE " + LOADER + " NOSUPERUSER NOCREATEDB NOCREATEROLE",
                    "ALTER ROLE " + LOADER + " NOREPLICATION " + state.ofRole);
            List<List<String>> found = found(from, to, state);
            assertTrue(found.stream().anyMatch(line -> line.get(0).contains(state.says)), found.toString());
            for (int round = 0; round < 4 && !found.isEmpty(); round++) {
                String now = databases.get(databases.size() - 1);
                for (List<String> finding : found) {
                    Matcher creation = CREATION.matcher(finding.get(1));
                    if (creation.find()) {
                        // Whoever may create databases does it with this, too.
                        psql(TARGET.uri("postgres", LOADER, "l"),
                                "CREATE DATABASE remedy_other " + creation.group(1) + ";");
                        databases.add("remedy_other");
                    } else {
                        Matcher statements = STATEMENTS.matcher(finding.get(1));
                        assertTrue(statements.find(), finding.toString());
                        psql(TARGET.uri(state.targetOptions == null ? "postgres" : now), statements.group());
                    }
                }
                found = found(from, databases.get(databases.size() - 1), state);
            }
            assertEquals(List.of(), found);
        } finally {
            databases.forEach(
                    database -> TARGET.sql("postgres", "DROP DATABASE IF EXISTS " + database + " WITH (FORCE)"));
            SOURCE.sql("postgres", "DROP DATABASE " + from);
            for (PgServer server : List.of(SOURCE, TARGET)) {
                ROLES.forEach(role -> server.sql("postgres", "DROP ROLE IF EXISTS " + role));
            }
        }
    }

    private static String created(PgServer server, String options, String owner) {
        String name = server.newDatabase(options);
        if (owner != null) {
            server.sql("postgres", "ALTER DATABASE " + name + " OWNER TO " + owner);
        }
        return name;
    }

    /** What stops, and what is warned of with a remedy that mends it before; each with its remedy. */
    private static List<List<String>> found(String from, String to, State state) {
        List<String> options = state.targetOptions == null ? List.of("--create-database") : List.of();
        CommandRun run =
                CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to, LOADER, "l"), options.toArray(String[]::new));
        assertTrue(run.code() == 0 || run.code() == 3, run.err());
        List<String> lines = run.out().lines().map(line -> line.strip().replaceAll(" +", " ")).toList();
        List<List<String>> found = new ArrayList<>();
        for (int i = 0; i + 1 < lines.size(); i++) {
            if (lines.get(i).matches("(stop|warning) .*") && lines.get(i + 1).startsWith("fix: ")
                    && (lines.get(i).startsWith("stop") || lines.get(i).contains(state.says))) {
                found.add(List.of(lines.get(i), lines.get(i + 1).substring(5)));
            }
        }
        return found;
    }

    private static void psql(String uri, String sql) {
        Run run = Run.of(List.of("sh", "-c", "printf '%s\\n' \"$2\" | \"$0\" -X -v ON_ERROR_STOP=1 -d \"$1\"",
                ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), uri, sql));
        assertEquals(0, run.code(), sql + "\n" + run.err());
    }

    @Test
    void what_cannot_be_read_is_granted_as_it_is_said() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item (id int)", "SELECT lo_from_bytea(4713, 'x')", "CREATE SEQUENCE \"S q\"",
                "CREATE SCHEMA many", "CREATE TABLE many.a (id int)",
                "CREATE TABLE many.b (id int)", "CREATE TABLE many.c (id int)", "CREATE SEQUENCE many.s",
                "CREATE SEQUENCE many.t", "CREATE SEQUENCE many.u");
        String to = TARGET.newDatabase();
        for (int round = 0; round < 3; round++) {
            CommandRun run = CommandRun.preflight(SOURCE.uri(from, READER, "r"), TARGET.uri(to));
            String fixes = run.out().lines().map(String::strip).filter(line -> line.matches("fix: GRANT .*;"))
                    .map(line -> line.substring(5)).collect(Collectors.joining("\n"));
            if (!fixes.isEmpty()) {
                psql(SOURCE.uri(from), fixes);
            }
        }
        CommandRun moved = CommandRun.migrate(SOURCE.uri(from, READER, "r"), TARGET.uri(to));
        assertEquals(0, moved.code(), moved.err());
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }

    @Test
    void a_setting_of_the_database_that_is_for_superusers() {
        String from = SOURCE.newDatabase();
        String to = created(TARGET, "", LOADER);
        SOURCE.sql("postgres", "ALTER DATABASE " + from + " SET log_statement = 'ddl'");
        CommandRun run = CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to, LOADER, "l"));
        Matcher statement = Pattern.compile("a superuser.*? may run: (ALTER DATABASE .*;)").matcher(run.out());
        assertTrue(statement.find(), run.out());
        psql(TARGET.uri(to), statement.group(1));
        assertEquals("{log_statement=ddl}", TARGET.query("postgres",
                "SELECT setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = '"
                        + to + "'"));
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }

    @Test
    void what_a_role_is_created_without_is_given_to_it_afterwards() {
        String from = SOURCE.newDatabase();
        String to = created(TARGET, "", LOADER);
        SOURCE.sql(from, "CREATE ROLE remedy_clerk SUPERUSER", "CREATE TABLE item (id int)",
                "GRANT SELECT ON item TO remedy_clerk");
        TARGET.sql("postgres", "ALTER ROLE " + LOADER + " CREATEROLE");
        String loader = TARGET.uri(to, LOADER, "l");
        Matcher statement = Pattern.compile("role \"remedy_clerk\": lowered.*\n +fix: afterwards: (ALTER ROLE .*;)")
                .matcher(CommandRun.preflight(SOURCE.uri(from), loader).out());
        assertTrue(statement.find());
        CommandRun run = CommandRun.migrate(SOURCE.uri(from), loader);
        assertEquals(0, run.code(), run.err());
        psql(TARGET.uri(to), statement.group(1));
        assertEquals("t", TARGET.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'remedy_clerk'"));
        SOURCE.sql("postgres", "DROP DATABASE " + from, "DROP ROLE remedy_clerk");
        TARGET.sql("postgres", "DROP DATABASE " + to, "DROP ROLE remedy_clerk",
                "ALTER ROLE " + LOADER + " NOCREATEROLE");
    }

    @Test
    void a_unix_socket_is_left_by_what_the_hint_finds_out() {
        String socket = TARGET.socketFolder().toString();
        CommandRun refused = CommandRun.of("RepairCommand", Map.of("TARGET",
                "host=" + socket + " port=" + TARGET.port() + " user=" + LOADER + " dbname=postgres password=l"));
        assertEquals(2, refused.code());
        Matcher hint = Pattern.compile("hint: use (host=\\S+ port=\\d+); (psql .*\") says").matcher(refused.failure());
        assertTrue(hint.find(), refused.err());
        Run asked = Run.of(List.of("sh", "-c", hint.group(2)));
        assertEquals("127.0.0.1", asked.out().strip(), asked.err());
        CommandRun through = CommandRun.of("RepairCommand",
                Map.of("TARGET", hint.group(1) + " user=" + LOADER + " dbname=postgres password=l"));
        assertEquals(0, through.code(), through.err());
    }

    @Test
    void encryption_is_advised_as_far_as_the_server_has_it() {
        String to = TARGET.newDatabase();
        String uri = TARGET.uri(to).replace("127.0.0.1", "db.example") + "?hostaddr=127.0.0.1";
        CommandRun run = CommandRun.preflight(SOURCE.uri("postgres"), uri);
        assertTrue(run.out().contains(
                "fix: enable TLS there (ssl = on), then add sslmode=require to the connection string of "
                        + "the target"),
                run.out() + run.err());
        try (PgServer tls = PgServer.withTls(ClientBinaries.clientMajor())) {
            tls.sql("postgres", "ALTER SYSTEM SET hba_file = '" + SOURCE.dataFolder().resolve("pg_hba.conf") + "'");
            tls.restart();
            String open = tls.uri("postgres").replaceFirst("@localhost", "@db.example").replaceFirst("\\?.*",
                    "?hostaddr=127.0.0.1");
            String plain = CommandRun.preflight(SOURCE.uri("postgres"), open + "&sslmode=disable").out();
            Matcher way = Pattern.compile("fix: add (sslmode=require) to").matcher(plain);
            assertTrue(way.find(), plain);
            String encrypted = CommandRun.preflight(SOURCE.uri("postgres"), open + "&" + way.group(1)).out();
            assertTrue(encrypted.contains("the connection to the target is encrypted"), encrypted);
            assertFalse(encrypted.contains("is not encrypted"), encrypted);
        }
    }
}
