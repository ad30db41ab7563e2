//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/**
 * Whether a migration can go ahead: one line for each thing that was looked at, and what mends it where something must
 * be mended.
 */
class PreflightTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static String shop;
    private static String target;
    private static String mended;

    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        target = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE keeper LOGIN PASSWORD 'keeper'", "CREATE ROLE clerk LOGIN PASSWORD 'hush'");
        TARGET.sql("postgres", "CREATE ROLE keeper LOGIN PASSWORD 'keeper' CONNECTION LIMIT 30");
        SOURCE.sql(shop, "CREATE EXTENSION pg_stat_statements", "CREATE TABLE item (id int)",
                "CREATE TABLE price (id int)",
                "ALTER TABLE price OWNER TO clerk", "GRANT SELECT ON price TO keeper",
                "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()",
                "CREATE PUBLICATION news FOR ALL TABLES");
        mended = TARGET.newDatabase();
        TARGET.sql(mended, "GRANT CREATE ON DATABASE " + mended + " TO keeper",
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    }

    @AfterAll
    static void drop_the_roles() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop, "DROP ROLE keeper", "DROP ROLE clerk");
        TARGET.sql("postgres", "DROP DATABASE " + mended, "DROP ROLE keeper", "DROP ROLE IF EXISTS clerk");
    }

    @Test
    void a_good_pair_is_told_to_go_and_nothing_is_changed() {
        CommandRun go = SIDES.unchanged(shop, target, () -> CommandRun.preflight(SOURCE.uri(shop), TARGET.uri(target)));
        assertEquals("", go.err());
        assertEquals(0, go.code());
        assertTrue(go.out().endsWith("\ngo\n"), go.out());
        String version = SOURCE.query("postgres", "SHOW server_version");
        assertTrue(go.out().contains("ok       versions           source " + version + ", target " + version + "\n"),
                go.out());
        assertTrue(go.out().contains("ok       target             database \"" + target + "\" is empty\n"), go.out());
        assertTrue(go.out().contains("ok       encoding           UTF8 on both sides\n"), go.out());
        assertTrue(go.out().contains("ok       extensions         pg_stat_statements "), go.out());
        assertFalse(go.out().contains("\nstop "), go.out());
    }

    /** What installs it on another machine reads no sentence. */
    @Test
    void a_program_learns_which_client_is_missing_by_a_value(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("client");
        assertEquals(0,
                CommandRun.preflight(SOURCE.uri(shop), TARGET.uri(target), "--client-needed", file.toString()).code());
        assertFalse(Files.exists(file));
        assumeTrue(ClientBinaries.find(17).isEmpty(), "needs a machine without clients of version 17");
        PgServer newer = PgServer.shared(17);
        assertEquals(3, CommandRun.preflight(newer.uri(newer.newDatabase()), newer.uri(newer.newDatabase()),
                "--client-needed", file.toString()).code());
        assertEquals("17\n", Files.readString(file));
    }

    @Test
    void a_dry_run_prints_the_questions_as_a_script_and_changes_nothing() {
        CommandRun run = SIDES.unchanged(shop, target,
                () -> CommandRun.preflight(SOURCE.uri(shop), TARGET.uri(target), "-T", "price", "--dry-run"));
        assertEquals("", run.err());
        assertTrue(run.out().contains("\n-- listing the available extensions\nSELECT name, version, "), run.out());
        assertTrue(run.out().contains("\n-- resolving the filters\nSET search_path TO DEFAULT;\n"), run.out());
        Run answers = PastedScript.between(run, SOURCE.uri(shop), TARGET.uri(target));
        assertTrue(answers.out().contains(" pg_stat_statements "), answers.out());
        assertFalse((run.out() + answers.out()).contains("SCRAM-SHA-256"), answers.out());
    }

    @Test
    void a_database_that_is_still_to_be_created_is_not_created() {
        CommandRun run = CommandRun.preflight(SOURCE.uri(shop), TARGET.uri("to be created"), "--create-database");
        assertEquals(0, run.code(), run.out());
        assertTrue(run.out().contains("ok       target             database \"to be created\" will be created\n"),
                run.out());
        assertEquals("0", TARGET.query("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'to be created'"));
        // The source may well be the database through which the server is asked.
        CommandRun same =
                CommandRun.preflight(TARGET.uri("postgres"), TARGET.uri("to be created"), "--create-database");
        assertEquals(0, same.code(), same.out());
    }

    @Test
    void a_side_that_cannot_be_reached_and_wrong_usage_end_as_they_do_everywhere() {
        SIDES.refuses(3, """
                error: could not connect to the target: database "no such" does not exist
                hint: check the database name, or create it with --create-database
                """, shop, target, () -> CommandRun.preflight(SOURCE.uri(shop), TARGET.uri("no such")));
        assertEquals(2, CommandRun.preflight(SOURCE.uri(shop), TARGET.uri(target), "--jobs", "0").code());
    }

    @Test
    void everything_that_stops_somebody_who_is_no_superuser_comes_with_what_mends_it() {
        List<String> options = new ArrayList<>();
        CommandRun stopped = keeper(options);
        assertEquals(3, stopped.code());
        assertTrue(stopped.err().startsWith("preflight: error: no-go: 6 finding"), stopped.err());
        assertEquals(
                """
                stop     privileges         table public.item of the source cannot be read
                                              fix: GRANT SELECT ON TABLE public.item TO "keeper";
                stop     extensions         extension pg_stat_statements can be created on the target by a superuser \
                only
                                              fix: as a superuser of the target: CREATE SCHEMA IF NOT EXISTS "public"; \
                CREATE EXTENSION IF NOT EXISTS "pg_stat_statements" WITH SCHEMA "public" VERSION '%s'; or leave it \
                out: \
                --leave-out pg_stat_statements
                stop     cannot be carried  event-triggers: seen: only a superuser may create an event trigger
                                              fix: migrate --leave-out event-triggers
                stop     cannot be carried  publications: news: only a superuser may publish all tables or a schema
                                              fix: migrate --leave-out publications
                stop     roles              role "clerk" owns objects, does not exist on the target and cannot be \
                created by "keeper"
                                              fix: CREATE ROLE "clerk" WITH NOSUPERUSER INHERIT NOCREATEROLE \
                NOCREATEDB \
                LOGIN NOREPLICATION \
                NOBYPASSRLS CONNECTION LIMIT -1;
                stop     target             user "keeper" may not create in schema "public" of the target
                                              fix: GRANT CREATE ON SCHEMA "public" TO "keeper" WITH GRANT OPTION;
                """.formatted(TARGET.query("postgres",
                        "SELECT default_version FROM pg_available_extensions WHERE name = 'pg_stat_statements'")),
                stops(stopped));

        // What is mended first may bring up something else, but not for ever.
        CommandRun next = stopped;
        for (int i = 0; i < 2; i++) {
            stops(next).lines().filter(line -> line.contains("  fix: "))
                    .forEach(line -> mend(line.replaceFirst(" +fix: ", ""), options));
            next = keeper(options);
        }
        assertEquals("", stops(next));
        assertEquals(0, next.code(), next.out() + next.err());
        CommandRun run =
                CommandRun.migrate(SOURCE.uri(shop, "keeper", "keeper"), TARGET.uri(mended, "keeper", "keeper"),
                        options.toArray(String[]::new));
        assertEquals(0, run.code(), run.err());
        assertEquals("clerk",
                TARGET.query(mended, "SELECT relowner::regrole FROM pg_class WHERE oid = 'price'::regclass"));
    }

    @Test
    void an_owner_may_create_where_its_objects_will_be_or_can_be_lent_the_right() {
        String source = SOURCE.newDatabase();
        String database = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE teller");
        SOURCE.sql(source, "CREATE TABLE price (id int)", "ALTER TABLE price OWNER TO teller",
                "GRANT SELECT ON price TO keeper");
        TARGET.sql("postgres", "CREATE ROLE teller", "GRANT teller TO keeper",
                "GRANT CREATE ON DATABASE " + database + " TO keeper");
        TARGET.sql(database, "GRANT CREATE ON SCHEMA public TO keeper", "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        CommandRun stopped =
                CommandRun.preflight(SOURCE.uri(source, "keeper", "keeper"), TARGET.uri(database, "keeper", "keeper"));
        assertEquals("""
                stop     target             role "teller" owns objects in schema "public" and may not create there on \
                the target, and "keeper" cannot grant it that right
                                              fix: GRANT CREATE ON SCHEMA "public" TO "keeper" WITH GRANT OPTION;
                """, stops(stopped));
        TARGET.sql(database, "GRANT CREATE ON SCHEMA \"public\" TO \"keeper\" WITH GRANT OPTION;");
        CommandRun run =
                CommandRun.migrate(SOURCE.uri(source, "keeper", "keeper"), TARGET.uri(database, "keeper", "keeper"));
        assertEquals(0, run.code(), run.err());
        assertEquals("teller f", TARGET.query(database, """
                SELECT relowner::regrole || ' ' || left(has_schema_privilege('teller', 'public', 'CREATE')::text, 1)
                  FROM pg_class WHERE oid = 'price'::regclass"""));
        SOURCE.sql("postgres", "DROP DATABASE " + source, "DROP ROLE teller");
        TARGET.sql("postgres", "DROP DATABASE " + database, "DROP ROLE teller");
    }

    @Test
    void owners_that_are_not_wanted_are_not_looked_at() {
        String source = SOURCE.newDatabase();
        String database = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE baker", "GRANT CREATE ON DATABASE " + source + " TO baker");
        SOURCE.sql(source, "SET ROLE baker; CREATE EXTENSION citext; RESET ROLE");
        TARGET.sql("postgres", "GRANT CREATE ON DATABASE " + database + " TO keeper", "CREATE ROLE baker");
        TARGET.sql(database, "GRANT CREATE ON SCHEMA public TO keeper");
        String from = SOURCE.uri(source, "keeper", "keeper");
        String to = TARGET.uri(database, "keeper", "keeper");
        String owner =
                "extension citext belongs to \"baker\" on the source and will belong to \"keeper\" on the target";
        CommandRun with = CommandRun.preflight(from, to);
        assertTrue(with.out().contains(owner), with.out());
        CommandRun without = CommandRun.preflight(from, to, "--no-owner");
        assertFalse(without.out().contains(owner), without.out());
        SOURCE.sql("postgres", "DROP DATABASE " + source, "DROP ROLE baker");
        TARGET.sql("postgres", "DROP DATABASE " + database, "DROP ROLE baker");
    }

    private static void mend(String fix, List<String> options) {
        if (fix.startsWith("migrate ")) {
            options.addAll(List.of(fix.split(" ")).subList(1, 3));
        } else if (fix.startsWith("GRANT SELECT ")) {
            SOURCE.sql(shop, fix);
        } else {
            TARGET.sql(mended,
                    fix.replaceFirst("as a superuser of the target: ", "").replaceFirst(" or leave it out: .*", ""));
        }
    }

    private static CommandRun keeper(List<String> options) {
        return CommandRun.preflight(SOURCE.uri(shop, "keeper", "keeper"), TARGET.uri(mended, "keeper", "keeper"),
                options.toArray(String[]::new));
    }

    /** The lines of what stops, each followed by its fix. */
    private static String stops(CommandRun run) {
        List<String> lines = run.out().lines().toList();
        StringBuilder stops = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("stop ")) {
                stops.append(lines.get(i)).append('\n').append(lines.get(i + 1)).append('\n');
            }
        }
        return stops.toString();
    }
}
