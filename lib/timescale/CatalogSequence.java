package lib.timescale;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Sql;

/**
 * A sequence of TimescaleDB's catalog whose next value is taken already.
 *
 * @param largest the largest value in its column
 * @param last the last value of the sequence
 */
public record CatalogSequence(String name, long largest, long last) {
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

    /** @return those that are behind the rows of their tables */
    public static List<CatalogSequence> behind(Session session) {
        List<Sequence> sequences = session.list("listing TimescaleDB's sequences", SEQUENCES,
                row -> new Sequence(row.getString(1), row.getString(2), row.getString(3)));
        if (sequences.isEmpty()) {
            return List.of();
        }
        String sql = sequences.stream()
                .map(sequence -> "SELECT " + Sql.literal(sequence.sql) + ", (SELECT max(" + sequence.column + ") FROM "
                        + sequence.table + "), last_value FROM " + sequence.sql)
                .collect(Collectors.joining(" UNION ALL "));
        List<CatalogSequence> all = new ArrayList<>(session.list("reading TimescaleDB's sequences", sql,
                row -> new CatalogSequence(row.getString(1), row.getLong(2), row.getLong(3))));
        all.removeIf(sequence -> sequence.largest <= sequence.last);
        return all;
    }
}
