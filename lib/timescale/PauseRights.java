//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.List;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Sql;

/** Whether the source's user may pause the source's jobs, and remember there what was moved. */
public final class PauseRights {
    private PauseRights() {
    }

    /** @throws Failure with the GRANT that is missing */
    public static void check(Session session, Server source) {
        String user = source.facts().user();
        if ("f".equals(session.text("asking for the right to create",
                "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"))) {
            throw Failure.of(
                    "user \"%s\" may not create the schema in the source's database in which --pause-jobs records "
                            + "the jobs that it moves",
                    user)
                    .hint("GRANT CREATE ON DATABASE %s TO %s;", Sql.ident(source.database()), Sql.ident(user));
        }
        String jobs = Timescale.jobTable(session);
        List<String> checked = AlterJob.checked(session, jobs);
        if (!checked.isEmpty() && "f".equals(session.text("asking for the right to change jobs",
                "SELECT pg_catalog.has_table_privilege(" + Sql.literal(jobs) + ", 'UPDATE')"))) {
            throw Failure.of(
                    "TimescaleDB would run the owner's check function as user \"%s\" to pause %s",
                    user, String.join(", ", checked))
                    .hint("GRANT UPDATE ON %s TO %s;", jobs, Sql.ident(user));
        }
        List<String> foreign = session.texts("asking who owns the jobs", """
                SELECT DISTINCT pg_catalog.pg_get_userbyid(j.owner::pg_catalog.oid) FROM %s j
                 WHERE %s AND j.scheduled AND NOT %s ORDER BY 1"""
                .formatted(jobs, Timescale.ownJob("j.id"), Membership.hasRightsOf("j.owner::pg_catalog.oid")));
        if (!foreign.isEmpty()) {
            throw Failure
                    .of("user \"%s\" may not pause jobs of the source that belong to \"%s\"", user,
                            String.join("\", \"", foreign))
                    .hint("GRANT %s TO %s;", String.join(", ", foreign.stream().map(Sql::ident).toList()),
                            Sql.ident(user));
        }
    }
}
