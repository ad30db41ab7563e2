package lib.convert;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.server.Session;

/** What cannot stay as it is when tables become hypertables: asked once, and answered for any of these tables. */
final class Obstacles {
    private final Map<Long, SourceTable> tables;
    private final Map<Long, Conversion> conversions;
    private final String version;
    private final List<IndexDefinition> indexes;
    private final List<ForeignKeyObstacles.ForeignKey> foreignKeys;
    private final List<Obstacle> others;

    /** @param conversions of the tables, by their OIDs */
    Obstacles(Session session, Map<Long, SourceTable> tables, Map<Long, Conversion> conversions, String version) {
        this.tables = tables;
        this.conversions = conversions;
        this.version = version;
        indexes = Indexes.of(session, conversions.keySet());
        foreignKeys = ForeignKeyObstacles.list(session, conversions.keySet());
        others = new ArrayList<>(OtherObstacles.of(session, tables, conversions, version));
        others.addAll(PartitionObstacles.of(session,
                conversions.keySet().stream().map(tables::get).filter(SourceTable::partitioned).toList()));
    }

    /** @return the indexes of a table */
    List<IndexDefinition> indexes(long table) {
        return indexes.stream().filter(index -> index.table() == table).toList();
    }

    /** @param converted the OIDs of the tables that become hypertables */
    List<Obstacle> of(Collection<Long> converted) {
        Map<Long, Conversion> wanted = new LinkedHashMap<>();
        converted.forEach(oid -> wanted.put(oid, conversions.get(oid)));
        List<Obstacle> obstacles = new ArrayList<>();
        wanted.forEach((oid, conversion) -> obstacles
                .addAll(KeyObstacles.of(conversion, tables.get(oid), indexes(oid))));
        Set<Long> changing = indexes.stream().filter(index -> wanted.containsKey(index.table())
                && KeyObstacles.changes(wanted.get(index.table()), index)).map(IndexDefinition::oid)
                .collect(Collectors.toSet());
        obstacles.addAll(ForeignKeyObstacles.of(foreignKeys, wanted, changing, version));
        others.stream().filter(each -> wanted.containsKey(each.table())).forEach(obstacles::add);
        return obstacles;
    }
}
