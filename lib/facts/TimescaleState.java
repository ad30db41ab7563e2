package lib.facts;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Sql;

/**
 * What is right or wrong with a target's TimescaleDB by itself: the mode that a restore needs and must leave, and the
 * sequences of its catalog.
 */
final class TimescaleState {
    private record Sequence(String sql, String table, String column) {
    }

    /** Those of tables that are part of a dump; others begin anew. */
    private static final String SEQUENCES =
            """
            SELECT s.oid::regclass::text, d.refobjid::regclass::text, quote_ident(a.attname)
              FROM pg_extension x, pg_class s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
               AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
              JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE s.relkind = 'S' AND x.extname = 'timescaledb' AND s.oid = ANY (x.extconfig)
               AND d.refobjid = ANY (x.extconfig)""";

    private TimescaleState() {
    }

    /**
     * @param target a session that began after the restore, because those before it keep the mode that they began with
     */
    static List<Difference> of(Session target) {
        List<Difference> differences = new ArrayList<>();
        String restoring = target.text("asking for restoring mode",
                "SELECT current_setting('timescaledb.restoring', true)");
        if ("on".equals(restoring)) {
            differences.add(new Difference("restoring mode", "the database", "off",
                    "on, so that compressed rows are not seen and no job runs"));
        }
        List<Sequence> sequences = target.list("listing TimescaleDB's sequences", SEQUENCES,
                row -> new Sequence(row.getString(1), row.getString(2), row.getString(3)));
        String sql = sequences.stream()
                .map(sequence -> "SELECT " + Sql.literal(sequence.sql) + ", (SELECT max(" + sequence.column + ") FROM "
                        + sequence.table + "), last_value FROM " + sequence.sql)
                .collect(Collectors.joining(" UNION ALL "));
        if (!sequences.isEmpty()) {
            target.list("reading TimescaleDB's sequences", sql, row -> row.getLong(2) > row.getLong(3)
                    ? differences.add(new Difference("catalog sequence", row.getString(1), "at least " + row.getLong(2),
                            row.getString(3)))
                    : null);
        }
        return differences;
    }
}
