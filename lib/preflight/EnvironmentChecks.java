//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Bytes;
import lib.talk.Sql;

/**
 * What stands around the two databases and can spoil a migration: poolers, sessions that go on writing, scheduled work,
 * disks.
 */
public final class EnvironmentChecks {
    private final Server source;
    private final Session from;
    private final Server target;
    private final Session to;

    EnvironmentChecks(Server source, Session from, Server target, Session to) {
        this.source = source;
        this.from = from;
        this.target = target;
        this.to = to;
    }

    /**
     * @param sessions what {@link #sessions} has found
     * @param services what to say of managed ones
     * @param database the name of the target's
     */
    List<Finding> check(Finding sessions, ManagedServices services, String database) {
        List<Finding> findings = new ArrayList<>();
        findings.add(pooler(source, from));
        findings.add(pooler(target, to));
        findings.add(sessions);
        findings.addAll(schedules(database));
        long bytes = bytes();
        findings.addAll(services.check(bytes));
        // PostgreSQL has no function for the free space of a disk; what will be needed is all that can be said.
        findings.add(Finding.ok("disk",
                "the source's database takes %s; the target needs about as much, and as much again for its WAL",
                Bytes.text(bytes)));
        return findings;
    }

    /**
     * A pooler answers the start-up with a process number of its own, because it has not chosen a server's process yet.
     */
    public static Finding pooler(Server server, Session session) {
        int real = Integer.parseInt(
                session.text("asking for the process", "SELECT pg_catalog.pg_backend_pid()"));
        try {
            if (session.driver().getBackendPID() == real) {
                return Finding.ok("pooler", "the connection to the %s is direct", server.side());
            }
        } catch (SQLException e) {
            throw session.failure("asking for the process", e);
        }
        return Finding.stop("pooler",
                "connect to the server itself, which listens on another host or port than its pooler",
                "the %s is behind a connection pooler, which preserves neither snapshots nor session settings",
                server.side());
    }

    /** @return whether anybody but us is connected to the source's database */
    static Finding sessions(Session from) {
        return from.list("listing the sessions", """
                SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE backend_xid IS NOT NULL),
                       pg_catalog.string_agg(DISTINCT coalesce(nullif(application_name, ''), usename, '?'), ', ')
                  FROM pg_catalog.pg_stat_activity
                 WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend'
                   AND application_name NOT LIKE 'tsmigrate%'
                   AND pid <> pg_catalog.pg_backend_pid()""",
                row -> row.getLong(1) == 0 ? Finding.ok("sessions", "nobody else is connected to the source's database")
                        : Finding.warning("sessions",
                                "stop the application; list its sessions: SELECT pid, usename, application_name, "
                                        + "state FROM pg_stat_activity;",
                                "%d other session(s) on the source, %d of them writing now (%s): what they write from "
                                        + "now on does not come with this run",
                                row.getLong(1), row.getLong(2), row.getString(3)))
                .get(0);
    }

    /** pg_cron keeps its jobs in one database of the server, in the table cron.job. */
    private List<Finding> schedules(String database) {
        boolean cron = "t".equals(from.text("looking for pg_cron",
                """
                SELECT EXISTS (SELECT FROM pg_catalog.pg_extension e
                  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                    AND d.refobjid = e.oid AND d.deptype = 'e'
                  JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND c.oid = d.objid AND c.relkind = 'r' AND c.relname = 'job'
                 WHERE e.extname = 'pg_cron' AND c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n
                   WHERE n.nspname = 'cron'))"""));
        if (!cron) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>(
                List.of(Finding.warning("maintenance", "note which jobs are active, then: UPDATE cron.job SET "
                        + "active = false;",
                        "pg_cron may run jobs on the source during the migration")));
        String port = port(to);
        if (!port.equals(port(from)) || !database.equals(source.database())) {
            findings.add(Finding.warning("maintenance",
                    "on the target, before its jobs run: UPDATE cron.job SET nodename = 'localhost', nodeport = " + port
                            + ", database = "
                            + Sql.literal(database) + ";",
                    "the rows of cron.job keep the port and database of the source, so the target's pg_cron would "
                            + "run its jobs there"));
        }
        return findings;
    }

    private static String port(Session session) {
        return session.text("asking for the port", "SELECT pg_catalog.current_setting('port')");
    }

    private long bytes() {
        return Long.parseLong(from.text("measuring the database",
                "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())"));
    }
}
