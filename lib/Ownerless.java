//SOURCES OwnedObjects.java Rows.java
package lib;

import java.sql.Connection;
import java.util.List;

/** The user's objects that have no owner and stand by themselves, and no extension has made. */
final class Ownerless {
    private static final String ADDRESSES = """
            SELECT tableoid AS catalog, oid FROM pg_catalog.pg_cast UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_transform
            UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_am UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_parser
            UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_template""";

    private Ownerless() {
    }

    /** @return each with the words that DROP calls it by; the cast that a range type brings along is not listed */
    static List<OwnedObjects.Owned> list(Connection session, String side) {
        return Rows.list(session, side, "listing the objects without an owner", """
                SELECT o.catalog, o.oid, pg_catalog.upper(i.type), i.identity, i.schema FROM (%s) o, LATERAL pg_catalog.pg_identify_object(o.catalog, o.oid, 0) i
                 WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = o.catalog AND x.objid = o.oid AND x.deptype IN ('e', 'i'))
                 ORDER BY 1, 2""".formatted(ADDRESSES),
                row -> new OwnedObjects.Owned(row.getLong(1), row.getLong(2), row.getString(3), row.getString(4), row.getString(5), null, false));
    }
}
