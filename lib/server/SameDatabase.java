package lib.server;

import lib.talk.Failure;

/**
 * Whether both sides are one database. Addresses prove nothing (poolers, tunnels, several names); a lock taken on one
 * side and seen on the other does.
 */
public final class SameDatabase {
    private SameDatabase() {
    }

    /** @throws Failure when they are */
    public static void refuse(Server source, Server target) {
        try (Session from = source.session(); Session to = target.session()) {
            if (is(from, to)) {
                throw refusal(target);
            }
        }
    }

    public static Failure refusal(Server target) {
        return Failure.of("source and target are the same database (%s)", target.dsn())
                .hint("check --source and --target");
    }

    public static boolean is(Session from, Session to) {
        long key = System.nanoTime();
        String seen =
                """
                SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l
                 WHERE l.locktype = 'advisory' AND (l.classid::bigint << 32 | l.objid::bigint) = %d
                   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                     WHERE d.datname = pg_catalog.current_database())"""
                        .formatted(key);
        // In a transaction it is in one session, and goes with it, whatever stands in between.
        from.run("marking the source", "BEGIN; SELECT pg_catalog.pg_advisory_xact_lock(" + key + ")");
        try {
            return !to.text("looking for the mark of the source", seen).equals("0");
        } finally {
            from.run("marking the source", "ROLLBACK");
        }
    }
}
