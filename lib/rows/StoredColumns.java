//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.util.List;
import lib.compare.Checksums;
import lib.server.Session;
import lib.source.Inventory;

/** The columns of a table that hold values of their own, and are not computed of others. */
final class StoredColumns {
    private StoredColumns() {
    }

    /** @return them in the order of the table, as a checksum takes them */
    static List<Checksums.Column> of(Session source, Inventory.Table table) {
        return source.list("asking for the columns of table " + table, """
                SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL) FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = %d AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                 ORDER BY a.attnum""".formatted(table.oid()),
                row -> new Checksums.Column(row.getString(1), row.getString(2), false));
    }
}
