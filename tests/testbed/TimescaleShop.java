package testbed;

import java.nio.file.Path;

/**
 * A database that takes a moment to move: a hypertable of five chunks, two of them compressed, and a continuous
 * aggregate.
 */
public final class TimescaleShop {
    /** What {@link #contents} says of it, wherever it is. */
    public static final String WHOLE = "restoring off, 120 rows of 7140, 72 of them later, 2 chunks compressed, 5 days";

    private TimescaleShop() {
    }

    /**
     * Makes it.
     *
     * @param version of timescaledb, one that the server offers
     */
    public static String make(PgServer server, String version) {
        String database = empty(server, version);
        server.script(database, Path.of("tests/sql/timescale-shop.sql"));
        return database;
    }

    /** Makes a database with the extension in it and nothing else. */
    public static String empty(PgServer server, String version) {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb VERSION '" + version + "'");
        return database;
    }

    /** What a database holds of it, as queries see it, with and without a filter by time. */
    public static String contents(PgServer server, String database) {
        return server.query(database,
                """
                SELECT format('restoring %s, %s rows of %s, %s of them later, %s chunks compressed, %s days',
                  current_setting('timescaledb.restoring'), count(*), sum(v),
                       (SELECT count(*) FROM m WHERE time >= '2024-01-03'),
                       (SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed), (SELECT count(*)
                         FROM daily)) FROM m""");
    }
}
