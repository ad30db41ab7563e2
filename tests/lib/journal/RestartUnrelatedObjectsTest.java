//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/**
 * What somebody has tied since to what an interrupted run has made, and would go with it, is named by --restart and
 * stays.
 */
class RestartUnrelatedObjectsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String LEDGER = "CREATE TABLE ledger AS SELECT generate_series(1, 777) AS id";
    private static String shop;
    private static String target;

    /** A database that does not arrive before a setting is on, with one of each kind that has no owner. */
    @BeforeAll
    static void interrupt() {
        shop = SOURCE.newDatabase();
        SOURCE.sql("postgres", "ALTER ROLE postgres IN DATABASE " + shop + " SET shop.open = 'on'");
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql("postgres", "CREATE ROLE stranger_to_runs");
        }
        SOURCE.sql(shop, "CREATE EXTENSION citext", "CREATE EXTENSION cube", "CREATE SCHEMA app",
                "CREATE TYPE app.mood AS ENUM ('calm')",
                "CREATE FUNCTION app.number(app.mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE CAST (app.mood AS int) WITH FUNCTION app.number(app.mood)",
                "CREATE CAST (int AS inet) WITH INOUT", "CREATE FOREIGN DATA WRAPPER wire",
                "CREATE SERVER far FOREIGN DATA WRAPPER wire",
                "CREATE USER MAPPING FOR PUBLIC SERVER far",
                "CREATE ACCESS METHOD pile TYPE TABLE HANDLER heap_tableam_handler",
                "CREATE TEXT SEARCH TEMPLATE app.plain (LEXIZE = dsimple_lexize)",
                "CREATE FUNCTION open() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN IF current_setting('shop.open', "
                        + "true) = 'on' THEN RETURN true; END IF;"
                        + " RAISE 'closed'; END $$",
                "CREATE TABLE app.item (id int CHECK (open()))", "INSERT INTO app.item VALUES (1)");
        target = TARGET.newDatabase();
        assertEquals(1, SIDES.migrate(shop, target).code());
    }

    @AfterAll
    static void drop_the_roles() {
        SOURCE.sql("postgres", "DROP ROLE stranger_to_runs");
        TARGET.sql("postgres", "DROP DATABASE " + target, "DROP ROLE stranger_to_runs");
    }

    /** @param there a question for what somebody made, which has one answer as long as that is there */
    private static void refuses(String strangers, String hint, String there, String... make) {
        TARGET.sql(target, make);
        String before = TARGET.query(target, there);
        CommandRun run = SIDES.migrate(shop, target, "--restart");
        assertEquals("error: the target holds objects that the interrupted run did not make: " + strangers
                + "\nhint: move or drop them, then run again with --restart: " + hint, run.failure());
        assertEquals(3, run.code());
        assertEquals(before, TARGET.query(target, there));
        TARGET.sql(target, hint);
        assertEquals("", String.join("", TARGET.rows(target, "SELECT 'left' WHERE EXISTS (" + there + ")").stream()
                .map(Object::toString).toList()));
    }

    @Test
    void each_is_named_with_what_takes_it_away_alone_and_then_the_run_can_be_undone() {
        refuses("table public.ledger in extension citext",
                "ALTER EXTENSION \"citext\" DROP TABLE public.ledger; DROP TABLE public.ledger;",
                "SELECT relkind FROM pg_class WHERE relname = 'ledger'", LEDGER,
                "ALTER EXTENSION citext ADD TABLE ledger");
        refuses("cast (app.mood AS pg_catalog.text)", "DROP CAST (app.mood AS pg_catalog.text);",
                "SELECT castmethod FROM pg_cast WHERE castsource = 'app.mood'::regtype AND casttarget = "
                        + "'text'::regtype",
                "CREATE CAST (app.mood AS text) WITH INOUT");
        refuses("extension earthdistance", "DROP EXTENSION earthdistance;",
                "SELECT extname FROM pg_extension WHERE extname = 'earthdistance'", "CREATE EXTENSION earthdistance");
        refuses("user mapping FOR stranger_to_runs SERVER far", "DROP USER MAPPING FOR stranger_to_runs SERVER far;",
                "SELECT usename FROM pg_user_mappings WHERE usename = 'stranger_to_runs'",
                "CREATE USER MAPPING FOR stranger_to_runs SERVER far OPTIONS (password 'secret')");
        refuses("table public.ledger in extension pg_trgm, extension pg_trgm",
                "ALTER EXTENSION \"pg_trgm\" DROP TABLE public.ledger; DROP TABLE public.ledger; DROP EXTENSION "
                        + "pg_trgm;",
                "SELECT relkind FROM pg_class WHERE relname = 'ledger'", LEDGER, "CREATE EXTENSION pg_trgm SCHEMA app",
                "ALTER EXTENSION pg_trgm ADD TABLE ledger");
        // With its schema it would take along the extension that it is in, which was there before.
        refuses("table app.ledger in extension plpgsql",
                "ALTER EXTENSION \"plpgsql\" DROP TABLE app.ledger; DROP TABLE app.ledger;",
                "SELECT relkind FROM pg_class WHERE relname = 'ledger'", LEDGER.replace("ledger", "app.ledger"),
                "ALTER EXTENSION plpgsql ADD TABLE app.ledger");
        refuses("text search template app.other", "DROP TEXT SEARCH TEMPLATE app.other;",
                "SELECT tmplname FROM pg_ts_template WHERE tmplname = 'other'",
                "CREATE TEXT SEARCH TEMPLATE app.other (LEXIZE = dsimple_lexize)");
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.open = 'on'");
        CommandRun run = SIDES.migrate(shop, target, "--restart");
        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(SOURCE, shop), Oracle.schema(TARGET, target));
    }
}
