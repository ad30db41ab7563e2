//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Sql;

/**
 * What an interrupted run has made after the rows and what acts on rows that are written now: it is dropped, and made
 * again after them. Indexes and unique constraints stay.
 */
public final class LateObjects {
    /** More rows than a table can have: all of them. */
    public static final long ALL = Long.MAX_VALUE;
    /** pg_dump writes names in the table of contents without line breaks (replace_line_endings in its source). */
    private static final String NAME = "pg_catalog.translate(%s, E'\\n\\r', '  ')";
    private static final String OF_EXTENSION =
            "EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = %1$s.tableoid AND d.objid = %1$s.oid AND "
                    + "d.deptype IN ('e', 'x'))";
    private static final String EVENT_TRIGGERS = """
            SELECT 'EVENT TRIGGER', %1$s, pg_catalog.format('DROP EVENT TRIGGER %%I', t.evtname)
              FROM pg_catalog.pg_event_trigger t JOIN %2$s m ON m.catalog = t.tableoid AND m.object = t.oid
             WHERE NOT %3$s"""
            .formatted(NAME.formatted("t.evtname"), JournalTables.MADE.sql(), OF_EXTENSION.formatted("t"));
    /** What belongs to a publication goes with it. */
    private static final String PUBLICATIONS = """
            SELECT 'PUBLICATION', %1$s, pg_catalog.format('DROP PUBLICATION %%I', p.pubname)
              FROM pg_catalog.pg_publication p JOIN %2$s m ON m.catalog = p.tableoid AND m.object = p.oid
            UNION ALL SELECT u.kind, u.name, NULL FROM %3$s u
             WHERE u.kind IN ('PUBLICATION TABLE', 'PUBLICATION TABLES IN SCHEMA')"""
            .formatted(NAME.formatted("p.pubname"), JournalTables.MADE.sql(), JournalTables.UNIT.sql());
    private static final String ROW_SECURITY = """
            SELECT 'ROW SECURITY', %1$s, pg_catalog.format('ALTER TABLE %%I.%%I DISABLE ROW LEVEL SECURITY', n.nspname,
              c.relname)
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              JOIN %2$s m ON m.catalog = c.tableoid AND m.object = c.oid
             WHERE c.relrowsecurity AND NOT %3$s"""
            .formatted(NAME.formatted("pg_catalog.concat(n.nspname, '.', c.relname)"), JournalTables.MADE.sql(),
                    OF_EXTENSION.formatted("c"));
    /** A partition has the foreign keys and triggers of its parents, which are dropped there. */
    private static final String OF_TABLES = """
            WITH RECURSIVE tables AS (SELECT pg_catalog.to_regclass(t)::pg_catalog.oid AS oid
                FROM pg_catalog.unnest(ARRAY[%1$s]::text[]) t),
              keys (oid, parent) AS (SELECT k.oid, k.conparentid FROM pg_catalog.pg_constraint k
                 WHERE k.contype = 'f' AND (k.conrelid IN (SELECT oid FROM tables)
                   OR k.confrelid IN (SELECT oid FROM tables))
                UNION SELECT p.oid, p.conparentid FROM keys k JOIN pg_catalog.pg_constraint p ON p.oid = k.parent),
              triggers (oid) AS (SELECT t.oid FROM pg_catalog.pg_trigger t
                 WHERE NOT t.tgisinternal AND t.tgrelid IN (SELECT oid FROM tables)
                UNION SELECT d.refobjid FROM triggers t JOIN pg_catalog.pg_depend d
                    ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.objid = t.oid
                   AND d.refclassid = d.classid),
              dropped AS (SELECT 'FK CONSTRAINT' AS kind, n.nspname, c.relname, k.conname AS name,
                    'ALTER TABLE %%I.%%I DROP CONSTRAINT %%I' AS sql
                  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE k.oid IN (SELECT oid FROM keys) AND k.conparentid = 0 AND NOT %2$s
                UNION ALL SELECT 'TRIGGER', n.nspname, c.relname, t.tgname, 'DROP TRIGGER %%3$I ON %%1$I.%%2$I'
                  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE t.oid IN (SELECT oid FROM triggers) AND NOT t.tgisinternal AND NOT %3$s
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = t.tableoid AND d.objid = t.oid
                     AND d.refclassid = t.tableoid))
            SELECT kind, %4$s, pg_catalog.format(sql, nspname, relname, name) FROM dropped""";

