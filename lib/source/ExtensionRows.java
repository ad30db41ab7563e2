//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.TimescaleExtension;

/**
 * Rows of the user in tables of extensions (PostgreSQL manual, 38.17.3 "Extension Configuration Tables") that the
 * target's user may not insert, because another role has created the extension there.
 */
public final class ExtensionRows {
    static final String KIND = "extension-rows";

    private record Table(long oid, String sql, String condition) {
    }

    private final List<LeftBehind.Item> things;
    private final String user;

    private ExtensionRows(List<LeftBehind.Item> items, String user) {
        this.things = items;
        this.user = user;
    }

    /**
     * Asks both sides.
     *
     * @param user that of the target
     */
    public static ExtensionRows find(Session source, Session target, String user) {
        Map<String, String> refused = refused(target);
        List<LeftBehind.Item> items = new ArrayList<>();
        if (!refused.isEmpty()) {
            List<Table> tables = source.list("listing the tables of extensions", """
                    SELECT c.oid, n.nspname, c.relname, u.condition
                      FROM pg_catalog.pg_extension x, ROWS FROM (pg_catalog.unnest(x.extconfig),
                        pg_catalog.unnest(x.extcondition)) u(oid, condition)
                      JOIN pg_catalog.pg_class c ON c.oid = u.oid JOIN pg_catalog.pg_namespace n
                        ON n.oid = c.relnamespace
                     WHERE c.relkind = 'r' AND %s ORDER BY 2, 3""".formatted(TimescaleExtension.isNot("x")),
                    row -> new Table(row.getLong(1), Sql.name(row.getString(2), row.getString(3)), row.getString(4)));
            tables.stream()
                    .filter(table -> refused.containsKey(table.sql)
                            && Inventory.any(source, table.sql, table.condition))
                    .forEach(table -> items.add(thing(table.oid, refused.get(table.sql))));
        }
        return new ExtensionRows(items, user);
    }

    /** @return the rows of extensions among the tables of a dump, which has rows of all of them */
    public static ExtensionRows find(List<Contents.Table> tables, Session target, String user) {
        Map<String, String> refused = refused(target);
        return new ExtensionRows(tables.stream()
                .filter(table -> !table.catalog() && refused.containsKey(Sql.name(table.schema(), table.name())))
                .map(table -> thing(table.oid(), refused.get(Sql.name(table.schema(), table.name())))).toList(), user);
    }

    private static LeftBehind.Item thing(long oid, String name) {
        // A dump has the rows of a table under no catalog and the table's identifier.
        return new LeftBehind.Item(KIND, name, "the extension's table has rows of the user", 0, oid);
    }

    /** @return the tables of extensions that the user may not fill: how each is shown, by its quoted name */
    private static Map<String, String> refused(Session target) {
        Map<String, String> refused = new HashMap<>();
        target.list("asking for privileges on the tables of extensions",
                """
                SELECT n.nspname, c.relname, pg_catalog.format('%%I.%%I', n.nspname, c.relname)
                  FROM pg_catalog.pg_extension x CROSS JOIN pg_catalog.unnest(x.extconfig) u(oid)
                  JOIN pg_catalog.pg_class c ON c.oid = u.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND %s AND NOT pg_catalog.has_table_privilege(c.oid,
                   'INSERT')""".formatted(TimescaleExtension.isNot("x")),
                row -> refused.put(Sql.name(row.getString(1), row.getString(2)), row.getString(3)));
        return refused;
    }

    /** @return what is to stay behind */
    public List<LeftBehind.Item> things() {
        return things;
    }

    /** @return a stop for each that is not accepted, a warning for each that is */
    public List<Finding> check(String command, Collection<String> accepted) {
        return things.stream().map(item -> accepted.contains(KIND) || accepted.contains(item.name())
                ? Finding.warning("left out", null, "%s: %s: %s", KIND, item.name(), item.reason())
                : Finding.stop("cannot be carried",
                        "GRANT INSERT ON " + item.name() + " TO " + Sql.ident(user)
                                + "; as its owner on the target, or " + command
                                + " --leave-out " + KIND,
                        "%s: %s: %s, and \"%s\" may not insert into it on the target", KIND, item.name(),
                        item.reason(), user))
                .toList();
    }
}
