package lib.catalog;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.server.JournalTables;
import lib.server.Session;

/**
 * The user's objects that have no owner and stand by themselves: casts, transforms, access methods, text search parsers
 * and templates, user mappings.
 */
public final class UnownedObjects {
    /** As entries of an archive have them. */
    public static final Set<String> KINDS =
            Set.of("CAST", "TRANSFORM", "ACCESS METHOD", "TEXT SEARCH PARSER", "TEXT SEARCH TEMPLATE", "USER MAPPING");
    private static final List<String> CATALOGS =
            List.of("pg_cast", "pg_transform", "pg_am", "pg_ts_parser", "pg_ts_template");
    /** Few may read the catalog of user mappings, for their passwords; each depends on its server. */
    private static final String MAPPINGS =
            "pg_catalog.pg_depend c WHERE c.classid OPERATOR(pg_catalog.=) "
                    + "'pg_catalog.pg_user_mapping'::pg_catalog.regclass";
    /**
     * A query for all that no extension has made, with its catalog, identifier, kind, name and schema; the cast that a
     * range type brings along is a part of the type.
     */
    public static final String ALL =
            """
            SELECT o.catalog, o.oid, pg_catalog.upper(i.type) AS kind, i.identity, i.schema FROM (%s) o,
              LATERAL pg_catalog.pg_identify_object(o.catalog, o.oid, 0) i
             WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = o.catalog
               AND x.objid = o.oid AND x.deptype IN ('e', 'i'))"""
                    .formatted(CATALOGS.stream()
                            .map(catalog -> "SELECT tableoid AS catalog, oid FROM pg_catalog." + catalog)
                            .collect(Collectors.joining(" UNION ALL ")));

    private UnownedObjects() {
    }

    /** @return all but user mappings, which go with their servers, each with the words that DROP calls it by */
    public static List<OwnedObjects.Owned> list(Session session) {
        return session.list("listing the objects without an owner", ALL + " ORDER BY 1, 2",
                row -> new OwnedObjects.Owned(row.getLong(1), row.getLong(2), row.getString(3), row.getString(4),
                        row.getString(5), null, false));
    }

    /**
     * Statements that write down in a journal such objects.
     *
     * @param created an SQL condition on the row {@code c} that came with one: it is the run's
     */
    static String recording(String created) {
        return Stream
                .concat(CATALOGS.stream()
                        .map(catalog -> "c.tableoid, c.oid FROM pg_catalog." + catalog
                                + " c WHERE c.oid OPERATOR(pg_catalog.>=) 16384"),
                        Stream.of("c.classid, c.objid FROM " + MAPPINGS))
                .map(from -> "INSERT INTO " + JournalTables.MADE.sql() + " SELECT DISTINCT " + from + " AND " + created
                        + " EXCEPT SELECT catalog, object FROM " + JournalTables.MADE.sql())
                .collect(Collectors.joining("; "));
    }
}
