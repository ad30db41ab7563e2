package lib.catalog;

import java.util.List;
import lib.server.Session;
import lib.timescale.TimescaleExtension;

/**
 * Relations that are members of an extension and were not made by it: somebody has put them in (ALTER EXTENSION … ADD).
 * The server writes a relation's row type and, while an extension is created, its membership in one transaction.
 * Extensions that take over what stood there before do so in the transaction that creates or updates them.
 */
public final class AddedMembers {
    /**
     * An SQL condition on the row {@code e} of pg_depend that makes something a member, and the row {@code x} of its
     * extension.
     */
    public static final String CONDITION =
            """
            e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.xmin <> x.xmin
             AND EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_depend t
               ON t.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                            AND t.objid = c.reltype AND t.refclassid = e.classid AND t.refobjid = c.oid
                              AND t.deptype = 'i'
                          WHERE c.oid = e.objid AND t.xmin <> e.xmin)
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend o WHERE o.classid = x.tableoid AND o.objid = x.oid
               AND o.xmin = e.xmin)
             -- pg_upgrade, too, puts members in one by one: then nothing can be told.
             AND EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.refclassid = x.tableoid AND m.refobjid = x.oid
               AND m.deptype = 'e'
                            AND (m.xmin = x.xmin OR m.xmin IN (SELECT o.xmin FROM pg_catalog.pg_depend o
                              WHERE o.classid = x.tableoid AND o.objid = x.oid)))""";
    /** The columns by which a member {@code e} is known; {@code i} is what pg_identify_object says of it. */
    public static final String COLUMNS =
            "e.classid, e.objid, pg_catalog.upper(pg_catalog.replace(i.type, '-', ' ')), i.identity, i.schema, "
                    + "x.extname";
    public static final String MEMBERS =
            " FROM pg_catalog.pg_depend e JOIN pg_catalog.pg_extension x ON x.oid = e.refobjid"
                    + " CROSS JOIN LATERAL pg_catalog.pg_identify_object(e.classid, e.objid, 0) i"
                    + " WHERE e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.deptype = 'e'"
                    // From PostgreSQL 17 on the row type of a table and the array type of a type are members too; they
                    // go with what they are part of.
                    + " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend w WHERE w.classid = e.classid AND w.objid = "
                    + "e.objid AND w.deptype = 'i') AND ";

    /**
     * On the source, as {@code LeftBehind} has it: pg_dump leaves members to CREATE EXTENSION, which makes its own. The
     * members of timescaledb change with each update.
     */
    public static final String UNCARRIED = """
            SELECT 'extension-members', pg_catalog.format('%I.%I', n.nspname, c.relname),
                   pg_catalog.format('somebody has put it into extension %I, which does not make it; to carry it: \
            ALTER EXTENSION %I DROP %s %I.%I; on the source', x.extname, x.extname,
                     CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
                       WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
                     n.nspname, c.relname), e.classid, e.objid
              FROM pg_catalog.pg_depend e JOIN pg_catalog.pg_extension x ON x.oid = e.refobjid
              JOIN pg_catalog.pg_class c ON c.oid = e.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.deptype = 'e'
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend w WHERE w.classid = e.classid AND w.objid = e.objid
                 AND w.deptype IN ('a', 'i')) AND
            """ + TimescaleExtension.isNot("x") + " AND " + CONDITION;

    private AddedMembers() {
    }

    public static List<UnrelatedObject> list(Session target) {
        return members(target, CONDITION);
    }

    /** @return the members of extensions for which an SQL condition on {@code e}, {@code x} and {@code i} holds */
    public static List<UnrelatedObject> members(Session target, String condition) {
        return unrelatedObjects(target, "listing the members of extensions",
                "SELECT " + COLUMNS + MEMBERS + condition + " ORDER BY x.extname, e.classid, e.objid");
    }

    /** @return the answers to a question with these columns */
    public static List<UnrelatedObject> unrelatedObjects(Session target, String doing, String question) {
        return target.list(doing, question, row -> new UnrelatedObject(
                new OwnedObjects.Owned(row.getLong(1), row.getLong(2), row.getString(3), row.getString(4),
                        row.getString(5), null, false),
                row.getString(6)));
    }
}
