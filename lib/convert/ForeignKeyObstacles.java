//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.server.Session;
import lib.timescale.HypertableFeature;

/** Foreign keys to what becomes a hypertable, and those of a compressed one. */
final class ForeignKeyObstacles {
    private static final String QUERY = """
            SELECT k.oid, k.conname, k.conrelid, n.nspname, c.relname, k.confrelid, k.conindid,
              ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) u(num)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num)
              FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE k.contype = 'f' AND k.conparentid = 0 AND (k.conrelid = ANY (%1$s) OR k.confrelid = ANY (%1$s))
             ORDER BY n.nspname, c.relname, k.conname""";

    /**
     * A foreign key.
     *
     * @param table that has it, {@code of} its name
     * @param key the OID of the unique index that it relies on
     * @param columns those of its own table
     */
    record ForeignKey(long oid, String name, long table, TableName of, long references, long key,
            List<String> columns) {
        private HypertablePlan.Unmade unmade() {
            return new HypertablePlan.Unmade("pg_constraint", oid, what());
        }

        private String what() {
            return "foreign key " + TableName.shown(name) + " of " + of;
        }
    }

    private ForeignKeyObstacles() {
    }

    /** @return the foreign keys of these tables and to them, not those that partitions have from their table */
    static List<ForeignKey> list(Session session, Collection<Long> tables) {
        return session.list("listing the foreign keys", QUERY.formatted(SourceTables.oids(tables)),
                row -> new ForeignKey(row.getLong(1), row.getString(2), row.getLong(3),
                        new TableName(row.getString(4), row.getString(5)), row.getLong(6), row.getLong(7),
                        Indexes.texts(row, 8)));
    }

    /**
     * @param converted what each table that becomes a hypertable is to be
     * @param changing the OIDs of the indexes that do not stay as they are
     */
    static List<Obstacle> of(List<ForeignKey> keys, Map<Long, Conversion> converted, Set<Long> changing,
            String version) {
        List<Obstacle> obstacles = new ArrayList<>();
        for (ForeignKey key : keys) {
            Conversion referenced = converted.get(key.references);
            Conversion own = converted.get(key.table);
            String why = referenced != null ? toHypertable(key, referenced, own != null, changing, version)
                    : own != null ? ofHypertable(key, own, version) : null;
            if (why != null) {
                obstacles.add(Obstacle.of(referenced != null ? key.references : key.table, Subject.CONSTRAINT, key.name,
                        key.of, key.what(), why, Obstacle.dropped(), key.unmade()));
            }
        }
        return obstacles;
    }

    private static String toHypertable(ForeignKey key, Conversion referenced, boolean fromHypertable,
            Set<Long> changing, String version) {
        if (fromHypertable) {
            return "no hypertable can reference a hypertable";
        } else if (changing.contains(key.key)) {
            return "the key of " + referenced.table() + " that it references does not stay";
        } else if (!HypertableFeature.REFERENCED.isIn(version)) {
            return "TimescaleDB " + version + " has no foreign keys to hypertables, which came with "
                    + HypertableFeature.REFERENCED.since();
        }
        return referenced.compression() != null
                ? "chunks of a hypertable that is referenced cannot be compressed" : null;
    }

    private static String ofHypertable(ForeignKey key, Conversion own, String version) {
        return own.compression() != null && !HypertableFeature.UNSEGMENTED_FOREIGN_KEYS.isIn(version)
                && !own.compression().segmentBy().containsAll(key.columns)
                        ? "with compression, TimescaleDB " + version + " demands that its columns are in segmentby"
                        : null;
    }
}
