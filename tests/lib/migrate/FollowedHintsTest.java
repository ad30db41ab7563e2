//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/**
 * From the state that prints a hint, what the hint says is done, and the same command gets past that point. What
 * preflight says, HintsTest follows.
 */
class FollowedHintsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String CLERK = "hinted_clerk";
    @TempDir
    static Path folder;
    private static String source;
    private static Path dump;
    private String target;

    @BeforeAll
    static void fill() throws IOException {
        source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT generate_series(1, 10) AS id");
        TARGET.sql("postgres", "CREATE ROLE " + CLERK + " LOGIN PASSWORD 'c'", "CREATE ROLE hinted_other LOGIN");
        TARGET.administer(CLERK, "hinted_other");
        dump = Dumps.dumped(SOURCE, source, folder.resolve("a dump"));
        Files.writeString(folder.resolve("pass"), "role,password\nhinted_other,secret\n");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + source);
        TARGET.sql("postgres", "DROP ROLE " + CLERK, "DROP ROLE hinted_other");
    }

    @BeforeEach
    void makeTarget() {
        target = TARGET.newDatabase();
    }

    /**
     * One state of affairs.
     *
     * @param hint what is printed; its first group is what is to be done
     * @param kind what is done with it
     */
    record State(String command, List<String> arguments, boolean withTarget, String user, String hint, Remedy kind) {
        @Override
        public String toString() {
            return command + " " + arguments;
        }
    }

    /** What is done with the group of the hint. */
    enum Remedy {
        ADD,
        TAKE_AWAY,
        REPLACE,
        SQL,
        SHELL
    }

    static List<State> states() {
        String out = folder.resolve("taken").toString();
        return List.of(
                new State("Dump", List.of("-o", dump.toString()), false, null,
                        "name another place, or use it with (--resume), or replace it", Remedy.ADD),
                new State("Dump", List.of("-o", dump.toString()), false, null,
                        "or use it with --resume, or replace it with (--overwrite)", Remedy.ADD),
                new State("Dump",
                        List.of("-o", folder.resolve("packed").toString(), "--format", "plain", "--compress", "6"),
                        false, null,
                        "use (--format custom), or compress it afterwards", Remedy.REPLACE),
                new State("DumpRoles", List.of("-o", out), false, null, "name another file or use (--overwrite)",
                        Remedy.ADD),
                new State("DumpRoles", List.of("--target-version", "15"), true, null,
                        "leave out one of --target and (--target-version)", Remedy.TAKE_AWAY),
                new State("MstPasswords", List.of("--roles", "hinted_other"), true, null,
                        "use --out, or (--show) to have them printed", Remedy.ADD),
                new State("MstPasswords", List.of("--roles", "hinted_other", "--show"), true, CLERK,
                        "have a superuser run: (ALTER ROLE .*;)", Remedy.SQL),
                new State("MstPasswords",
                        List.of("--from-file", folder.resolve("pass").toString(), "--roles", "hinted_other"), true,
                        null, "(chmod 600 .*)", Remedy.SHELL),
                new State("Migrate", List.of("--dir", folder.toString()), true, null,
                        "--dir, --format and --compress go with (--via-files)", Remedy.ADD));
    }

    @ParameterizedTest
    @MethodSource("states")
    void the_command_gets_past_that_point(State state) throws IOException {
        Files.writeString(folder.resolve("taken"), "");
        Files.setPosixFilePermissions(folder.resolve("pass"), PosixFilePermissions.fromString("rw-r--r--"));
        Map<String, String> sides = new LinkedHashMap<>();
        if (!state.command.equals("MstPasswords")) {
            sides.put("SOURCE", SOURCE.uri(source));
        }
        if (state.withTarget) {
            sides.put("TARGET", state.user == null ? TARGET.uri(target) : TARGET.uri(target, state.user, "c"));
        }
        CommandRun refused = CommandRun.of(state.command, sides, state.arguments.toArray(String[]::new));
        assertTrue(refused.code() == 2 || refused.code() == 3, refused.err());
        Matcher hint = Pattern.compile(state.hint).matcher(refused.failure());
        assertTrue(hint.find(), refused.err());
        List<String> arguments = new ArrayList<>(state.arguments);
        switch (state.kind) {
            case ADD -> arguments.addAll(List.of(hint.group(1).split(" ")));
            case TAKE_AWAY ->
                arguments.subList(arguments.indexOf(hint.group(1)), arguments.indexOf(hint.group(1)) + 2).clear();
            case REPLACE ->
                arguments.set(arguments.indexOf(hint.group(1).split(" ")[0]) + 1, hint.group(1).split(" ")[1]);
            case SQL -> TARGET.sql("postgres", hint.group(1));
            case SHELL -> Run.of(List.of("sh", "-c", hint.group(1))).orFail();
        }
        CommandRun again = CommandRun.of(state.command, sides, arguments.toArray(String[]::new));
        assertEquals(0, again.code(), again.err());
    }

    @Test
    void a_dump_without_timescaledb_names_the_command_that_restores_it() {
        Map<String, String> side = Map.of("TARGET", TARGET.uri(target));
        CommandRun refused = CommandRun.of("RestoreTimescale", side, dump.toString());
        assertEquals(3, refused.code(), refused.err());
        Matcher hint = Pattern.compile("hint: restore-postgres '(.*)'").matcher(refused.failure());
        assertTrue(hint.find(), refused.err());
        assertEquals(0, CommandRun.of("RestorePostgres", side, hint.group(1)).code());
        assertEquals("10", TARGET.query(target, "SELECT count(*) FROM item"));
    }
}
