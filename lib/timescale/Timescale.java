//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The extension TimescaleDB of a database.
 *
 * @param schema the schema of its functions, nearly always {@code public}
 * @param jobs those of the user, policies among them
 * @param keys the foreign keys that reference hypertables (TimescaleDB 2.16 and newer)
 * @param tablespaces those that new chunks go to
 * @param readers what may read hypertables through a function while it is loaded; null where nothing does
 */
public record Timescale(String version, String schema, List<Job> jobs, List<Key> keys, List<String> tablespaces,
        List<Reader> readers) {
    /**
     * A job as the extension keeps it; {@code scheduled} is false while it is paused.
     *
     * @param name what it runs, for messages
     * @param nextStart when it is due, as the server writes it, or null where it has never been due
     * @param superuser whether its owner is one
     * @param createrole whether its owner may create roles
     */
    public record Job(int id, String name, String owner, boolean scheduled, String nextStart, boolean superuser,
            boolean createrole) {
        @Override
        public String toString() {
            return "job " + id + " (" + name + ")";
        }
    }

    /** A foreign key; {@code identity} names its table. */
    public record Key(long oid, String identity) {
    }

    /** When a {@link Reader} reads: for each row, when it is made of the rows, or when they are analyzed. */
    public enum Reads {
        ROWS,
        OBJECT,
        STATISTICS
    }

    /**
     * What calls a function that may read a hypertable.
     *
     * @param catalog the identifier of the system catalog that holds it
     * @param relation its table
     * @param identity its kind and name, for messages
     */
    public record Reader(Reads reads, long catalog, long oid, long relation, String identity) {
    }

    /** Jobs with smaller identifiers come with the extension. */
    private static final int FIRST_JOB = 1000;

    /** None in a manifest of an earlier version, which does not list them. */
    @Override
    public List<Key> keys() {
        return keys == null ? List.of() : keys;
    }

    /** None in a manifest of an earlier version, which does not list them. */
    @Override
    public List<String> tablespaces() {
        return tablespaces == null ? List.of() : tablespaces;
    }

    /**
     * @return what may read hypertables through a function while it is loaded; nothing in a manifest of an earlier
     * version
     */
    public List<Reader> reading() {
        return readers == null ? List.of() : readers;
    }

    /**
     * @return the extension, or null where the database does not have it; without what {@link #whole} adds
     * @throws Failure where its schemas hold objects of other users
     */
    public static Timescale of(Session session) {
        TimescaleExtension extension = TimescaleExtension.of(session);
        return extension == null ? null : new Timescale(extension.version(), extension.schema(),
                jobs(session, extension.jobTable()), List.of(), List.of(), null);
    }

    /**
     * @return this description with the foreign keys, except for those that the extension adds for each chunk, the
     * tablespaces, and these
     */
    public Timescale whole(Session session, List<Reader> reading) {
        return new Timescale(version, schema, jobs,
                session.list("listing the foreign keys of hypertables", """
                SELECT k.oid, pg_catalog.format('%I of %s', k.conname, k.conrelid::pg_catalog.regclass)
                  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.confrelid
                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  JOIN _timescaledb_catalog.hypertable h ON h.schema_name = n.nspname AND h.table_name = c.relname
                 WHERE k.contype = 'f' ORDER BY k.oid""", row -> new Key(row.getLong(1), row.getString(2))),
                tablespaces(session), reading.isEmpty() ? null : reading);
    }

    /** @return those that new chunks go to (attach_tablespace), in a database that has the extension */
    public static List<String> tablespaces(Session session) {
        return session.texts("listing the tablespaces of hypertables",
                "SELECT DISTINCT tablespace_name::text FROM _timescaledb_catalog.tablespace ORDER BY 1");
    }

    /** @return the user's jobs, by their identifiers */
    public static List<Job> jobs(Session session) {
        return jobs(session, jobTable(session));
    }

    /** @return how many of them a database has that has the extension */
    public static int countJobs(Session session) {
        return Integer.parseInt(session.text("counting the jobs",
                "SELECT pg_catalog.count(*) FROM timescaledb_information.jobs WHERE " + ownJob("job_id")));
    }

    /** @return the jobs that are due within an hour, or run, each with its number and procedure */
    public static List<String> dueJobs(Session session) {
        return session.texts("looking for jobs", """
                SELECT 'job ' || j.id || ' (' || j.proc_schema || '.' || j.proc_name || ')'
                  FROM %s j LEFT JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id
                 WHERE %s AND j.scheduled AND coalesce(s.next_start, '-infinity') < pg_catalog.now() + interval '1 hour'
                   ORDER BY 1""".formatted(jobTable(session), ownJob("j.id")));
    }

    private static List<Job> jobs(Session session, String table) {
        return session.list("listing the jobs",
                """
                SELECT j.id, j.proc_schema || '.' || j.proc_name, pg_catalog.pg_get_userbyid(j.owner::pg_catalog.oid),
                  j.scheduled, %s,
                       coalesce(r.rolsuper, false), coalesce(r.rolcreaterole, false)
                  FROM %s j LEFT JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id LEFT
                    JOIN pg_catalog.pg_roles r ON r.oid = j.owner::pg_catalog.oid WHERE %s ORDER BY j.id"""
                        .formatted(PauseRecord.due(session), table, ownJob("j.id")),
                row -> new Job(row.getInt(1), row.getString(2), row.getString(3), row.getBoolean(4), row.getString(5),
                        row.getBoolean(6), row.getBoolean(7)));
    }

    /** @return the table of the jobs, which is in another schema since 2.25 */
    static String jobTable(Session session) {
        return session.text("looking for the table of jobs",
                """
                SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relname = 'bgw_job' AND c.relkind = 'r' AND n.nspname IN ('_timescaledb_config',
                   '_timescaledb_catalog')""");
    }

    /** @return a condition for the table of the jobs: the job is the user's */
    static String ownJob(String column) {
        return column + " >= " + FIRST_JOB;
    }

    /** @return one of the extension's own functions, with its schema */
    public String function(String name) {
        return Sql.name(schema, name);
    }

    /** @return the roles that own jobs */
    public Set<String> jobOwners() {
        return jobs.stream().map(Job::owner).collect(Collectors.toCollection(TreeSet::new));
    }
}
