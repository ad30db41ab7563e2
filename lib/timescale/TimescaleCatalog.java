//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.List;
import lib.server.JournalTables;
import lib.server.Session;

/**
 * The tables in which TimescaleDB keeps what it knows of hypertables, chunks and jobs. pg_dump dumps their rows because
 * the extension has marked them (pg_extension.extconfig). They refer to each other by foreign keys, so they are loaded
 * one after another, before any chunk, and after the tables that some of them name.
 */
public final class TimescaleCatalog {
    /**
     * Common table expressions: {@code config} has every table that an extension says is to be dumped, with the WHERE
     * clause of its rows, and {@code depth}, for those of TimescaleDB, how many others must be loaded first.
     */
    public static final String EXPRESSIONS = """
            config(oid, condition, catalog) AS (
              SELECT u.oid, u.condition, x.extname = 'timescaledb'
                FROM pg_catalog.pg_extension x, ROWS FROM (pg_catalog.unnest(x.extconfig),
                  pg_catalog.unnest(x.extcondition)) u(oid, condition)),
            refers(child, parent) AS (
              SELECT k.conrelid, k.confrelid FROM pg_catalog.pg_constraint k JOIN config c ON c.oid = k.conrelid
                AND c.catalog
               WHERE k.contype = 'f' AND k.conrelid <> k.confrelid),
            depths(oid, level) AS (
              SELECT c.oid, 1 FROM config c WHERE c.catalog
              UNION SELECT r.child, d.level + 1 FROM depths d JOIN refers r ON r.parent = d.oid WHERE d.level < 20),
            depth(oid, level) AS (SELECT oid, pg_catalog.max(level) FROM depths GROUP BY oid)""";

    /** What the names of the schemas of chunks, catalog and functions begin with. */
    public static final String SCHEMAS = "_timescaledb";

    /** An SQL condition: the database may have hypertables. */
    public static final String PRESENT = "pg_catalog.to_regclass('_timescaledb_catalog.hypertable') IS NOT NULL";

    /** The table of the jobs, in whichever schema of the extension it stands. */
    public static final String JOBS = "bgw_job";

    /**
     * A query for the identifiers of hypertables. Their chunks are their children: those have names in the catalog
     * before 2.29 only.
     */
    public static final String HYPERTABLES = """
            SELECT c.oid FROM _timescaledb_catalog.hypertable h JOIN pg_catalog.pg_namespace n
              ON n.nspname = h.schema_name
              JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = h.table_name""";

    /** A query for the names of hypertables, without their schemas. */
    public static final String NAMES =
            "SELECT h.table_name::pg_catalog.text FROM _timescaledb_catalog.hypertable h";

    /**
     * Makes room for the rows of the source. Before 2.14 restoring mode only sets the extension's own row aside
     * (sql/restoring.sql in its source), and could not be turned on once more, to withdraw an unfinished load, while
     * both that row and the one of the source are there.
     */
    public static final String PREPARATION = "DELETE FROM _timescaledb_catalog.metadata WHERE key = 'exported_uuid'";
    /**
     * Writes down all metadata, once in a run: since 2.14 the rows of the source replace those of the same keys, such
     * as install_timestamp.
     */
    static final String RECORDING = "INSERT INTO " + JournalTables.METADATA.sql() + " SELECT d.key, d.value, "
            + "d.include_in_telemetry FROM _timescaledb_catalog.metadata d WHERE NOT EXISTS (SELECT FROM "
            + JournalTables.METADATA.sql() + ")";
    /**
     * Brings them back, and nothing else. The version stays where the extension has been updated since: with another
     * one in this table restoring mode cannot be turned off.
     */
    public static final String RESTORATION = """
            DELETE FROM _timescaledb_catalog.metadata d WHERE d.key <> 'timescaledb_version' AND NOT EXISTS (
              SELECT FROM %1$s m WHERE m.key = d.key AND m.value = d.value AND m.telemetry = d.include_in_telemetry);
            DELETE FROM _timescaledb_catalog.metadata d USING %1$s m, pg_catalog.pg_extension e
             WHERE d.key = 'timescaledb_version' AND m.key = d.key AND m.value <> d.value
               AND e.extname = 'timescaledb' AND e.extversion = m.value;
            INSERT INTO _timescaledb_catalog.metadata (key, value, include_in_telemetry)
            SELECT m.key, m.value, m.telemetry FROM %1$s m WHERE NOT EXISTS (
              SELECT FROM _timescaledb_catalog.metadata d WHERE d.key = m.key)""".formatted(
            JournalTables.METADATA.sql());

    /**
     * @param table a name of one of these tables
     * @return whether fewer rows can arrive than are sent: since 2.14 a trigger updates the rows that are there
     * already, which then do not count as loaded
     */
    public static boolean mergesRows(String table) {
        return table.equals("metadata");
    }

    /** A query for the statements of {@link #clearing}. */
    public static final String CLEARING = """
            WITH RECURSIVE %s
            SELECT pg_catalog.rtrim(pg_catalog.format('DELETE FROM %%I.%%I %%s', n.nspname, t.relname,
              pg_catalog.btrim(c.condition, E' \\n')))
              FROM depth d JOIN config c ON c.oid = d.oid JOIN pg_catalog.pg_class t ON t.oid = d.oid
                AND t.relkind = 'r'
              JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
             WHERE t.relname <> 'metadata'
             ORDER BY d.level DESC, t.oid DESC""".formatted(EXPRESSIONS);

    /**
     * Where a hypertable is attached to a tablespace that is not there, no chunk can be made, and show_tablespaces can
     * crash the server.
     */
    public static final String DETACHING =
            "DELETE FROM _timescaledb_catalog.tablespace WHERE tablespace_name NOT IN (SELECT spcname FROM "
                    + "pg_catalog.pg_tablespace)";

    private TimescaleCatalog() {
    }

    /** @return whether a table of this name may be a chunk */
    public static boolean isChunk(String name) {
        return name.startsWith("_hyper_") || name.startsWith("_dist_hyper_");
    }

    /**
     * @return the statements that remove the user's rows from an unfinished catalog, after which hypertables and chunks
     * are ordinary tables, and no job is there
     */
    static List<String> clearing(Session target) {
        return target.texts("listing the catalog of TimescaleDB", CLEARING);
    }
}
