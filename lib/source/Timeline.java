package lib.source;

import java.util.OptionalLong;
import lib.server.Server;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.talk.Failure;

/**
 * The timeline of a server. It is another one once the server was restored to an earlier state with recovery, or a
 * standby has taken over that may lack what was committed last; numbers of transactions then come a second time
 * (PostgreSQL manual, 26.3.6 "Timelines").
 */
public final class Timeline {
    private static final String DOING = "asking for the timeline";
    /** The name of a WAL file begins with it. */
    private static final String OF_PRIMARY = "SELECT ('x' || pg_catalog.left(pg_catalog.pg_walfile_name("
            + "pg_catalog.pg_current_wal_insert_lsn()), 8))::bit(32)::int8";
    /** What a checkpoint has written down may be that before. */
    private static final String OF_STANDBY = "SELECT greatest(c.timeline_id, (SELECT received_tli FROM "
            + "pg_catalog.pg_stat_wal_receiver)) FROM pg_catalog.pg_control_checkpoint() c";

    private Timeline() {
    }

    /** @return its number, or nothing where the server does not tell it, as Aurora, or not this user */
    public static OptionalLong of(Server server) {
        try (Session session = server.session()) {
            boolean standby = session.text(DOING, "SELECT pg_catalog.pg_is_in_recovery()").equals("t");
            return OptionalLong.of(Long.parseLong(session.text(DOING, standby ? OF_STANDBY : OF_PRIMARY)));
        } catch (Failure e) {
            if (!SqlFailures.refusesStatement(e)) {
                throw e;
            }
            return OptionalLong.empty();
        }
    }
}
