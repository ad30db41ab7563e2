//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import lib.server.Session;
import lib.talk.Count;

/** What single partitions have of their own, and what reads them: neither is there any more without partitions. */
final class PartitionObstacles {
    private static final String OWN = """
            SELECT k.conrelid, 'pg_constraint', k.oid,
              pg_catalog.format('constraint %%I of %%I.%%I', k.conname, n.nspname, c.relname)
              FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE k.conrelid = ANY (%1$s) AND k.conparentid = 0
               AND (k.contype IN ('p', 'u', 'x', 'f') OR k.contype = 'c' AND k.coninhcount = 0)
            UNION ALL SELECT k.confrelid, 'pg_constraint', k.oid,
              pg_catalog.format('foreign key %%I of %%I.%%I', k.conname, n.nspname, c.relname)
              FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ANY (%1$s)
               AND NOT k.conrelid = ANY (%1$s)
            UNION ALL SELECT i.indrelid, 'pg_class', i.indexrelid,
              pg_catalog.format('index %%I.%%I', n.nspname, x.relname)
              FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
             WHERE i.indrelid = ANY (%1$s) AND NOT x.relispartition
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid
                 AND k.contype IN ('p', 'u', 'x'))
            UNION ALL SELECT t.tgrelid, 'pg_trigger', t.oid,
              pg_catalog.format('trigger %%I of %%I.%%I', t.tgname, n.nspname, c.relname)
              FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE t.tgrelid = ANY (%1$s) AND NOT t.tgisinternal
               AND coalesce(pg_catalog.to_jsonb(t)->>'tgparentid', '0') = '0'
            UNION ALL SELECT r.ev_class, 'pg_rewrite', r.oid,
              pg_catalog.format('rule %%I of %%I.%%I', r.rulename, n.nspname, c.relname)
              FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.ev_class = ANY (%1$s)
            ORDER BY 4""";
    private static final String READERS = """
            SELECT d.refobjid, pg_catalog.format('view %%I.%%I', n.nspname, v.relname)
              FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
              JOIN pg_catalog.pg_class v ON v.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
             WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
               AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ANY (%1$s)
               AND v.relkind IN ('v', 'm')
            UNION SELECT d.refobjid, 'function ' || d.objid::pg_catalog.regprocedure FROM pg_catalog.pg_depend d
             WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
               AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ANY (%1$s)
             ORDER BY 2""";

    private PartitionObstacles() {
    }

    /** @param tables the partitioned tables among those that become hypertables */
    static List<Obstacle> of(Session session, Collection<SourceTable> tables) {
        Map<Long, SourceTable> roots = new LinkedHashMap<>();
        tables.forEach(table -> table.partitions().forEach(partition -> roots.put(partition.oid(), table)));
        if (roots.isEmpty()) {
            return List.of();
        }
        String oids = SourceTables.oids(roots.keySet());
        Map<SourceTable, List<HypertablePlan.Unmade>> own = new LinkedHashMap<>();
        session.list("listing what partitions have of their own", OWN.formatted(oids),
                row -> own.computeIfAbsent(roots.get(row.getLong(1)), root -> new ArrayList<>())
                        .add(new HypertablePlan.Unmade(row.getString(2), row.getLong(3), row.getString(4))));
        Map<SourceTable, TreeSet<String>> readers = new LinkedHashMap<>();
        session.list("listing what reads partitions", READERS.formatted(oids),
                row -> readers.computeIfAbsent(roots.get(row.getLong(1)), root -> new TreeSet<>())
                        .add(row.getString(2)));
        List<Obstacle> obstacles = new ArrayList<>();
        own.forEach((root, things) -> obstacles.add(Obstacle.of(root.oid(), Subject.PARTITIONS,
                Subject.PARTITIONS.only(), root.name(),
                Count.some(things.stream().map(HypertablePlan.Unmade::identity).toList()),
                "it is of single partitions, which a hypertable does not have", Obstacle.dropped(),
                things.toArray(HypertablePlan.Unmade[]::new))));
        readers.forEach((root, views) -> obstacles.add(Obstacle.fatal(root.oid(), root.name(),
                Count.some(views), "it reads a partition by its name")));
        return obstacles;
    }
}
