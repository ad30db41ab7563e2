//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS com.google.code.gson:gson:2.13.1

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.talk.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/** Several machines, which are processes here, move one database, and any of them may end at any moment. */
class MigrateJoinTest {
    private static final Sides SIDES = Sides.installed();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final int AGAIN = 75;
    private static final Pattern COPIED = Pattern.compile("migrate: data: (\\d+) parts?, (\\d+) rows?, .*");
    /** Slow enough that there is work for all, whoever comes first. */
    private static final String RATE = "--max-rate=4MB";
    private static final Pattern CUT = Pattern.compile("(?m)^migrate: copying public\\.large \\(part \\d of (\\d)\\) ");
    private static final String BROUGHT =
            "SELECT count(*) FROM tsmigrate.part WHERE rows IS NOT NULL AND joiner IS NOT NULL";

    @TempDir
    Path folder;

    private final List<ChildCommand> machines = new ArrayList<>();

    @AfterAll
    static void takeDown() {
        SIDES.close();
    }

    /** 16 tables of 1.2 MB, one of 27 MB, and many small ones, which go together. */
    private static String shop() {
        String shop = SOURCE.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE large (id int PRIMARY KEY, v text)",
                "ALTER TABLE large ALTER v SET STORAGE PLAIN",
                "INSERT INTO large SELECT i, repeat('x', 7000) FROM generate_series(1, 3300) i", """
                        DO $$ BEGIN
                          FOR i IN 1..16 LOOP
                            EXECUTE format('CREATE TABLE part_%1$s (id int PRIMARY KEY, v text); ALTER TABLE part_%1$s \
                        ALTER v SET STORAGE PLAIN; INSERT INTO part_%1$s SELECT j, repeat(''y'', 1900) FROM \
                        generate_series(1, 600) j; CREATE TABLE small_%1$s (n money, at timestamptz DEFAULT now()); \
                        INSERT INTO small_%1$s SELECT j FROM generate_series(1, 50) j', i);
                          END LOOP;
                        END $$""", "CREATE INDEX ON large (id DESC)",
                "ALTER TABLE part_1 ADD FOREIGN KEY (id) REFERENCES large");
        return shop;
    }

    private ChildCommand start(String from, String to, String... options) {
        return start(15, from, to, options);
    }

    private ChildCommand start(int wait, String from, String to, String... options) {
        String jobs = List.of(options).contains("--jobs=3") ? RATE : "--jobs=2";
        List<String> command = new ArrayList<>(ChildCommand.java("Migrate",
                Stream.concat(Stream.of(jobs, RATE).distinct(), Stream.of(options)).toArray(String[]::new)));
        command.addAll(1, List.of("-Dtsmigrate.joiner.silence=3", "-Dtsmigrate.joiner.wait=" + wait));
        ChildCommand machine = ChildCommand.start(command, folder,
                Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to)));
        machines.add(machine);
        return machine;
    }

    /** A machine that has joined, and copies. */
    private ChildCommand joined(String from, String to) {
        ChildCommand joiner = start(from, to, "--join");
        joiner.await("joined", () -> joiner.err().contains("migrate: joined a run as "));
        return joiner;
    }

    private static void awaitCopying(String to, int machines) {
        BackgroundWork.until("copied by " + machines + " other machines", () -> journal(to) && TARGET.query(to, """
                SELECT count(DISTINCT s.joiner) >= %d FROM tsmigrate.session s JOIN pg_stat_activity a
                  ON a.pid = s.pid AND a.query LIKE 'COPY %%' AND a.state = 'active'""".formatted(machines))
                .equals("t"));
    }

    private static CommandRun status(String to, String... options) {
        return CommandRun.of("StatusCommand", Map.of("TARGET", TARGET.uri(to)), options);
    }

    private static JsonArray helping(String to) {
        return JsonParser.parseString(status(to, "--json").out()).getAsJsonObject().getAsJsonArray("helping");
    }

    /** @return how often the first machine says this of the other one, by its name */
    private static long said(CommandRun run, String what, ChildCommand of) {
        return run.err().lines().filter(line -> line.matches(
                "migrate: (warning: )?another machine " + what + ": \\S+:" + of.handle().pid())).count();
    }

    private void assertOtherSourceRefused(String other, String to) {
        CommandRun wrong = start(other, to, "--join").end();
        assertEquals(3, wrong.code(), wrong.err());
        assertTrue(wrong.failure().startsWith("error: the run on the target has another source: database "),
                wrong.err());
        assertTrue(wrong.failure().endsWith("\nhint: check --source and --target: they must be those of the run"),
                wrong.err());
        assertFalse(wrong.err().contains("waiting"), wrong.err());
    }

    private static boolean journal(String to) {
        return TARGET.query(to, "SELECT to_regclass('tsmigrate.session') IS NOT NULL").equals("t");
    }

    private static int parts(CommandRun run) {
        return run.err().lines().map(COPIED::matcher).filter(Matcher::matches)
                .mapToInt(line -> Integer.parseInt(line.group(1))).sum();
    }

    private static void assertSame(String from, String to) {
        assertEquals(Oracle.data(SOURCE, from), Oracle.data(TARGET, to));
        assertEquals(Oracle.schema(SOURCE, from), Oracle.schema(TARGET, to));
        assertEquals("0", TARGET.query(to, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }

    @AfterEach
    void end() {
        machines.forEach(ChildCommand::close);
    }

    @Test
    void machines_that_join_copy_their_share_and_end_with_the_run() {
        String shop = shop();
        String target = TARGET.newDatabase();
        ChildCommand early = start(shop, target, "--join", "--jobs=3", "-v");
        early.await("waiting", () -> early.err().contains("waiting for one"));
        ChildCommand first = start(shop, target, "-v");
        ChildCommand late = joined(shop, target);
        awaitCopying(target, 2);
        CommandRun status = status(target);
        Pattern copying = Pattern.compile("(?m)^running   COPY .*, by \\S+$");
        assertTrue(copying.matcher(status.out()).find(), status.out());
        assertEquals(2, status.out().lines().filter(line -> line.matches(
                "helps     \\S+ since \\S+Z: \\d+ parts?, \\S+ \\S+ at \\S+ \\S+ a second")).count(), status.out());
        for (ChildCommand each : List.of(early, late)) {
            assertTrue(status.out().matches("(?s).*\nhelps     \\S+:" + each.handle().pid() + " since .*"),
                    status.out());
        }
        JsonArray helping = helping(target);
        assertEquals(2, helping.size(), helping.toString());
        CommandRun run = first.end();
        assertEquals(0, run.code(), run.err());
        for (ChildCommand joiner : List.of(early, late)) {
            CommandRun joined = joiner.end();
            assertEquals(0, joined.code(), joined.err());
            assertTrue(parts(joined) > 1, joined.err() + run.err());
            assertTrue(joined.err().contains("migrate: the run has ended"), joined.err());
            assertTrue(joined.err().matches("(?s).*: joined a run as \\S+:" + joiner.handle().pid() + "\n.*"),
                    joined.err());
            assertEquals(1, said(run, "helps", joiner), run.err());
        }
        // Of 3 and 2 workers, as many as have called when the rows are planned.
        assertTrue(run.err().matches("(?s).*\nmigrate: [235] workers on other machines will help\n.*"), run.err());
        Matcher cut = CUT.matcher(early.err() + run.err());
        assertTrue(cut.find() && cut.group(1).equals("3"), early.err() + run.err());
        assertTrue(run.err().contains("migrate: data: 13700 rows in 33 tables, "), run.err());
        assertSame(shop, target);
    }

    @Test
    void a_pass_before_the_downtime_and_the_last_one_can_be_joined() {
        String shop = shop();
        String other = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        int row = 0;
        for (String pass : List.of("--prepare", "--prepare", "--resume")) {
            ChildCommand joiner = start(shop, target, "--join");
            joiner.await("waiting", () -> joiner.err().contains("waiting for one"));
            CommandRun run = start(shop, target, pass).end();
            assertEquals(0, run.code(), run.err());
            CommandRun joined = joiner.end();
            assertEquals(0, joined.code(), joined.err());
            assertTrue(parts(joined) > 1, joined.err() + run.err());
            if (!pass.equals("--resume")) {
                assertOtherSourceRefused(other, target);
                SOURCE.sql(shop, "UPDATE large SET v = v || 'u' WHERE id % 100 = " + row++,
                        "DO $$ BEGIN FOR i IN 1..16 LOOP EXECUTE format('DELETE FROM part_%s WHERE id = %s', i, "
                                + row + "); END LOOP; END $$");
            }
        }
        assertSame(shop, target);
    }

    @Test
    void what_a_machine_that_is_killed_has_begun_is_copied_by_others() {
        String shop = shop();
        String target = TARGET.newDatabase();
        ChildCommand first = start(shop, target);
        ChildCommand ended = start(shop, target, "--join");
        ChildCommand killed = joined(shop, target);
        awaitCopying(target, 2);
        killed.signal("KILL");
        ended.signal("INT");
        ChildCommand other = joined(shop, target);
        CommandRun run = first.end();
        assertEquals(0, run.code(), run.err());
        CommandRun joined = other.end();
        assertEquals(0, joined.code(), joined.err());
        assertTrue(parts(joined) > 0, joined.err());
        assertEquals(130, ended.end().code());
        assertEquals(1, said(run, "has lost all its connections, and what it has begun is copied again", killed),
                run.err());
        assertEquals(1, said(run, "has left", ended), run.err());
        assertSame(shop, target);
    }

    @Test
    void a_machine_that_is_silent_for_too_long_loses_its_parts() {
        String shop = shop();
        String target = TARGET.newDatabase();
        ChildCommand first = start(shop, target);
        ChildCommand silent = joined(shop, target);
        awaitCopying(target, 1);
        silent.signal("STOP");
        CommandRun run = first.end();
        assertEquals(0, run.code(), run.err());
        assertEquals(1, said(run, "is not heard of any more, and what it has begun is copied again", silent),
                run.err());
        silent.signal("CONT");
        CommandRun joined = silent.end();
        assertEquals(0, joined.code(), joined.err());
        assertSame(shop, target);
    }

    @Test
    void when_the_first_machine_is_killed_the_others_end_and_the_run_goes_on_from_any() {
        String shop = shop();
        String other = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        ChildCommand first = start(shop, target);
        ChildCommand dead = start(shop, target, "--join");
        ChildCommand joiner = joined(shop, target);
        awaitCopying(target, 2);
        first.signal("KILL");
        dead.signal("KILL");
        BackgroundWork.until("only who is heard of helps", () -> !status(target).out().contains(":"
                + dead.handle().pid() + " since "));
        assertTrue(status(target).out().startsWith("run       interrupted\n"));
        CommandRun joined = joiner.end();
        assertEquals(AGAIN, joined.code(), joined.err());
        assertTrue(joined.failure().contains("hint: go on with the run on any machine: migrate --resume"),
                joined.err());
        assertTrue(Integer.parseInt(TARGET.query(target, BROUGHT)) > 0, joined.err());
        assertEquals("1", TARGET.query(target, "SELECT count(*) FROM tsmigrate.joiner"));
        assertOtherSourceRefused(other, target);
        ChildCommand again = start(shop, target, "--resume");
        ChildCommand rejoined = joined(shop, target);
        CommandRun run = again.end();
        assertEquals(0, run.code(), run.err());
        assertEquals(0, rejoined.end().code());
        assertSame(shop, target);
    }

    @Test
    void a_run_that_is_taken_over_while_others_copy_gets_none_of_their_rows_later() {
        String shop = shop();
        String target = TARGET.newDatabase();
        ChildCommand first = start(shop, target);
        ChildCommand joiner = joined(shop, target);
        awaitCopying(target, 1);
        BackgroundWork.until("brought", () -> !TARGET.query(target, BROUGHT).equals("0"));
        first.signal("KILL");
        SOURCE.sql(shop, "UPDATE large SET v = 'new' WHERE id % 100 = 0", "TRUNCATE part_3");
        ChildCommand again = start(shop, target, "--resume");
        joiner.await("joined again", () -> joiner.err().split(": joined a run as ", -1).length > 2);
        assertTrue(Integer.parseInt(TARGET.query(target, BROUGHT)) > 0, joiner.err());
        int parts = helping(target).get(0).getAsJsonObject().get("parts").getAsInt();
        assertTrue(parts <= Integer.parseInt(TARGET.query(target, BROUGHT
                + " AND finished > (SELECT resumed FROM tsmigrate.run)")), "parts of this run: " + parts);
        CommandRun run = again.end();
        assertEquals(0, run.code(), run.err());
        CommandRun joined = joiner.end();
        assertEquals(0, joined.code(), joined.err());
        assertTrue(joined.err().contains("migrate: another run goes on with its work"), joined.err());
        assertSame(shop, target);
    }

    @Test
    void a_machine_that_finds_the_snapshot_lost_waits_for_who_goes_on_with_the_run() {
        String shop = shop();
        String target = TARGET.newDatabase();
        ChildCommand first = start(shop, target);
        ChildCommand joiner = joined(shop, target);
        awaitCopying(target, 1);
        // It holds its lock on the target, and what it has begun, but no snapshot.
        first.signal("STOP");
        SOURCE.sql(shop, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                + "AND backend_xmin IS NOT NULL AND state = 'idle in transaction'");
        joiner.await("noticed", () -> joiner.err().contains("the snapshot of the run is lost: its machine has ended"));
        first.signal("KILL");
        CommandRun run = start(shop, target, "--resume").end();
        assertEquals(0, run.code(), run.err());
        CommandRun joined = joiner.end();
        assertEquals(0, joined.code(), joined.err());
        assertTrue(joined.err().contains("migrate: another run goes on with its work"), joined.err());
        assertSame(shop, target);
    }

    @Test
    void a_condition_that_somebody_has_written_into_the_journal_does_not_run_on_the_source() {
        String shop = shop();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE SEQUENCE called");
        ChildCommand first = start(shop, target);
        joined(shop, target);
        awaitCopying(target, 1);
        TARGET.sql(target, """
                UPDATE tsmigrate.part SET range = 'nextval(''called'') > 0' WHERE ctid = ANY (ARRAY(SELECT ctid
                  FROM tsmigrate.part WHERE leads AND rows IS NULL FOR UPDATE SKIP LOCKED))""");
        CommandRun refused = start(shop, target, "--join").end();
        assertEquals(1, refused.code(), refused.err());
        assertTrue(refused.failure().contains("hint: somebody has changed the journal: see who else can write"),
                refused.err());
        assertEquals(0, first.end().code(), first.err());
        assertEquals("f", SOURCE.query(shop, "SELECT is_called FROM called"));
        assertSame(shop, target);
    }

    @Test
    void who_cannot_join_is_told_why() {
        String shop = shop();
        String other = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        CommandRun none = start(2, shop, target, "--join").end();
        assertEquals(AGAIN, none.code(), none.err());
        assertEquals("error: no run is under way on the target\n"
                + "hint: begin one, or go on with one, on another machine: migrate, or migrate --resume",
                none.failure());
        ChildCommand first = start(shop, target);
        first.await("rows", () -> journal(target));
        assertOtherSourceRefused(other, target);
        TARGET.sql(target, "UPDATE tsmigrate.run SET version = '0.0.9'");
        CommandRun version = start(shop, target, "--join").end();
        assertEquals(3, version.code(), version.err());
        assertEquals("error: the run on the target is by version 0.0.9 of this program, and this is version "
                + Console.VERSION + "\nhint: join it with that version", version.failure());
        TARGET.sql(target, "UPDATE tsmigrate.run SET version = '" + Console.VERSION
                + "', source = 'dump 1a2b of 2026-01-01T00:00:00Z'");
        CommandRun files = start(shop, target, "--join").end();
        assertEquals(3, files.code(), files.err());
        assertEquals("error: the run on the target restores from files, which no other machine has\n"
                + "hint: wait for it, without --join", files.failure());
        assertEquals(0, first.end().code());
        CommandRun usage = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--join", "--no-owner");
        assertEquals(2, usage.code(), usage.err());
        assertEquals("error: --join takes from the run what is to be done: without --no-owner", usage.failure());
    }
}
