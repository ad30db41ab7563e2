//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Sides;

/** What has one reason and one remedy is told once, however often it occurs. */
class ManyOfAKindTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String LOADER = "many_loader";

    @BeforeAll
    static void makeRole() {
        TARGET.sql("postgres", "CREATE ROLE " + LOADER + " LOGIN PASSWORD 'l'");
    }

    @AfterAll
    static void dropRole() {
        TARGET.sql("postgres", "DROP ROLE " + LOADER);
    }

    private static String owned(String... statements) {
        String to = TARGET.newDatabase();
        TARGET.sql(to, statements);
        TARGET.sql("postgres", "ALTER DATABASE " + to + " OWNER TO " + LOADER);
        return to;
    }

    private static void drop(String from, List<String> targets) {
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        targets.forEach(to -> TARGET.sql("postgres", "DROP DATABASE " + to));
    }

    @Test
    void grants_that_are_refused_are_a_line_with_their_number() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE EXTENSION citext", "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC",
                "CREATE TABLE item (id int)");
        String to = owned("CREATE EXTENSION citext");
        CommandRun run = CommandRun.migrate(SOURCE.uri(from), TARGET.uri(to, LOADER, "l"));
        assertEquals(0, run.code(), run.err());
        Matcher line = Pattern.compile(
                "left out: (\\d+) statements \\(all of them with -v\\), the first is REVOKE ALL ON FUNCTION public\\.")
                .matcher(run.err() + run.out());
        assertTrue(line.find(), run.err() + run.out());
        assertTrue(Integer.parseInt(line.group(1)) > 20, line.group());
        String again = owned("CREATE EXTENSION citext");
        CommandRun each = CommandRun.migrate(SOURCE.uri(from), TARGET.uri(again, LOADER, "l"), "-v");
        assertEquals(Integer.parseInt(line.group(1)), (each.err() + each.out()).lines()
                .filter(text -> text.contains("left out: REVOKE ALL ON FUNCTION public.")).count());
        drop(from, List.of(to, again));
    }

    @Test
    void stops_of_a_class_are_a_stop_that_lists_them() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from,
                "DO $$ BEGIN FOR i IN 1..7 LOOP EXECUTE format('CREATE FUNCTION f%s() RETURNS int LANGUAGE sql "
                        + "LEAKPROOF AS ''SELECT 1''', i); END LOOP; END $$",
                "CREATE TABLE item (id int)");
        String to = owned();
        CommandRun refused = CommandRun.migrate(SOURCE.uri(from), TARGET.uri(to, LOADER, "l"));
        assertEquals(3, refused.code());
        assertEquals("""
                error: functions: public.f1(), public.f2(), public.f3(), public.f4(), public.f5(), public.f6(), \
                public.f7(): only a superuser may create a leakproof function
                hint: migrate --leave-out functions""", refused.failure());
        CommandRun some =
                CommandRun.migrate(SOURCE.uri(from), TARGET.uri(to, LOADER, "l"), "--leave-out", "public.f1()");
        assertEquals(3, some.code());
        assertTrue(some.failure().startsWith("error: functions: public.f2(), public.f3(), "), some.failure());
        CommandRun accepted =
                CommandRun.migrate(SOURCE.uri(from), TARGET.uri(to, LOADER, "l"), "--leave-out", "functions");
        assertEquals(0, accepted.code(), accepted.err());
        drop(from, List.of(to));
    }

    /** A service without a superuser leaves that, where nothing needs the extension. */
    @Test
    void an_extension_for_superusers_can_be_gone_without() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE EXTENSION pageinspect", "CREATE TABLE item (id int)");
        String to = owned();
        Matcher without = Pattern.compile("or leave it out: (--leave-out) (pageinspect)$")
                .matcher(CommandRun.migrate(SOURCE.uri(from), TARGET.uri(to, LOADER, "l")).failure());
        assertTrue(without.find());
        CommandRun service =
                CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to, LOADER, "l"), "--target-kind", "mst");
        assertTrue(service.out().contains("fix: the support of Managed Service for TimescaleDB may run: CREATE SCHEMA"),
                service.out());
        CommandRun run =
                CommandRun.migrate(SOURCE.uri(from), TARGET.uri(to, LOADER, "l"), without.group(1), without.group(2));
        assertEquals(0, run.code(), run.err());
        drop(from, List.of(to));
    }
}
