package lib.timescale;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lib.server.Session;
import lib.talk.Sql;

/** What a database with TimescaleDB has that not every other one can take, as the extension's own views say. */
public final class Hypertables {
    /** The foreign-data wrapper of data nodes, in versions that have them (up to 2.13). */
    public static final String DATA_NODES = "timescaledb_fdw";

    /** An SQL condition for a row of pg_seclabels: the extension has not set it. */
    public static final String USERS_LABEL = "l.provider <> 'timescaledb'";

    /** Where a continuous aggregate has no such column, all are in the new form (since 2.25). */
    private static final String OLD_FORM = """
            SELECT pg_catalog.format('%I.%I', view_schema, view_name) FROM timescaledb_information.continuous_aggregates
              c
             WHERE pg_catalog.to_jsonb(c)->>'finalized' = 'false' ORDER BY 1""";
    private static final String DISTRIBUTED = """
            SELECT pg_catalog.format('hypertable %%I.%%I', hypertable_schema, hypertable_name)
              FROM timescaledb_information.hypertables h
             WHERE pg_catalog.to_jsonb(h)->>'is_distributed' = 'true'
             UNION ALL SELECT 'data node ' || s.srvname FROM pg_catalog.pg_foreign_server s
               JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
             WHERE w.fdwname = '%s' ORDER BY 1""".formatted(DATA_NODES);
    private static final String HYPERCORE = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_am a ON a.oid = c.relam
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE a.amname = 'hypercore' ORDER BY 1""";

    /**
     * How many locks a hypertable takes when it is read or refreshed: those of all of its chunks, their compressed
     * chunks, and the indexes of both.
     *
     * @param what the hypertable, with the number of its chunks
     */
    public record Locks(String what, long number) {
    }

    /** A continuous aggregate, by its name. */
    public record Aggregate(String schema, String name) {
    }

    /**
     * A chunk of a hypertable.
     *
     * @param name its qualified name, and {@code sql} the same quoted
     * @param hypertable the quoted name of its hypertable
     */
    public record ChunkOf(String name, String sql, String hypertable, boolean compressed) {
    }

    private Hypertables() {
    }

    /** @return the qualified names of the hypertables of the user */
    public static List<String> names(Session session) {
        return session.texts("listing the hypertables",
                "SELECT pg_catalog.concat(hypertable_schema, '.', hypertable_name) FROM "
                        + "timescaledb_information.hypertables");
    }

    /** @return the statements after which frozen chunks take changes again */
    public static List<String> thawing(Session session) {
        return session.texts("listing the frozen chunks", """
                SELECT pg_catalog.format('SELECT FROM %I.unfreeze_chunk(%L::pg_catalog.regclass)', n.nspname,
                         pg_catalog.format('%I.%I', i.chunk_schema, i.chunk_name))
                  FROM timescaledb_information.chunks i
                  JOIN _timescaledb_catalog.chunk k ON k.status & 4 = 4 AND pg_catalog.to_jsonb(k)->>'schema_name'
                    = i.chunk_schema AND pg_catalog.to_jsonb(k)->>'table_name' = i.chunk_name
                  JOIN pg_catalog.pg_proc p ON p.proname = 'unfreeze_chunk'
                  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace AND n.nspname = '_timescaledb_functions'""");
    }

    /** @return the chunks of a database that has the extension */
    public static List<ChunkOf> chunks(Session session) {
        return session.list("listing the chunks",
                "SELECT chunk_schema, chunk_name, hypertable_schema, hypertable_name, is_compressed FROM "
                        + "timescaledb_information.chunks",
                row -> new ChunkOf(row.getString(1) + "." + row.getString(2),
                        Sql.name(row.getString(1), row.getString(2)),
                        Sql.name(row.getString(3), row.getString(4)), row.getBoolean(5)));
    }

    /** @return the continuous aggregates of a database that has the extension */
    public static List<Aggregate> aggregates(Session session) {
        return session.list("listing the continuous aggregates",
                "SELECT user_view_schema, user_view_name FROM _timescaledb_catalog.continuous_agg",
                row -> new Aggregate(row.getString(1), row.getString(2)));
    }

    /** @return whether there are any */
    public static boolean any(Session session) {
        return !session.texts("looking for hypertables",
                "SELECT hypertable_name FROM timescaledb_information.hypertables LIMIT 1").isEmpty();
    }

    /**
     * @return the hypertables of a database that has the extension, and the tables that it has made for them: by their
     * OIDs
     */
    public static Set<Long> relations(Session session) {
        return new HashSet<>(session.list("listing the hypertables", """
                WITH hypertables AS (SELECT c.oid FROM _timescaledb_catalog.hypertable h
                  JOIN pg_catalog.pg_namespace n ON n.nspname = h.schema_name
                  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = h.table_name)
                SELECT oid FROM hypertables
                UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN hypertables h ON h.oid = i.inhparent
                UNION SELECT c.oid FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '_timescaledb_internal'""",
                row -> row.getLong(1)));
    }

    /** @return the continuous aggregates in the form of TimescaleDB before 2.7, which need cagg_migrate */
    public static List<String> oldAggregates(Session session) {
        return session.texts("looking for continuous aggregates", OLD_FORM);
    }

    /** @return the distributed hypertables and the data nodes of a multi-node database, each with its kind */
    public static List<String> distributed(Session session) {
        return session.texts("looking for distributed hypertables", DISTRIBUTED);
    }

    /** @return the tables with the access method hypercore, which versions from 2.22 on do not have */
    public static List<String> hypercore(Session session) {
        return session.texts("looking for access methods", HYPERCORE);
    }

    /** @return the hypertable that takes the most locks */
    public static Optional<Locks> mostLocks(Session session) {
        return session.list("counting the chunks", """
                SELECT pg_catalog.format('the %s chunks of hypertable %I.%I', n, hypertable_schema, hypertable_name),
                  locks FROM (
                  SELECT hypertable_schema, hypertable_name, pg_catalog.count(*) AS n,
                    pg_catalog.count(*) * (1 + (SELECT pg_catalog.count(*)
                           FROM pg_catalog.pg_index i WHERE i.indrelid = pg_catalog.format('%I.%I', hypertable_schema,
                             hypertable_name)::pg_catalog.regclass))
                         + 2 * pg_catalog.count(*) FILTER (WHERE is_compressed) AS locks
                    FROM timescaledb_information.chunks GROUP BY 1, 2) counted ORDER BY locks DESC LIMIT 1""",
                row -> new Locks(row.getString(1), row.getLong(2))).stream().findFirst();
    }
}
