package lib.catalog;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import lib.talk.Sql;

/**
 * Which column types may travel in COPY's binary format. Left out are types whose bytes name object identifiers that
 * differ between servers (reg*, arrays and composites of user types), types without binary input (aclitem,
 * pg_node_tree), and xml, whose declaration changes. One unsafe column puts its table in text.
 */
public final class CopyTypes {
    private static final List<String> BASE =
            List.of("bool", "bytea", "char", "name", "int8", "int2", "int4", "text", "oid", "xid", "xid8",
                    "cid", "tid", "json", "jsonb", "jsonpath", "point", "lseg", "path", "box", "polygon", "line",
                    "circle", "float4", "float8", "money",
                    "macaddr", "macaddr8", "inet", "cidr", "bpchar", "varchar", "date", "time", "timetz", "timestamp",
                    "timestamptz", "interval", "bit",
                    "varbit", "numeric", "uuid", "tsvector", "tsquery", "pg_lsn", "txid_snapshot", "pg_snapshot");

    /**
     * Types of extensions with a binary format of their own; safe only where both sides have the same version of the
     * extension.
     */
    private static final List<String> EXTENSION =
            List.of("hstore", "citext", "geometry", "geography", "ltree", "vector");

    private CopyTypes() {
    }

    /**
     * @param extensions the extensions that have the same version on both sides
     * @return common table expressions for a query on the source; {@code safe(oid)} has a row for each type that is
     * safe in binary, {@code deferred(oid)} for each whose input, however deep inside, looks up objects that exist only
     * after post-data
     */
    public static String expressions(Collection<String> extensions) {
        return """
                base(oid, typ) AS (
                    SELECT t.oid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype <> 'd'
                    UNION ALL
                    SELECT d.oid, b.typ
                      FROM pg_catalog.pg_type d
                      JOIN base b ON d.typtype = 'd' AND d.typbasetype = b.oid),
                  plain(oid) AS (SELECT t.oid FROM pg_catalog.pg_type t WHERE t.oid < 10000 AND t.typname = ANY (%s)),
                  element(oid) AS (
                    SELECT p.oid FROM plain p
                    UNION ALL
                    SELECT r.rngtypid FROM pg_catalog.pg_range r JOIN plain p ON p.oid = r.rngsubtype
                    UNION ALL
                    SELECT (pg_catalog.to_jsonb(r)->>'rngmultitypid')::pg_catalog.oid
                      FROM pg_catalog.pg_range r
                      JOIN plain p ON p.oid = r.rngsubtype),
                  kind(oid) AS (
                    SELECT e.oid FROM element e
                    UNION ALL
                    SELECT t.oid
                      FROM pg_catalog.pg_type t
                      JOIN element e ON e.oid = t.typelem
                     WHERE t.typcategory = 'A' AND t.oid < 10000
                    UNION ALL
                    SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typtype = 'e'
                    UNION ALL
                    SELECT t.oid
                      FROM pg_catalog.pg_type t
                      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                          AND d.objid = t.oid AND d.deptype = 'e'
                      JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
                     WHERE t.typname = ANY (%s) AND x.extname = ANY (%s)),
                  safe(oid) AS (SELECT DISTINCT b.oid FROM base b JOIN kind k ON k.oid = b.typ),
                  deferred(oid) AS (
                    SELECT t.oid FROM pg_catalog.pg_type t WHERE t.oid < 10000 AND t.typname ~ '^_?reg'
                    UNION
                    SELECT o.outer_type
                      FROM deferred l
                      JOIN (
                          SELECT t.oid AS outer_type, pg_catalog.unnest(ARRAY[t.typbasetype, t.typelem]) AS inner_type
                            FROM pg_catalog.pg_type t
                          UNION ALL
                          SELECT r.rngtypid, r.rngsubtype FROM pg_catalog.pg_range r
                          UNION ALL
                          SELECT c.reltype, a.atttypid
                            FROM pg_catalog.pg_attribute a
                            JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                           WHERE c.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped) o ON o.inner_type = l.oid)"""
                .formatted(array(BASE), array(EXTENSION), array(extensions));
    }

    private static String array(Collection<String> names) {
        return names.stream().map(Sql::literal).collect(Collectors.joining(", ", "ARRAY[", "]::text[]"));
    }
}
