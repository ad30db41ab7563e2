//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.Hypertables;
import lib.timescale.TimescaleExtension;

/**
 * The objects of a target with the statement that drops each, by their kinds and names as pg_dump has them in the table
 * of contents of an archive (dumpTable and others in its source).
 */
final class DroppableObjects {
    /**
     * An object.
     *
     * @param rank what has a lower one is dropped before: what depends on others before these
     */
    record Droppable(int rank, String sql) {
        /** @return the table that is dropped, as SQL, or null */
        String table() {
            return sql.startsWith(DROP_TABLE) ? sql.substring(DROP_TABLE.length()) : null;
        }
    }

    private static final String DROP_TABLE = "DROP TABLE IF EXISTS ";

    private static final String ALL = """
            WITH n AS (SELECT oid, nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_'
                AND nspname <> 'information_schema'),
              c AS (SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relispartition,
                  pg_catalog.concat('"', pg_catalog.replace(n.nspname, '"', '""'), '"."',
                    pg_catalog.replace(c.relname, '"', '""'), '"') AS sql
                FROM pg_catalog.pg_class c JOIN n ON n.oid = c.relnamespace),
              found (rank, kind, name, sql) AS (
                SELECT 1, CASE k.contype WHEN 'f' THEN 'FK CONSTRAINT' WHEN 'c' THEN 'CHECK CONSTRAINT'
                    ELSE 'CONSTRAINT' END, pg_catalog.concat(c.nspname, '.', c.relname, ' ', k.conname),
                    pg_catalog.format('ALTER TABLE IF EXISTS %s DROP CONSTRAINT IF EXISTS %I', c.sql, k.conname)
                  FROM pg_catalog.pg_constraint k JOIN c ON c.oid = k.conrelid
                UNION ALL SELECT 0, 'TRIGGER', pg_catalog.concat(c.nspname, '.', c.relname, ' ', t.tgname),
                    pg_catalog.format('DROP TRIGGER IF EXISTS %I ON %s', t.tgname, c.sql)
                  FROM pg_catalog.pg_trigger t JOIN c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
                UNION ALL SELECT 0, 'POLICY', pg_catalog.concat(c.nspname, '.', c.relname, ' ', p.polname),
                    pg_catalog.format('DROP POLICY IF EXISTS %I ON %s', p.polname, c.sql)
                  FROM pg_catalog.pg_policy p JOIN c ON c.oid = p.polrelid
                UNION ALL SELECT 0, 'RULE', pg_catalog.concat(c.nspname, '.', c.relname, ' ', r.rulename),
                    pg_catalog.format('DROP RULE IF EXISTS %I ON %s', r.rulename, c.sql)
                  FROM pg_catalog.pg_rewrite r JOIN c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'
                UNION ALL SELECT 0, 'ROW SECURITY', pg_catalog.concat(c.nspname, '.', c.relname),
                    pg_catalog.format('ALTER TABLE IF EXISTS %s DISABLE ROW LEVEL SECURITY', c.sql)
                  FROM c WHERE c.relrowsecurity
                UNION ALL SELECT 0, 'DEFAULT', pg_catalog.concat(c.nspname, '.', c.relname, ' ', a.attname),
                    pg_catalog.format('ALTER TABLE IF EXISTS %s ALTER COLUMN %I DROP DEFAULT', c.sql, a.attname)
                  FROM pg_catalog.pg_attrdef d JOIN c ON c.oid = d.adrelid
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                UNION ALL SELECT 2, 'TABLE ATTACH', pg_catalog.concat(c.nspname, '.', c.relname),
                    pg_catalog.format('ALTER TABLE IF EXISTS %s DETACH PARTITION %s', p.sql, c.sql)
                  FROM c JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid JOIN c p ON p.oid = i.inhparent
                 WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f')
                UNION ALL SELECT k.rank, k.kind, pg_catalog.concat(c.nspname, '.', c.relname),
                    coalesce((SELECT pg_catalog.format('ALTER TABLE IF EXISTS %s ALTER COLUMN %I DROP IDENTITY IF '
                        'EXISTS', t.sql, a.attname)
                      FROM pg_catalog.pg_depend d JOIN c t ON t.oid = d.refobjid
                      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                     WHERE c.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       AND d.objid = c.oid AND d.refclassid = d.classid AND d.deptype = 'i'),
                      pg_catalog.concat('DROP ', k.kind, ' IF EXISTS ', c.sql))
                  FROM c JOIN (VALUES ('v', 3, 'VIEW'), ('m', 3, 'MATERIALIZED VIEW'), ('i', 2, 'INDEX'),
                    ('I', 2, 'INDEX'), ('r', 4, 'TABLE'), ('p', 4, 'TABLE'), ('f', 4, 'FOREIGN TABLE'),
                    ('S', 5, 'SEQUENCE')) k (relkind, rank, kind) ON k.relkind = c.relkind::pg_catalog.text
                UNION ALL SELECT 2, 'STATISTICS', pg_catalog.concat(n.nspname, '.', s.stxname),
                    pg_catalog.format('DROP STATISTICS IF EXISTS %I.%I', n.nspname, s.stxname)
                  FROM pg_catalog.pg_statistic_ext s JOIN n ON n.oid = s.stxnamespace
                UNION ALL SELECT 6, k.kind, pg_catalog.concat(n.nspname, '.', p.proname, '(',
                    pg_catalog.oidvectortypes(p.proargtypes), ')'),
                    pg_catalog.format('DROP ROUTINE IF EXISTS %I.%I(%s)', n.nspname, p.proname,
                      pg_catalog.oidvectortypes(p.proargtypes))
                  FROM pg_catalog.pg_proc p JOIN n ON n.oid = p.pronamespace
                  JOIN (VALUES ('f', 'FUNCTION'), ('w', 'FUNCTION'), ('p', 'PROCEDURE'), ('a', 'AGGREGATE'))
                    k (prokind, kind) ON k.prokind = p.prokind::pg_catalog.text
                UNION ALL SELECT 7, CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
                    pg_catalog.concat(n.nspname, '.', t.typname),
                    pg_catalog.format('DROP TYPE IF EXISTS %I.%I', n.nspname, t.typname)
                  FROM pg_catalog.pg_type t JOIN n ON n.oid = t.typnamespace
                  LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
                 WHERE t.typtype IN ('d', 'e', 'r') OR r.relkind = 'c'
                UNION ALL SELECT 8, 'EXTENSION', e.extname, pg_catalog.format('DROP EXTENSION IF EXISTS %I', e.extname)
                  FROM pg_catalog.pg_extension e
                UNION ALL SELECT 9, 'SCHEMA', n.nspname, pg_catalog.format('DROP SCHEMA IF EXISTS %I', n.nspname)
                  FROM n)
            SELECT f.kind, pg_catalog.translate(f.name, E'\\n\\r', '  '), f.rank, f.sql FROM found f""";
    /** What goes with what it belongs to, or says the same when it is done again. */
    private static final List<String> BY_THEMSELVES = List.of("INDEX ATTACH", "SEQUENCE OWNED BY");
    /** The kinds of objects that are listed here. */
    private static final List<String> KINDS = List.of("FK CONSTRAINT", "CHECK CONSTRAINT", "CONSTRAINT", "TRIGGER",
            "POLICY", "RULE", "ROW SECURITY", "DEFAULT", "TABLE ATTACH", "VIEW", "MATERIALIZED VIEW", "INDEX", "TABLE",
            "FOREIGN TABLE", "SEQUENCE", "STATISTICS", "FUNCTION", "PROCEDURE", "AGGREGATE", "DOMAIN", "TYPE",
            Unit.EXTENSION, Unit.SCHEMA);

