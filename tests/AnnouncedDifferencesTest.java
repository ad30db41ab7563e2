//DEPS org.junit.jupiter:junit-jupiter:6.1.3

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;

/** What stays behind is announced, and what is announced, or is the same in other words, is no difference afterwards. */
class AnnouncedDifferencesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String KEEPER = "announced_keeper";
    private static final String LOADER = "announced_loader";
    @TempDir
    Path folder;

    @BeforeAll
    static void makeRoles() {
        SOURCE.sql("postgres", "CREATE ROLE " + KEEPER + " LOGIN PASSWORD 'k'");
        // Out of the loader's reach, as the administrator of a server is whose name the source's owner bears.
        TARGET.sql("postgres", "CREATE ROLE " + KEEPER + " SUPERUSER", "CREATE ROLE " + LOADER + " LOGIN PASSWORD 'l'");
    }

    @AfterAll
    static void dropRoles() {
        SOURCE.sql("postgres", "DROP ROLE " + KEEPER);
        TARGET.sql("postgres", "DROP ROLE " + KEEPER, "DROP ROLE " + LOADER);
    }

    private static String ownedByLoader() {
        String to = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + to + " OWNER TO " + LOADER);
        return to;
    }

    private static String loader(String database) {
        return TARGET.uri(database, LOADER, "l");
    }

    private static void drop(String from, String... to) {
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        List.of(to).forEach(database -> TARGET.sql("postgres", "DROP DATABASE " + database));
    }

    /** Each way of moving it ends without a difference, and so does verify, by what the target's user may do. */
    private void arrives(String from, String... targets) {
        for (int i = 0; i < targets.length; i++) {
            CommandRun run = i == 0 ? CommandRun.migrate(SOURCE.uri(from), targets[i])
                    : i == 1 ? CommandRun.migrate(SOURCE.uri(from), targets[i], "--via-files", "--dir", folder.resolve("via").toString())
                            : Dumps.restore(targets[i], Dumps.dumped(SOURCE, from, folder.resolve("dump-" + i)));
            assertEquals(0, run.code(), run.err());
            CommandRun verified = CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(from), "TARGET", targets[i]), "--permitted");
            assertEquals(0, verified.code(), i + verified.out() + verified.err());
        }
    }

    /** The owner has these options anyway (PostgreSQL manual, 5.7); stock tools give the privileges to the owner's namesake. */
    @Test
    void an_owners_own_grant_option() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA g", "CREATE SEQUENCE q", "CREATE TYPE e AS ENUM ('a')",
                "CREATE TABLE t (a int, b int)", "SELECT lo_from_bytea(4719, 'x')");
        for (String kind : List.of("FUNCTION f()", "SCHEMA g", "SEQUENCE q", "TYPE e", "TABLE t", "LARGE OBJECT 4719", "DATABASE " + from)) {
            SOURCE.sql(from, "ALTER " + kind + " OWNER TO " + KEEPER, "GRANT ALL ON " + kind + " TO " + KEEPER + " WITH GRANT OPTION");
        }
        SOURCE.sql(from, "GRANT SELECT (a) ON t TO " + KEEPER + " WITH GRANT OPTION", "CREATE TABLE u (a int)", "ALTER TABLE u OWNER TO " + KEEPER,
                "REVOKE DELETE ON u FROM " + KEEPER);
        String[] to = {ownedByLoader(), ownedByLoader(), ownedByLoader()};
        arrives(from, loader(to[0]), loader(to[1]), loader(to[2]));
        // What the owner may not do any more is a difference still.
        TARGET.sql(to[0], "REVOKE INSERT ON t FROM " + LOADER + ", " + KEEPER);
        CommandRun verified = CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(from), "TARGET", loader(to[0])), "--permitted");
        assertEquals(4, verified.code());
        assertTrue(verified.out().contains("public.t to its owner"), verified.out());
        drop(from, to);
    }

    /** From a service whose administrator bears the name that other servers give to their first superuser. */
    @Test
    void a_role_that_is_the_targets_bootstrap_superuser() {
        try (PgServer service = PgServer.plan(ClientBinaries.clientMajor()).superuser("service_admin").start()) {
            String from = service.newDatabase();
            service.sql(from, "CREATE ROLE postgres LOGIN CREATEROLE", "CREATE TABLE t (a int)", "ALTER TABLE t OWNER TO postgres", "GRANT ALL ON t TO postgres WITH GRANT OPTION");
            for (boolean superuser : List.of(false, true)) {
                String to = ownedByLoader();
                String uri = superuser ? TARGET.uri(to) : loader(to);
                CommandRun run = CommandRun.migrate(service.uri(from), uri);
                assertEquals(0, run.code(), run.err());
                assertTrue(run.err().contains("warning: roles: role \"postgres\" is kept as it is: the target's bootstrap superuser is called that"), run.err());
                assertEquals(0, CommandRun.of("Verify", Map.of("SOURCE", service.uri(from), "TARGET", uri), "--permitted").code());
                TARGET.sql("postgres", "DROP DATABASE " + to);
            }
        }
    }
}
