//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.server.Membership;
import lib.server.Session;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * The background jobs of TimescaleDB on a target that is being loaded. They arrive paused, so that no policy compresses
 * or drops rows before they are compared. At the very end they get the state that they have on the source.
 */
public final class Jobs {
    /** Tenths of a second. */
    private static final int SCHEDULER_CHECKS = 100;
    /** The column with the role that a job runs as. */
    private static final String OWNER = "owner";

    private final Session target;
    private final Timescale source;
    private Map<Integer, String> held = Map.of();

    /** @param source with the jobs as the source has them */
    public Jobs(Session target, Timescale source) {
        this.target = target;
        this.source = source;
    }

    /** @return the roles that can own jobs on the target, quoted: those that the connecting user is a member of */
    private Set<String> owners() {
        return new HashSet<>(target.texts("asking who can own jobs",
                "SELECT pg_catalog.quote_ident(rolname) FROM pg_catalog.pg_roles WHERE "
                        + Membership.isMemberOf("oid")));
    }

    private String user() {
        return target.text("asking for the user", "SELECT pg_catalog.quote_ident(current_user)");
    }

    /**
     * @return an expression for reading the source's table of jobs: its columns, with owners that the target can have
     */
    public String columns(String columns) {
        String possible = owners().stream().map(Sql::literal).collect(Collectors.joining(", "));
        String owner = "CASE WHEN " + OWNER + "::text IN (" + possible + ") THEN " + OWNER + "::text ELSE "
                + Sql.literal(user()) + " END";
        return List.of(columns.split(", ")).stream().map(column -> column.equals(OWNER) ? owner : column)
                .collect(Collectors.joining(", "));
    }

    /** A COPY statement and the rows for it, in its text format. */
    public record CopyStatement(String statement, String rows) {
    }

    /**
     * @param copy the rows of the table of jobs as pg_restore writes them
     * @return these rows with owners that exist on the target
     */
    public CopyStatement rows(List<String> copy) {
        Set<String> possible = owners();
        String user = user();
        StringBuilder rows = new StringBuilder();
        String statement = null;
        int column = -1;
        for (String line : copy) {
            if (statement == null && line.startsWith("COPY ")) {
                statement = line.replaceFirst(";$", "");
                column = List.of(line.replaceFirst("^[^(]*\\(", "").replaceFirst("\\).*", "").split(", "))
                        .indexOf(OWNER);
            } else if (statement != null && line.equals("\\.")) {
                return new CopyStatement(statement, rows.toString());
            } else if (statement != null) {
                String[] values = line.split("\t", -1);
                values[column] = possible.contains(values[column]) ? values[column] : user;
                rows.append(String.join("\t", values)).append('\n');
            }
        }
        throw Failure.of("the dump holds no rows of TimescaleDB's jobs");
    }

    /** A job that has another owner on the target than on the source. */
    public record Remapped(Timescale.Job job, String owner) {
        @Override
        public String toString() {
            return job + " belongs to \"" + owner + "\", because \"" + job.owner() + "\" cannot own it there";
        }
    }

    /** @return the jobs that have another owner now */
    public List<Remapped> remapped() {
        List<Timescale.Job> here = Timescale.jobs(target);
        return source.jobs().stream()
                .flatMap(job -> here.stream()
                        .filter(other -> other.id() == job.id() && !other.owner().equals(job.owner()))
                        .map(other -> new Remapped(job, other.owner())))
                .toList();
    }

    /** @return the statement that removes all jobs of the user */
    public static String removal(Session target) {
        return "DELETE FROM " + Timescale.jobTable(target) + " WHERE " + Timescale.ownJob("id");
    }

    /** Pauses all of them, in restoring mode. */
    public void pause() {
        target.run("pausing the jobs", pausing(Timescale.jobTable(target)));
    }

    /** @return the statement of {@link #pause} */
    public static String pausing(String table) {
        return "UPDATE " + table + " SET scheduled = false WHERE " + Timescale.ownJob("id") + " AND scheduled";
    }

    /**
     * Of the columns in {@link #resuming}. The job's own time zone is forgotten when alter_job is not told (job_alter
     * in the extension's source).
     *
     * @return a query for the call of alter_job
     */
    public static String alterJob(String table) {
        return AlterJob.query(Map.of("job_id", "j.id", "timezone", "j.timezone", "scheduled", "w.scheduled",
                "next_start", "w.next_start", "check_config",
                AlterJob.unchecked("j.id", table)));
    }