    /**
     * The tables of which enough rows have changed since their statistics were collected, by what autovacuum goes by
     * (PostgreSQL manual, 25.1.6 "The Autovacuum Daemon"). Those of a table are those of all its parents, too; and
     * those of a partition are collected with its parents' only. Parts that earlier passes have brought later count,
     * which their transactions tell.
     */
    private static final String ANALYZED_AGAIN = """
            WITH RECURSIVE changed (oid, rows) AS (SELECT pg_catalog.to_regclass(t.name)::pg_catalog.oid, t.rows
                FROM ROWS FROM (pg_catalog.unnest(ARRAY[%1$s]::text[]), pg_catalog.unnest(ARRAY[%2$s]::float8[]))
                  t (name, rows)),
              up (oid, child) AS (SELECT oid, oid FROM changed
                UNION SELECT i.inhparent, up.child FROM up JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.oid),
              tree (root, oid) AS (SELECT oid, oid FROM up
                UNION SELECT t.root, i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid),
              rows (root, now, later) AS (SELECT t.root, pg_catalog.sum(g.rows), 0 FROM tree t
                JOIN changed g ON g.oid = t.oid GROUP BY t.root
                UNION ALL SELECT t.root, 0, pg_catalog.sum(p.rows) FROM %3$s u JOIN tree t
                    ON t.root = pg_catalog.to_regclass(u.name)
                  JOIN %4$s p ON pg_catalog.to_regclass(p.name) = t.oid
                 WHERE u.kind = '%5$s' AND pg_catalog.age(u.xmin)
                   > pg_catalog.age((p.transaction %% 4294967296)::text::pg_catalog.xid) GROUP BY t.root),
              sizes (root, rows) AS (SELECT t.root, pg_catalog.sum(greatest(r.reltuples, 0)) FROM tree t
                JOIN pg_catalog.pg_class r ON r.oid = t.oid AND r.relkind <> 'p' GROUP BY t.root),
              due (oid) AS (SELECT r.root FROM rows r JOIN sizes s ON s.root = r.root GROUP BY r.root, s.rows
                HAVING pg_catalog.sum(r.now + r.later) >= s.rows
                  * pg_catalog.current_setting('autovacuum_analyze_scale_factor')::float8)
            SELECT n.nspname, c.relname
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.oid IN (SELECT oid FROM due)
                OR c.relkind = 'p' AND c.oid IN (SELECT u.oid FROM up u JOIN due d ON d.oid = u.child)""";

    /** What is dropped, with the unit of the journal that has made it; without SQL it goes with something else. */
    private record Dropped(String kind, String name, String sql) {
    }

    private LateObjects() {
    }

    /** Drops what would see, with the rights of this user, all that a run does which goes on: before anything else. */
    public static void dropEventTriggers(Session target, FinishedUnits units) {
        undo(units, list(target, EVENT_TRIGGERS), Set.of());
    }

    /** Drops what would keep the user from seeing all rows, or from removing those of tables without a key. */
    public static void dropGlobal(Session target, FinishedUnits units) {
        undo(units, list(target, PUBLICATIONS), Set.of());
        undo(units, list(target, ROW_SECURITY), Set.of());
    }

    /**
     * Drops what would act on rows of these tables, or on others because of them. Their statistics are to be collected
     * again, where enough rows have changed for that.
     *
     * @param tables as SQL, with the number of their rows that change
     */
    public static void dropOf(Session target, FinishedUnits units, Map<String, Long> tables) {
        if (tables.isEmpty()) {
            return;
        }
        List<Map.Entry<String, Long>> all = List.copyOf(tables.entrySet());
        String names = all.stream().map(each -> Sql.literal(each.getKey())).collect(Collectors.joining(", "));
        String rows = all.stream().map(each -> each.getValue().toString()).collect(Collectors.joining(", "));
        undo(units, list(target, OF_TABLES.formatted(names, OF_EXTENSION.formatted("k"), OF_EXTENSION.formatted("t"),
                NAME.formatted("pg_catalog.concat(nspname, '.', relname, ' ', name)"))),
                target.list("asking which tables to analyze", ANALYZED_AGAIN.formatted(names, rows,
                        JournalTables.UNIT.sql(), JournalTables.PART.sql(), Unit.ANALYZE),
                        row -> Sql.name(row.getString(1), row.getString(2))));
    }

    private static List<Dropped> list(Session target, String question) {
        return target.list("looking for what acts on rows", question,
                row -> new Dropped(row.getString(1), row.getString(2), row.getString(3)));
    }

    private static void undo(FinishedUnits units, List<Dropped> found, Collection<String> tables) {
        Map<String, Set<String>> gone = new HashMap<>();
        for (Dropped dropped : found) {
            gone.computeIfAbsent(dropped.kind, any -> new HashSet<>()).add(dropped.name);
            if (dropped.kind.equals("FK CONSTRAINT")) {
                gone.computeIfAbsent(Unit.VALIDATE, any -> new HashSet<>()).add(dropped.name);
            }
        }
        if (!tables.isEmpty()) {
            gone.put(Unit.ANALYZE, Set.copyOf(tables));
        }
        units.undo("dropping what acts on rows",
                found.stream().map(Dropped::sql).filter(Objects::nonNull).toList(), gone);
    }
}
