package lib.load;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.Membership;
import lib.source.Contents;
import lib.talk.ShellScript;
import lib.talk.Sql;
import lib.timescale.AlterJob;
import lib.timescale.DisabledJobs;
import lib.timescale.Jobs;
import lib.timescale.RestoringMode;
import lib.timescale.Timescale;
import lib.timescale.TimescaleCatalog;
import lib.timescale.TimescaleSettings;

/**
 * What {@link RestoringMode} and {@link Jobs} do around a load, as commands of a shell; nothing for a database without
 * TimescaleDB.
 */
public final class RestoringScript {
    private static final ShellScript.Side TARGET = ShellScript.Side.TARGET;
    private static final String WITHDRAW = "withdraw";
    private static final String LEAVE = "leave";
    private static final String JOBS = "pg_temp.jobs";
    private static final String CONTENTS = '"' + ShellScript.FOLDER + "/catalog.contents\"";
    private static final String LIST = '"' + ShellScript.FOLDER + "/catalog.list\"";
    private static final String ROWS = '"' + ShellScript.FOLDER + "/jobs\"";

    private final ShellScript script;
    private final Timescale timescale;
    private final List<Contents.Table> catalog;

    public RestoringScript(ShellScript script, Contents contents) {
        this.script = script;
        timescale = contents.timescale();
        catalog = contents.tables().stream().filter(Contents.Table::catalog).toList();
    }

    /** Turns the mode on. If the script ends before {@link #turnOff}, what it has loaded stays as ordinary tables. */
    public void turnOn() {
        if (timescale != null) {
            script.step(
                    "Restoring mode of TimescaleDB is turned on; if this ends early, its catalog is emptied, and "
                            + "the mode turned off")
                    .atExit(WITHDRAW, TARGET,
                            RestoringMode.turnOnStatement(timescale) + ";\n" + TimescaleCatalog.CLEARING + "\n\\gexec\n"
                                    + RestoringMode.turnOffStatement(timescale) + ";")
                    .sql(TARGET, List.of(TimescaleCatalog.PREPARATION, RestoringMode.turnOnStatement(timescale)));
            check("on");
        }
    }

    /** Turns the mode off: the extension compares its version with the one that the rows came from. */
    public void turnOff() {
        if (timescale != null) {
            List<String> statements = new ArrayList<>(
                    timescale.tablespaces().isEmpty() ? List.of() : List.of(TimescaleCatalog.DETACHING));
            jobTable().forEach(table -> statements.add(Jobs.pausing(name(table))));
            statements.addAll(RestoringMode.turnOffStatements(timescale));
            script.step("Restoring mode is turned off; until the end no job runs").sql(TARGET, statements);
            script.done(WITHDRAW);
            check("off");
        }
    }

    /** Turns the mode on once more for what stands on hypertables and refers to what was loaded after it. */
    public void turnOnAgain(Runnable made) {
        script.step("What hypertables refer to, in restoring mode once more")
                .atExit(LEAVE, TARGET, RestoringMode.turnOffStatement(timescale) + ";")
                .sql(TARGET, List.of(TimescaleCatalog.PREPARATION, RestoringMode.turnOnStatement(timescale)));
        check("on");
        made.run();
        script.sql(TARGET, RestoringMode.turnOffStatements(timescale)).done(LEAVE);
        check("off");
    }

    private void check(String wanted) {
        script.comment("A new session must see that; a connection pooler may hand out older ones").sql(TARGET, """
                DO $$ BEGIN
                IF pg_catalog.current_setting('%3$s', true) IS%1$s DISTINCT FROM 'on' THEN
                  RAISE EXCEPTION '%3$s is not %2$s in a new session: connect to the server itself, not \
                to a pooler';
                END IF;
                END $$;""".formatted(wanted.equals("on") ? "" : " NOT", wanted, TimescaleSettings.RESTORING));
    }

    /**
     * Loads the rows of the catalog, one table after another.
     *
     * @param archive an archive that holds them, as a word of the shell
     */
    public void catalogRows(String archive) {
        List<Contents.Table> jobs = jobTable();
        if (catalog.isEmpty()) {
            return;
        }
        script.line("pg_restore --list " + archive + " > " + CONTENTS);
        restore(archive, catalog.stream().filter(table -> !jobs.contains(table)).toList(), "--exit-on-error",
                "--dbname=" + TARGET.word() + " --section=data --no-owner --no-privileges");
        for (Contents.Table table : jobs) {
            script.comment("Jobs whose owner is out of reach will belong to the connecting user");
            restore(archive, jobs, "--data-only", "--file=" + ROWS);
            script.line("sed 's/^COPY [^(]*(/COPY " + JOBS + " (/' " + ROWS + " > " + LIST);
            script.line(script.call("psql", TARGET,
                    List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
                            "--command=CREATE TEMPORARY TABLE jobs (LIKE " + name(table) + ")",
                            "--command=ALTER TABLE " + JOBS + " ALTER owner TYPE text"))
                    + " --file=" + LIST + commands(table));
        }
    }

    private static String commands(Contents.Table table) {
        return List.of("UPDATE " + JOBS + " SET owner = pg_catalog.quote_ident(current_user)"
                + " WHERE owner NOT IN (SELECT pg_catalog.quote_ident(rolname) FROM pg_catalog.pg_roles WHERE "
                + Membership.isMemberOf("oid") + ")",
                "ALTER TABLE " + JOBS + " ALTER owner TYPE pg_catalog.regrole USING owner::pg_catalog.regrole",
                "INSERT INTO " + name(table) + " SELECT * FROM " + JOBS).stream()
                .map(sql -> " --command=" + ShellScript.quoted(sql)).collect(Collectors.joining());
    }

    private void restore(String archive, List<Contents.Table> tables, String... options) {
        script.line(
                ArchiveScript.keepLines(tables.stream().map(table -> ArchiveScript.tableDataKey(table.oid())).toList())
                        + " " + CONTENTS + " > " + LIST);
        script.line("pg_restore " + String.join(" ", options) + " --use-list=" + LIST + " " + archive);
    }

    /** Gives the jobs the state that they have on the source; the last step, for they change what is there. */
    public void resume() {
        if (timescale != null && !timescale.jobs().isEmpty() && !jobTable().isEmpty()) {
            Contents.Table table = jobTable().get(0);
            // The settings of the database may have made it read-only for new sessions.
            script.step(
                    "Jobs of TimescaleDB get the state that they have on the source, by its own alter_job with all "
                            + "the arguments that this version has")
                    .sql(TARGET,
                            "BEGIN READ WRITE;\n-- Functions of users that check jobs would run as you\nCREATE "
                                    + "TEMPORARY TABLE checks ON COMMIT DROP AS\n"
                                    + AlterJob.checks(name(table)) + ";\nSELECT "
                                    + Sql.literal(Jobs.resuming(timescale.jobs(), name(table))) + " || (\n"
                                    + Jobs.alterJob(name(table))
                                    + ") || ' a'\n\\gexec\nTABLE pg_temp.checks\n\\gexec\nCOMMIT;\n"
                                    + "-- Some stay switched off\n" + DisabledJobs.warning(timescale, name(table))
                                    + ";");
        }
    }

    /** The table of the jobs stands in one schema or another; none when only some objects are wanted. */
    private List<Contents.Table> jobTable() {
        return catalog.stream().filter(table -> table.name().equals(TimescaleCatalog.JOBS)).toList();
    }

    private static String name(Contents.Table table) {
        return Sql.name(table.schema(), table.name());
    }
}
