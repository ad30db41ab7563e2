//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Rows.java
package lib;

import java.sql.Connection;

/** Sessions on the target that outlive what opened them: after kill -9, and for a moment after a signal, their programs still work on. */
final class Leftovers {
    /** Tenths of a second. */
    private static final int CHECKS = 100;
    private static final String SESSIONS = """
            FROM pg_catalog.pg_stat_activity WHERE application_name = 'tsmigrate' AND datname = pg_catalog.current_database()
             AND usename = current_user AND pid <> pg_catalog.pg_backend_pid()""";
    /** The statement that ends them. */
    static final String ENDING = "SELECT pg_catalog.pg_terminate_backend(pid) " + SESSIONS;

    private Leftovers() {
    }

    /** Ends every other session of ours on this database, and waits for its end. Ask first that no other run is at work. */
    static void end(Connection target) {
        Rows.texts(target, "target", "ending the sessions of the failed run", ENDING);
        for (int i = 0; i < CHECKS; i++) {
            if ("0".equals(Rows.text(target, "target", "waiting for the end of the failed run", "SELECT pg_catalog.count(*) " + SESSIONS))) {
                return;
            }
            Rows.text(target, "target", "waiting for the end of the failed run", "SELECT pg_catalog.pg_sleep(0.1)");
        }
    }
}
