//DEPS org.postgresql:postgresql:42.7.14
package lib.rebuild;

import java.util.List;
import lib.server.Session;
import lib.server.Versions;
import lib.timescale.CatalogShape;

/**
 * What a source uses of TimescaleDB that another version of it does not have (CHANGELOG.md of the releases named, and
 * tried with 2.13.1, 2.22.1 and 2.28.3).
 */
public final class UnsupportedFeatures {
    /**
     * Something that the version lacks.
     *
     * @param name of it, as differences have it
     * @param catalog with {@code oid} the address of what a schema dump has of it, or 0
     */
    public record Feature(String name, String reason, long catalog, long oid) {
    }

    /** {@code since} is the first version that has the feature, {@code until} the first one that does not any more. */
    private static final String FEATURES = """
            WITH hypertable AS (SELECT c.oid, h.id, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name
                FROM _timescaledb_catalog.hypertable h JOIN pg_catalog.pg_namespace n ON n.nspname = h.schema_name
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = h.table_name
               WHERE h.compression_state <> 2),
              aggregate AS (SELECT v.oid, g.mat_hypertable_id AS id,
                  pg_catalog.format('%%I.%%I', vn.nspname, v.relname) AS name,
                  pg_catalog.pg_get_viewdef(d.oid) AS query
                FROM _timescaledb_catalog.continuous_agg g
                JOIN pg_catalog.pg_namespace vn ON vn.nspname = g.user_view_schema
                JOIN pg_catalog.pg_class v ON v.relnamespace = vn.oid AND v.relname = g.user_view_name
                JOIN pg_catalog.pg_namespace dn ON dn.nspname = g.direct_view_schema
                JOIN pg_catalog.pg_class d ON d.relnamespace = dn.oid AND d.relname = g.direct_view_name)
            SELECT name, reason, since, until, catalog::pg_catalog.oid, oid FROM (
              SELECT pg_catalog.format('%%s.%%I', k.conrelid::pg_catalog.regclass, k.conname),
                  'a foreign key to a hypertable', '2.16', NULL, 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
                FROM pg_catalog.pg_constraint k JOIN hypertable h ON h.oid = k.confrelid
               WHERE k.contype = 'f' AND k.conparentid = 0
              UNION ALL SELECT pg_catalog.format('%%s.%%I', h.name, t.tgname),
                  'a trigger with transition tables on a hypertable', '2.18', NULL,
                  'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid
                FROM pg_catalog.pg_trigger t JOIN hypertable h ON h.oid = t.tgrelid
               WHERE t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL
              UNION ALL SELECT pg_catalog.format('%%s.%%I', h.name, t.tgname),
                  'a trigger that is not enabled as by default on a hypertable', '2.27', NULL,
                  'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid
                FROM pg_catalog.pg_trigger t JOIN hypertable h ON h.oid = t.tgrelid
               WHERE t.tgenabled <> 'O' AND NOT t.tgisinternal
              UNION ALL SELECT a.name, 'an outer join in a continuous aggregate', '2.16', NULL,
                  'pg_catalog.pg_class'::pg_catalog.regclass, a.oid
                FROM aggregate a WHERE a.query ~ ' (LEFT|LATERAL) '
              UNION ALL SELECT a.name, 'more than one join in a continuous aggregate', '2.16', NULL,
                  'pg_catalog.pg_class'::pg_catalog.regclass, a.oid
                FROM aggregate a WHERE a.query ~ ' JOIN .* JOIN '
              UNION ALL SELECT a.name, 'time_bucket_ng in a continuous aggregate', NULL, '2.15',
                  'pg_catalog.pg_class'::pg_catalog.regclass, a.oid
                FROM aggregate a WHERE a.query ~ 'time_bucket_ng'
              %s%s%s) f(name, reason, since, until, catalog, oid) ORDER BY 1""";
    private static final String BUCKETS = """
            UNION ALL SELECT a.name, 'time_bucket with an origin or an offset in a continuous aggregate', '2.15', NULL,
                  'pg_catalog.pg_class'::pg_catalog.regclass, a.oid
                FROM aggregate a JOIN _timescaledb_catalog.continuous_aggs_bucket_function b
                  ON b.mat_hypertable_id = a.id
               WHERE (b.bucket_origin IS NOT NULL OR b.bucket_offset IS NOT NULL) AND b.bucket_timezone IS NULL
            """;
    private static final String SKIPPING = """
            UNION ALL SELECT DISTINCT pg_catalog.format('%%s.%%I', h.name, s.column_name),
                  'chunk skipping', '2.16', NULL, 0::pg_catalog.oid::pg_catalog.regclass, 0::pg_catalog.oid
                FROM _timescaledb_catalog.chunk_column_stats s JOIN hypertable h ON h.id = s.hypertable_id
            """.replace("%%", "%");
    private static final String SPARSE = """
            UNION ALL SELECT DISTINCT h.name, 'a sparse index', '2.22', NULL,
                  0::pg_catalog.oid::pg_catalog.regclass, 0::pg_catalog.oid
                FROM _timescaledb_catalog.compression_settings s JOIN hypertable h ON h.oid = s.relid
               WHERE %s <> ''
            """.formatted(CatalogShape.SPARSE_INDEXES);

    private UnsupportedFeatures() {
    }

    /**
     * @param source a session on the source, which has the extension
     * @param version of the target's extension
     */
    public static List<Feature> of(Session source, String version) {
        CatalogShape shape = CatalogShape.read(source);
        return source.list("looking for what another version of TimescaleDB lacks",
                FEATURES.formatted(shape.has("continuous_aggs_bucket_function.bucket_offset") ? BUCKETS : "",
                        shape.has("chunk_column_stats.column_name") ? SKIPPING : "",
                        shape.has("compression_settings.index") ? SPARSE : ""),
                row -> new Found(new Feature(row.getString(1), row.getString(2), row.getLong(5), row.getLong(6)),
                        row.getString(3), row.getString(4)))
                .stream().filter(found -> found.isLacking(version)).map(Found::explained).toList();
    }

    private record Found(Feature feature, String since, String until) {
        boolean isLacking(String version) {
            return since != null && Versions.ORDER.compare(version, since) < 0
                    || until != null && Versions.ORDER.compare(version, until) >= 0;
        }

        Feature explained() {
            return new Feature(feature.name, feature.reason + (since != null ? " needs TimescaleDB " + since
                    : " works only before TimescaleDB " + until), feature.catalog, feature.oid);
        }
    }
}