    private final Map<String, Droppable> found = new HashMap<>();

    private DroppableObjects() {
    }

    static DroppableObjects of(Session target) {
        DroppableObjects objects = new DroppableObjects();
        target.list("listing the objects of the target", ALL, row -> objects.found.put(key(row.getString(1),
                row.getString(2)), new Droppable(row.getInt(3), row.getString(4))));
        if (TimescaleExtension.of(target) != null) {
            Hypertables.aggregates(target).forEach(aggregate -> objects.found.computeIfPresent(
                    key("VIEW", aggregate.schema() + "." + aggregate.name()), (name, view) -> new Droppable(view.rank,
                            "DROP MATERIALIZED VIEW IF EXISTS " + Sql.name(aggregate.schema(), aggregate.name()))));
        }
        return objects;
    }

    /** @return whether a unit of this kind can be undone */
    static boolean canDrop(Unit unit) {
        return KINDS.contains(unit.kind()) || BY_THEMSELVES.contains(unit.kind());
    }

    /** @return what drops the object that the unit has made, or null where there is nothing to drop */
    Droppable of(Unit unit) {
        return BY_THEMSELVES.contains(unit.kind()) ? null : found.get(key(unit.kind(), unit.name()));
    }

    private static String key(String kind, String name) {
        return kind + '\0' + name;
    }
}
