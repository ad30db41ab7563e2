//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;

/** Whether a user may act as a role, by the options that a membership has since PostgreSQL 16, and before. */
class MembershipTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final String OWNERS = """
            SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace
             ORDER BY 1""";
    private static String shop;
    private static Path dump;

    @TempDir
    static Path folder;
    private PgServer server;
    private String target;

    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE acting_owner");
        SOURCE.sql(shop, "CREATE TABLE item (id serial PRIMARY KEY, word text)",
                "INSERT INTO item (word) SELECT 'item ' || i FROM generate_series(1, 100) i",
                "CREATE INDEX item_word ON item (word)", "CREATE VIEW words AS SELECT word FROM item",
                "ALTER TABLE item OWNER TO acting_owner", "ALTER VIEW words OWNER TO acting_owner");
        dump = Dumps.dumped(SOURCE, shop, folder.resolve("shop"));
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop, "DROP ROLE acting_owner");
    }

    private void serve(int major, String attributes, String... grants) {
        server = major == SIDES.target().major() ? SIDES.target() : PgServer.shared(major);
        server.sql("postgres", "CREATE ROLE acting_owner", "CREATE ROLE acting_group",
                "CREATE ROLE acting_user LOGIN PASSWORD 'acting' " + attributes);
        server.sql("postgres", grants);
        target = server.newDatabase("OWNER acting_user");
    }

    @AfterEach
    void end() {
        if (server == null) {
            return;
        }
        server.sql("postgres", "DROP DATABASE " + target + " WITH (FORCE)");
        server.sql("postgres", "DROP ROLE acting_user, acting_group, acting_owner");
    }

    private CommandRun move(String command) {
        String uri = server.uri(target, "acting_user", "acting");
        return command.equals("migrate") ? CommandRun.migrate(SOURCE.uri(shop), uri, "--verify", "objects")
                : Dumps.restore(uri, dump);
    }

    private void arrives(CommandRun run) {
        assertEquals(0, run.code(), run.err());
        assertEquals(SOURCE.rows(shop, OWNERS), server.rows(target, OWNERS));
        assertEquals("100", server.query(target, "SELECT count(*) FROM item"));
    }

    private void refused(CommandRun run) {
        assertEquals(3, run.code(), run.out() + run.err());
        assertEquals("0", server.query(target, "SELECT count(*) FROM pg_class WHERE relname = 'item'"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"migrate; INHERIT TRUE, SET FALSE", "restore; INHERIT TRUE, SET FALSE",
            "migrate; INHERIT FALSE, SET TRUE"})
    void a_member_that_lacks_an_option_is_refused_and_the_hint_mends_it(String command, String options) {
        serve(17, "INHERIT", "GRANT acting_owner TO acting_user WITH " + options);
        mends(command, "GRANT \"acting_owner\" TO \"acting_user\" WITH INHERIT TRUE, SET TRUE;");
    }

    @ParameterizedTest
    @CsvSource({"restore, INHERIT, ''", "migrate, NOINHERIT, ' ALTER ROLE \"acting_user\" INHERIT;'",
            "restore, NOINHERIT, ' ALTER ROLE \"acting_user\" INHERIT;'"})
    void before_16_the_attribute_decides(String command, String attribute, String more) {
        serve(15, attribute);
        mends(command, "GRANT \"acting_owner\" TO \"acting_user\";" + more);
    }

    private void mends(String command, String hint) {
        CommandRun run = move(command);
        refused(run);
        assertTrue((run.out() + run.err()).contains(hint + "\n"), run.out() + run.err());
        server.sql("postgres", hint.split("(?<=;)"));
        arrives(move(command));
    }

    /** It is easily asked a little differently elsewhere. OwnersCode asks about two other roles. */
    @Test
    void one_class_asks_what_the_user_may_do_as_a_member() throws IOException {
        List<String> asking = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("lib"))) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                if (Files.readString(file).contains("pg_has_role(")) {
                    asking.add(file.getFileName().toString());
                }
            }
        }
        assertEquals(List.of("OwnersCode.java", "Membership.java"), asking);
    }

    /** Such a user cannot grant the role, although pg_has_role says so of "MEMBER WITH ADMIN OPTION". */
    @ParameterizedTest
    @CsvSource({"migrate", "restore"})
    void an_administrator_without_the_rights_of_who_may_grant_is_refused(String command) {
        serve(17, "", "GRANT acting_owner TO acting_group WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
                "GRANT acting_group TO acting_user WITH INHERIT FALSE, SET FALSE");
        refused(move(command));
    }
}
