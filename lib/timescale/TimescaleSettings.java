package lib.timescale;

import lib.server.Session;

/** The parameters of TimescaleDB that we ask for or set (src/guc.c in its source). */
public final class TimescaleSettings {
    /** Whether a hypertable is an ordinary table for the time being, and no job runs. */
    public static final String RESTORING = "timescaledb.restoring";

    /** Whether a query of a chunk also returns its compressed rows. */
    public static final String DECOMPRESSION = "timescaledb.enable_transparent_decompression";

    /** An SQL condition on the {@code name} of a parameter: it tells the server about itself, and nothing of data. */
    public static final String OF_SERVER = "(name IN ('timescaledb.license', 'timescaledb.telemetry_level', '"
            + RESTORING + "') OR name ~ '^timescaledb_')";

    private TimescaleSettings() {
    }

    /**
     * The library's loader defines a parameter, nothing else does; the list of libraries is not for everybody to read.
     *
     * @return whether the server preloads the extension's library
     */
    public static boolean isPreloaded(Session session) {
        return session.text("asking for timescaledb's library",
                "SELECT 1 FROM pg_catalog.pg_settings WHERE name = 'timescaledb.disable_load'") != null;
    }
}
