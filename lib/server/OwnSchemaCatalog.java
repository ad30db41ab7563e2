//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.util.List;
import java.util.stream.Collectors;
import lib.talk.Sql;

/** What the system's catalogs say about the schema of {@link OwnSchema} and about the tables in it. */
final class OwnSchemaCatalog {
    /**
     * One thing that the catalogs say.
     *
     * @param what a letter: {@code s} the schema, {@code t} a table, {@code c} a column, {@code k} a column of a
     * primary key, {@code r} a reason why the schema is not ours, {@code a} a privilege of somebody else
     * @param relation the table, or for {@code r} and {@code a} what they are about, with its kind
     * @param value the owner for {@code s}, {@code r} and {@code a}, else the name of the column
     * @param more the type of a column, the reason, or the grantee as SQL has it
     * @param last whether a column is NOT NULL, or what REVOKE takes the privilege from: SCHEMA, TABLE or null
     */
    record Row(String what, String relation, String value, String more, String last) {
    }

    private static final String CLASS = "'pg_catalog.pg_class'::pg_catalog.regclass";
    private static final String SPACE = "'pg_catalog.pg_namespace'::pg_catalog.regclass";
    /** The schema, those of our tables that are in it, and whom we trust. */
    private static final String SUBJECTS = """
            WITH trusted AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolsuper OR r.rolname = current_user),
              space AS (SELECT n.oid, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace n WHERE n.nspname = %1$s),
              own AS (SELECT c.*, pg_catalog.array_position(%2$s, c.relname) AS place
                FROM pg_catalog.pg_class c JOIN space s ON s.oid = c.relnamespace WHERE c.relname = ANY (%2$s)),
              held AS (
                SELECT 'schema ' || %1$s AS relation, 'SCHEMA' AS kind, nspowner AS owner, nspacl AS acl, 0 AS place
                  FROM space
                UNION ALL SELECT 'relation ' || %1$s || '.' || relname, 'TABLE', relowner, relacl, place FROM own
                UNION ALL SELECT 'column ' || o.relname || '.' || a.attname, NULL, o.relowner, a.attacl, o.place
                            FROM own o JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid)
            """;
    private static final String PRIVILEGES = """
            SELECT 'a', h.relation, pg_catalog.pg_get_userbyid(h.owner),
              CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.format('%%I', pg_catalog.pg_get_userbyid(x.grantee))
                END, h.kind
              FROM held h, LATERAL pg_catalog.aclexplode(h.acl) x WHERE x.grantee <> h.owner
                AND x.grantee NOT IN (SELECT oid FROM trusted)
              ORDER BY h.place, h.relation, 4
            """;
    /** Of the reasons only the first is shown, so they are sorted. */
    private static final String ALL = SUBJECTS + """
            , reasons AS (
                SELECT 'relation ' || %1$s || '.' || o.relname AS relation, o.relowner AS owner, x.reason, o.place,
                  x.rank
                  FROM own o, LATERAL pg_catalog.unnest(ARRAY[
                    CASE o.relkind WHEN 'r' THEN NULL WHEN 'v' THEN 'is a view' WHEN 'm' THEN 'is a materialized view'
                      WHEN 'f' THEN 'is a foreign table'
                       WHEN 'p' THEN 'is a partitioned table' WHEN 'S' THEN 'is a sequence' ELSE 'is no table' END,
                    CASE WHEN o.relpersistence <> 'p' THEN 'is an unlogged or temporary table' END,
                    CASE WHEN o.relrowsecurity OR o.relforcerowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_policy p
                      WHERE p.polrelid = o.oid)
                       THEN 'has row-level security' END,
                    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_rewrite w
                      WHERE w.ev_class = o.oid) THEN 'has a rule' END,
                    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger t
                      WHERE t.tgrelid = o.oid) THEN 'has a trigger' END,
                    CASE WHEN o.relispartition OR o.reloftype <> 0 OR EXISTS (SELECT FROM pg_catalog.pg_inherits i
                      WHERE o.oid IN (i.inhrelid, i.inhparent))
                       THEN 'is a partition, has a parent or child, or is of a composite type' END,
                    CASE WHEN o.relkind = 'r' AND o.relam <> (SELECT m.oid FROM pg_catalog.pg_am m
                      WHERE m.amname = 'heap')
                       THEN 'has another access method than heap' END,
                    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = o.oid
                      AND k.contype NOT IN ('p', 'n'))
                       THEN 'has a constraint that is not ours' END,
                    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = o.oid AND (NOT i.indisprimary
                         OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
                           OR 16384 <= ANY (i.indclass::pg_catalog.oid[])))
                       THEN 'has an index that is not ours' END,
                    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_statistic_ext e
                      WHERE e.stxrelid = o.oid) THEN 'has extended statistics' END
                  ]) WITH ORDINALITY x(reason, rank) WHERE x.reason IS NOT NULL
                UNION ALL
                SELECT 'schema ' || %1$s, s.nspowner, 'holds ' || coalesce(i.type || ' ' || i.identity,
                  'something else'), NULL, NULL
                  FROM space s JOIN pg_catalog.pg_depend d ON d.refclassid = %4$s AND d.refobjid = s.oid,
                       LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) i
                 WHERE NOT (d.classid = %3$s AND d.objid IN (SELECT own.oid FROM own))
                UNION ALL
                SELECT 'schema ' || %1$s, s.nspowner, 'belongs to an extension', NULL, NULL
                  FROM space s, pg_catalog.pg_depend d
                 WHERE d.deptype = 'e' AND (d.classid = %4$s AND d.objid = s.oid OR d.classid = %3$s
                   AND d.objid IN (SELECT own.oid FROM own)))
            SELECT 's', NULL, pg_catalog.pg_get_userbyid(nspowner), NULL, NULL FROM space
            UNION ALL SELECT 't', relname, NULL, NULL, NULL FROM own
            UNION ALL (SELECT 'c', o.relname, a.attname,
                      CASE WHEN t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.oid < 16384
                        AND a.attcollation = t.typcollation
                              AND a.atttypmod = -1 AND NOT a.atthasdef AND a.attidentity = ''
                                AND a.attgenerated = '' THEN t.typname END, a.attnotnull::text
                 FROM own o JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 LEFT
                   JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                ORDER BY o.relname, a.attnum)
            UNION ALL (SELECT 'k', o.relname, a.attname, NULL, NULL
                         FROM own o JOIN pg_catalog.pg_constraint k ON k.conrelid = o.oid AND k.contype = 'p',
                              LATERAL pg_catalog.unnest(k.conkey) WITH ORDINALITY u(column_number, place)
                         JOIN pg_catalog.pg_attribute a ON a.attnum = u.column_number WHERE a.attrelid = o.oid
                           ORDER BY o.relname, u.place)
            UNION ALL (SELECT 'r', relation, pg_catalog.pg_get_userbyid(owner), 'belongs to "' ||
              pg_catalog.pg_get_userbyid(owner) || '"', NULL
                         FROM held WHERE kind IS NOT NULL AND owner NOT IN (SELECT oid FROM trusted) ORDER BY place)
            UNION ALL (SELECT 'r', relation, pg_catalog.pg_get_userbyid(owner), reason, NULL FROM reasons
              ORDER BY place, rank, reason)
            UNION ALL (
            """ + PRIVILEGES + ")";

    private OwnSchemaCatalog() {
    }

    /**
     * @param tables the names of those that may be there
     * @return everything that decides whether the schema is ours
     */
    static List<Row> all(Session session, List<String> tables) {
        return ask(session, tables, ALL);
    }

    /** @return the privileges that others have on the schema, its tables and their columns */
    static List<Row> privileges(Session session, List<String> tables) {
        return ask(session, tables, SUBJECTS + PRIVILEGES);
    }

    private static List<Row> ask(Session session, List<String> tables, String question) {
        String names = tables.stream().map(Sql::literal)
                .collect(Collectors.joining(", ", "ARRAY[", "]::pg_catalog.name[]"));
        return session.list("looking at schema " + OwnSchema.NAME,
                question.formatted(Sql.literal(OwnSchema.NAME), names, CLASS, SPACE),
                row -> new Row(row.getString(1), row.getString(2), row.getString(3), row.getString(4),
                        row.getString(5)));
    }
}
