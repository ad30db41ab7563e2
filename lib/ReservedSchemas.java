//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Archive.java Rows.java Sql.java
package lib;

import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Schemas of a user whose names begin as the system's do. Only a server with allow_system_table_mods makes one, and pg_dump takes it for the
 * system's: it leaves out all that is in it and says nothing.
 */
final class ReservedSchemas {
    static final String KIND = "reserved-schemas";

    /** Whatever initdb makes has a lower identifier; the schemas of temporary tables are made later (PostgreSQL manual, 53.32 "pg_namespace"). */
    static final String QUERY = """
            SELECT 'reserved-schemas', n.nspname::text, 'pg_dump takes a schema whose name begins with pg_ for the system''s, and leaves it out', 0, 0
              FROM pg_catalog.pg_namespace n
             WHERE n.nspname ~ '^pg_' AND n.nspname !~ '^pg_(toast_)?temp_[0-9]+$' AND n.oid >= 16384""";

    private ReservedSchemas() {
    }

    /** @return what brings a schema along after all */
    static String remedy(String schema) {
        return "ALTER SCHEMA " + Sql.ident(schema) + " RENAME TO " + Sql.ident(schema.replaceFirst("^pg_+", "renamed_")) + "; on the source";
    }

    /** @return all that stands in these schemas, with its parts */
    static List<Archive.Address> contents(Connection source, Collection<String> schemas) {
        return schemas.isEmpty() ? List.of() : Rows.list(source, "source", "listing what stands in reserved schemas", """
                WITH RECURSIVE own (classid, objid) AS (
                  SELECT d.classid, d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid
                   WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.nspname IN (%s)
                  UNION SELECT d.classid, d.objid FROM own o JOIN pg_catalog.pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid
                   WHERE d.deptype IN ('a', 'i'))
                SELECT classid, objid FROM own""".formatted(schemas.stream().map(Sql::literal).collect(Collectors.joining(", "))),
                row -> new Archive.Address(row.getLong(1), row.getLong(2)));
    }
}
