//DEPS org.postgresql:postgresql:42.7.14
package lib.catalog;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.PauseRecord;

/**
 * Schemas of a user that stay behind for their names. One that begins as the system's do can only be made on a server
 * with allow_system_table_mods, and pg_dump takes it for the system's: it leaves out all that is in it and says
 * nothing. One that has the name of ours is left out because a migration keeps its notes there.
 */
public final class ReservedSchemas {
    public static final String KIND = "reserved-schemas";
    private static final String UNFINISHED =
            "a migration into this database is not finished, and keeps its notes there";

    /**
     * Whatever initdb makes has a lower identifier; the schemas of temporary tables are made later (PostgreSQL manual,
     * 53.32 "pg_namespace").
     */
    private static final String SYSTEM = """
            SELECT 'reserved-schemas', s.nspname::text,
              'pg_dump takes a schema whose name begins with pg_ for the system''s, and leaves it out', 0, 0
              FROM pg_catalog.pg_namespace s
             WHERE s.nspname ~ '^pg_' AND s.nspname !~ '^pg_(toast_)?temp_[0-9]+$' AND s.oid >= 16384""";

    /** What we have made there while jobs are paused is nothing of the user's. */
    private static final String OURS = """
            SELECT 'reserved-schemas', s.nspname::text, CASE WHEN (
                     SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.relnamespace = s.oid
                       AND c.relname IN ('run', 'made') AND c.relkind = 'r') = 2
                     THEN '%s' ELSE 'a migration keeps its notes in a schema of this name, and leaves it out' END, 0, 0
              FROM pg_catalog.pg_namespace s
             WHERE s.nspname = '%s' AND NOT (%s)""".formatted(UNFINISHED, Selection.OWN_SCHEMA, PauseRecord.ALONE);

    private ReservedSchemas() {
    }

    /** @return a query for those that are wanted, with five columns as a {@code LeftBehind.Thing} has */
    public static String query(Selection selection) {
        String ours = OURS + " AND " + selection.named("s");
        return selection.selective() ? ours : SYSTEM + "\nUNION ALL\n" + ours;
    }

    /** @return what brings a schema along after all */
    public static String remedy(String schema) {
        return "ALTER SCHEMA " + Sql.ident(schema) + " RENAME TO "
                + Sql.ident(schema.equals(Selection.OWN_SCHEMA) ? "renamed_" + schema
                        : schema.replaceFirst("^pg_+", "renamed_"))
                + "; on the source";
    }

    /** @return what helps with such a schema, for this reason */
    public static String remedy(String schema, String reason) {
        return reason.equals(UNFINISHED)
                ? "finish that migration with migrate --resume, or remove what it has made with migrate --restart"
                : remedy(schema);
    }

    /** @return all that stands in these schemas, with its parts */
    public static List<Archive.Address> contents(Session source, Collection<String> schemas) {
        return schemas.isEmpty() ? List.of()
                : source.list("listing what stands in reserved schemas",
                        """
                WITH RECURSIVE own (classid, objid) AS (
                  SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
                    JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid
                   WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.nspname IN (%s)
                  UNION SELECT d.classid, d.objid FROM own o JOIN pg_catalog.pg_depend d ON d.refclassid = o.classid
                    AND d.refobjid = o.objid
                   WHERE d.deptype IN ('a', 'i'))
                SELECT classid, objid FROM own"""
                                .formatted(schemas.stream().map(Sql::literal).collect(Collectors.joining(", "))),
                        row -> new Archive.Address(row.getLong(1), row.getLong(2)));
    }
}