    /**
     * @param jobs at least one
     * @return the first half of the statement that gives jobs their state, and has them due when they are due on the
     * source; the second is the call that {@link #alterJob} asks for; {@link DisabledJobs} are left as they are
     */
    public static String resuming(List<Timescale.Job> jobs, String table) {
        return "SELECT a.job_id FROM " + DisabledJobs.wanted(jobs) + " JOIN " + table + " j ON j.id = w.id AND NOT "
                + DisabledJobs.HELD + ", LATERAL ";
    }

    /**
     * Gives each job the state that it has on the source, and has it due when it is due there: a dump does not hold
     * that, and without it every job would run at once. {@link DisabledJobs} stay paused.
     *
     * @throws Failure when one has another state in the end, or is not there
     */
    public String resume() {
        String table = Timescale.jobTable(target);
        String alterJob = target.text("looking for TimescaleDB's alter_job", alterJob(table));
        held = DisabledJobs.lines(target, source, table);
        AlterJob.keepingChecks(target, table, () -> source.jobs().stream()
                .map(job -> target.text("resuming " + job,
                        resuming(List.of(job), table) + alterJob + " a"))
                .toList());
        List<Timescale.Job> here = Timescale.jobs(target);
        for (Timescale.Job job : source.jobs()) {
            boolean scheduled = job.scheduled() && !held.containsKey(job.id());
            if (here.stream().noneMatch(other -> other.id() == job.id() && other.scheduled() == scheduled)) {
                throw Failure.of("%s of the source is not on the target as it should be: %s", job,
                        scheduled ? "running" : "paused");
            }
        }
        List<Timescale.Job> others = source.jobs().stream().filter(job -> !held.containsKey(job.id())).toList();
        long running = others.stream().filter(Timescale.Job::scheduled).count();
        return running + " scheduled, " + (others.size() - running) + " paused, as on the source"
                + (held.isEmpty() ? "" : "; " + Count.of(held.size(), "job") + " switched off");
    }

    /** @return the warnings about jobs that have another owner now, after {@link #resume} */
    public List<String> notes() {
        return remapped().stream().map(remapped -> held.getOrDefault(remapped.job().id(), remapped.toString()))
                .toList();
    }

    /**
     * @return the settings that the scheduler needs to start: it is a background worker and takes one of their slots
     */
    public String startingScheduler() {
        return target.list("counting the background workers",
                """
                SELECT most, workers, pg_catalog.current_setting('timescaledb.max_background_workers',
                  true)::pg_catalog.int4 AS limited, schedulers
                  FROM (SELECT pg_catalog.count(*) FILTER (WHERE backend_type NOT IN ('archiver', 'autovacuum launcher',
                    'autovacuum worker', 'background writer', 'checkpointer',
                                       'client backend', 'io worker', 'startup', 'walreceiver', 'walsender',
                                         'walsummarizer', 'walwriter', 'slotsync worker')) AS workers,
                               pg_catalog.count(*) FILTER (WHERE backend_type LIKE
                                 'TimescaleDB Background Worker Scheduler%') AS schedulers,
                               pg_catalog.current_setting('max_worker_processes')::pg_catalog.int4 AS most
                                 FROM pg_catalog.pg_stat_activity) a""",
                row -> row.getInt(2) >= row.getInt(1) ? more("max_worker_processes", row.getInt(1))
                        : row.getInt(4) >= row.getInt(3)
                                ? more("timescaledb.max_background_workers", row.getInt(3))
                        : "start it with: SELECT " + source.function("timescaledb_post_restore") + "();")
                .get(0);
    }

    /** Each database has a scheduler, and each job that runs a worker of its own. */
    private static String more(String setting, int now) {
        return ("all %d background workers that %s allows are taken, and the scheduler needs one; raise the "
                + "setting where "
                + "the service has it, or, as a superuser of the target: ALTER SYSTEM SET %s = %d; and restart the "
                + "server")
                .formatted(now, setting, setting, now + 8);
    }

    /** @return whether the job scheduler runs on the target, waiting for it up to ten seconds */
    public boolean scheduled() {
        for (int i = 0; i < SCHEDULER_CHECKS; i++) {
            if (!"0".equals(target.text("looking for the scheduler of jobs",
                    """
                    SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
                     WHERE datname = pg_catalog.current_database() AND application_name LIKE
                       'TimescaleDB Background Worker Scheduler%'"""))) {
                return true;
            }
            target.text("waiting for the scheduler of jobs", "SELECT pg_catalog.pg_sleep(0.1)");
        }
        return false;
    }
}
