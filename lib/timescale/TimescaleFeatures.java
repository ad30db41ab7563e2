//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lib.server.Session;
import lib.talk.Count;
import lib.talk.Sql;

/**
 * TimescaleDB's two editions: which one a server has, and what of a database works with the community edition only
 * (tsl/ in its source).
 */
public final class TimescaleFeatures {
    /** So many things of a kind are named. */
    private static final int NAMED = 10;

    /** As the parameter timescaledb.license has it; unknown, while the extension is in no session of ours. */
    public enum Edition {
        COMMUNITY,
        APACHE,
        UNKNOWN
    }

    /** What helps where the edition is the wrong one. */
    public static final String FIX =
            "install TimescaleDB's community edition on the target's server, or, where it is installed, set "
                    + "timescaledb.license ="
                    + " 'timescale' in postgresql.conf";

    private TimescaleFeatures() {
    }

    /**
     * Asks a server for its edition. Without the extension in the session's database only a superuser can tell: by the
     * library that only the community edition brings.
     *
     * @param version of timescaledb, that would be created
     */
    public static Edition edition(Session session, boolean superuser, String version) {
        String license = session.text("asking for the edition of timescaledb",
                "SELECT pg_catalog.current_setting('timescaledb.license', true)");
        if (license != null) {
            return license.equals("apache") ? Edition.APACHE : Edition.COMMUNITY;
        } else if (!superuser) {
            return Edition.UNKNOWN;
        }
        String library = "/timescaledb-tsl-" + version;
        return session.text("looking for timescaledb's libraries", """
                SELECT 1 FROM pg_catalog.pg_config c, pg_catalog.unnest(ARRAY['.so', '.dylib', '.dll']) suffix
                 WHERE c.name = 'PKGLIBDIR' AND (pg_catalog.pg_stat_file(c.setting || %s || suffix, true)).size > 0"""
                .formatted(Sql.literal(library))) == null ? Edition.APACHE : Edition.COMMUNITY;
    }

    /** @return what a source uses of the community edition, such as {@code compression (public.power)} */
    public static List<String> community(Session source) {
        TimescaleExtension.of(source);
        Map<String, List<String>> found = new TreeMap<>();
        source.list("asking what of timescaledb is used",
                """
                SELECT DISTINCT * FROM (
                SELECT 'compression', pg_catalog.format('%I.%I', hypertable_schema, hypertable_name)
                  FROM timescaledb_information.hypertables WHERE compression_enabled
                UNION ALL
                SELECT 'continuous aggregates', pg_catalog.format('%I.%I', view_schema, view_name)
                  FROM timescaledb_information.continuous_aggregates
                UNION ALL
                SELECT 'policies', pg_catalog.format('%s on %I.%I', proc_name, hypertable_schema, hypertable_name)
                  FROM timescaledb_information.jobs WHERE job_id >= 1000 AND hypertable_name IS NOT NULL
                UNION ALL
                SELECT 'jobs', pg_catalog.format('%I.%I', proc_schema, proc_name)
                  FROM timescaledb_information.jobs WHERE job_id >= 1000 AND hypertable_name IS NULL
                UNION ALL
                SELECT 'gap filling', r.ev_class::pg_catalog.regclass::text
                  FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_depend m ON m.refclassid =
                    'pg_extension'::pg_catalog.regclass AND m.refobjid = e.oid
                  JOIN pg_catalog.pg_proc p ON m.classid = 'pg_proc'::pg_catalog.regclass AND m.objid = p.oid
                  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_proc'::pg_catalog.regclass AND d.refobjid = p.oid
                  JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
                 WHERE e.extname = 'timescaledb' AND p.proname IN ('time_bucket_gapfill', 'locf', 'interpolate')) used
                   ORDER BY 1, 2""",
                row -> found.computeIfAbsent(row.getString(1), feature -> new ArrayList<>()).add(row.getString(2)));
        List<String> features = new ArrayList<>();
        found.forEach((feature, names) -> features.add(feature + " (" + Count.some(names, NAMED) + ")"));
        return features;
    }

    /** @return what is wrong with a target of the Apache edition */
    public static String lacking(List<String> features) {
        return "the target has timescaledb's Apache edition, which lacks what the source uses: "
                + String.join(", ", features);
    }
}
