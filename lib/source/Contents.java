//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.DatabaseSettings;
import lib.catalog.OwnedObjects;
import lib.catalog.Selection;
import lib.rebuild.Aggregate;
import lib.rebuild.Rebuild;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Failure;
import lib.timescale.Timescale;
import lib.timescale.TimescaleCatalog;
import lib.timescale.TimescaleExtension;

/**
 * What the steps on the target need to know about the source beside its archive: read from the source once, or from the
 * manifest of a dump. All identifiers are the source's. Statements are of the source's database; {@link #of} says them
 * of another.
 *
 * @param database the name of the source's database
 * @param selective whether only some objects are wanted, so that database-wide ones stay behind
 * @param tablesOnly whether only named tables are wanted, and nothing else of their schemas
 * @param tables the tables whose rows are wanted, largest first
 * @param sequences where they stand; empty until {@link #with} says it, because a sequence is outside every snapshot
 * @param materializedViews those to fill, each after those that it reads
 * @param analyzed the relations to analyze
 * @param tablespaces those in use beside the default one
 * @param objects what the archive makes and somebody owns
 * @param partitioned the indexes and constraints of partitioned tables
 * @param waiting the foreign keys, triggers, policies and checks of tables whose rows come after post-data
 * @param inModeAgain what of {@code waiting} stands on hypertables and chunks, where it can only be made in restoring
 * mode of TimescaleDB; null where nothing does
 * @param privileges the statements that give the privileges on the database
 * @param settings the statements that set what holds for the database, and for roles in it
 * @param timescale TimescaleDB, or null where the source does not have it
 * @param rebuild what is made anew of it, or null where the rows of its catalog are moved; never in a manifest
 */
public record Contents(String database, boolean selective, boolean tablesOnly, List<Table> tables,
        List<Inventory.Sequence> sequences,
        List<Inventory.Relation> materializedViews, List<Inventory.Relation> analyzed, List<Inventory.Relation> schemas,
        List<String> tablespaces,
        List<OwnedObjects.Owned> objects, List<Archive.Address> partitioned, List<Archive.Address> waiting,
        List<Archive.Address> inModeAgain,
        List<String> privileges,
        List<String> settings, Timescale timescale, Rebuild rebuild) {
    /**
     * A table with rows of its own; {@code rows} is the planner's estimate, -1 where it has none.
     *
     * @param deferred whether its rows come after post-data, and where there are hypertables after restoring mode
     * @param catalog whether it is one of TimescaleDB's catalog
     * @param turn 0, or when its rows are loaded after those of others, which functions may read that are run for them
     * @param circular true where it and one of these others may read each other, else null: a manifest says no more
     */
    public record Table(long oid, String schema, String name, long rows, long bytes, boolean deferred, boolean catalog,
            int turn, Boolean circular) {
        /** @return whether no order is known to be right for it */
        public boolean readsInCircles() {
            return Boolean.TRUE.equals(circular);
        }

        @Override
        public String toString() {
            return schema + "." + name;
        }
    }

    private static final long PG_CLASS = 1259;
    private static final long PG_CONSTRAINT = 2606;

    /**
     * Asks the source.
     *
     * @param session a session under the snapshot
     * @param archive of the schema, or of everything, under the same snapshot; asked for when all else is known
     * @throws Failure when pg_dump took other tables than the filters mean to us
     */
    static Contents read(Session session, Server server, Selection selection, Inventory inventory,
            Rebuild rebuild, Supplier<Archive> archive) {
        Map<Long, Long> rows = new HashMap<>();
        session.list("reading the estimates of rows",
                "SELECT oid, reltuples::bigint FROM pg_catalog.pg_class WHERE relkind = 'r'",
                row -> rows.put(row.getLong(1), row.getLong(2)));
        List<Inventory.Table> tables = inventory.tables();
        Set<Long> largeObjects = new HashSet<>(inventory.largeObjects());
        String database = server.database();
        Contents all = new Contents(database, selection.selective(), selection.tablesOnly(),
                tables.stream()
                        .map(table -> new Table(table.oid(), table.schema(), table.name(),
                                rows.getOrDefault(table.oid(), -1L), table.bytes(),
                                table.deferred(), table.catalog() > 0, table.turn(), table.circular() ? true : null))
                        .toList(),
                List.of(), PopulatedViews.list(session, selection), inventory.analyzed(), inventory.schemas(),
                inventory.tablespaces(),
                OwnedObjects.list(session), partitioned(session), waiting(session, tables, "true"),
                rebuild == null ? inModeAgain(session, tables) : null,
                selection.selective() ? List.of() : DatabaseSettings.privileges(session, database),
                selection.selective() ? List.of() : DatabaseSettings.settings(session, database),
                rebuild == null ? timescale(session, inventory) : Timescale.of(session), rebuild);
        agree(tables, archive.get());
        List<OwnedObjects.Owned> objects = archived(all.objects, archive.get(), largeObjects);
        return all.with(all.sequences, rebuild == null ? objects : madeAnew(objects, rebuild));
    }

    /** Without what TimescaleDB makes by itself; it has aggregates altered as what CREATE calls them. */
    private static List<OwnedObjects.Owned> madeAnew(List<OwnedObjects.Owned> objects, Rebuild rebuild) {
        Set<Long> aggregates = rebuild.aggregates().stream().map(Aggregate::oid).collect(Collectors.toSet());
        return objects.stream().filter(object -> !rebuild.isOwn(object.catalog(), object.oid()))
                .map(object -> object.catalog() == PG_CLASS && aggregates.contains(object.oid())
                        ? new OwnedObjects.Owned(object.catalog(), object.oid(), "MATERIALIZED VIEW",
                                object.identity(), object.schema(), object.owner(), object.part())
                        : object)
                .toList();
    }

    private static Timescale timescale(Session session, Inventory inventory) {
        Timescale timescale = Timescale.of(session);
        return timescale == null ? null : timescale.whole(session, inventory.readers());
    }

    /** Both come from one snapshot, and the filters were resolved by two programs. */
    private static void agree(List<Inventory.Table> tables, Archive archive) {
        Set<Long> archived = archive.objects(PG_CLASS);
        List<Inventory.Table> missing =
                tables.stream().filter(table -> !table.extension() && !archived.contains(table.oid())).toList();
        if (!missing.isEmpty()) {
            throw Failure
                    .of("pg_dump leaves out %d table(s) that were selected, the first is %s", missing.size(),
                            missing.get(0))
                    .hint("qualify the tables in the filters with their schema");
        }
    }

    private static List<OwnedObjects.Owned> archived(List<OwnedObjects.Owned> objects, Archive archive,
            Set<Long> largeObjects) {
        Map<Long, Set<Long>> archived = new HashMap<>();
        return objects.stream().filter(object -> object.kind().equals("LARGE OBJECT")
                ? largeObjects.contains(object.oid())
                : archived.computeIfAbsent(object.catalog(), archive::objects).contains(object.oid())).toList();
    }

    private static List<Archive.Address> partitioned(Session session) {
        return addresses(session, "listing the indexes and constraints of partitioned tables", """
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, oid FROM pg_catalog.pg_class
                  WHERE relkind = 'I'
                UNION ALL
                SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
                  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
                 WHERE c.relkind = 'p' AND k.contype <> 'f'""");
    }

    private static List<Archive.Address> inModeAgain(Session session, List<Inventory.Table> tables) {
        if (tables.stream().noneMatch(Inventory.Table::deferred) || TimescaleExtension.of(session) == null) {
            return null;
        }
        List<Archive.Address> inRestoringMode = waiting(session, tables,
                """
                relation IN (WITH hypertable AS (%s)
                  SELECT oid FROM hypertable UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits i
                    JOIN hypertable h ON h.oid = i.inhparent)"""
                        .formatted(TimescaleCatalog.HYPERTABLES));
        return inRestoringMode.isEmpty() ? null : inRestoringMode;
    }

    /** @param which a condition for the relation that it stands on */
    private static List<Archive.Address> waiting(Session session, List<Inventory.Table> tables, String which) {
        String deferred = tables.stream().filter(Inventory.Table::deferred).map(table -> String.valueOf(table.oid()))
                .collect(Collectors.joining(","));
        return deferred.isEmpty() ? List.of() : addresses(session, "listing foreign keys, triggers and policies", """
                SELECT catalog, oid FROM (
                SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid AS catalog, oid, conrelid
                  AS relation FROM pg_catalog.pg_constraint
                 WHERE contype = 'f' AND (conrelid IN (%1$s) OR confrelid IN (%1$s)) OR contype = 'c'
                   AND conrelid IN (%1$s)
                UNION ALL
                SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, oid, tgrelid FROM pg_catalog.pg_trigger
                  WHERE tgrelid IN (%1$s)
                UNION ALL
                SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, oid, polrelid FROM pg_catalog.pg_policy
                  WHERE polrelid IN (%1$s)
                UNION ALL
                SELECT 0, oid, oid FROM pg_catalog.pg_class WHERE relrowsecurity AND oid IN (%1$s)) w WHERE %2$s"""
                .formatted(deferred, which));
    }

    private static List<Archive.Address> addresses(Session session, String doing, String sql) {
        return session.list(doing, sql, row -> new Archive.Address(row.getLong(1), row.getLong(2)));
    }

    /** @return the tables whose values can name an object that exists only after post-data */
    public Set<Long> deferred() {
        return tables.stream().filter(Table::deferred).map(Table::oid).collect(Collectors.toSet());
    }

    /**
     * @return the tables that are loaded after others, in their order, without the deferred ones, which come last
     * anyway
     */
    public List<Table> orderedTables() {
        return tables.stream().filter(table -> table.turn > 0 && !table.deferred)
                .sorted(Comparator.comparing(Table::turn)).toList();
    }

    /** @return the tables of TimescaleDB's catalog */
    public Set<Long> catalog() {
        return tables.stream().filter(Table::catalog).map(Table::oid).collect(Collectors.toSet());
    }

    /** @return the deferred tables, in their order */
    public List<Table> deferredInOrder() {
        return tables.stream().filter(Table::deferred).sorted(Comparator.comparing(Table::turn)).toList();
    }

    /**
     * @return what can only be made when restoring mode of TimescaleDB is off: in the mode a hypertable has no rows for
     * who checks a foreign key or calls a function, and such a key would reference none of its chunks
     */
    Set<Archive.Address> afterRestoringMode() {
        Set<Archive.Address> after = new HashSet<>();
        if (inRestoringMode()) {
            timescale.keys().forEach(key -> after.add(new Archive.Address(PG_CONSTRAINT, key.oid())));
            timescale.reading().stream().filter(reader -> reader.reads() == Timescale.Reads.OBJECT)
                    .forEach(reader -> after.add(new Archive.Address(reader.catalog(), reader.oid())));
            after.addAll(waiting);
        }
        return after;
    }

    /** @return what can only be made in restoring mode, and after that was off */
    public Set<Archive.Address> onHypertables() {
        return inModeAgain == null ? Set.of() : Set.copyOf(inModeAgain);
    }

    /** @return whether rows are loaded in restoring mode of TimescaleDB */
    public boolean inRestoringMode() {
        return timescale != null && rebuild == null;
    }

    /** @return whether something follows when restoring mode of TimescaleDB is off */
    public boolean hasAfterRestoringMode() {
        return inRestoringMode() && (!deferred().isEmpty() || !afterRestoringMode().isEmpty());
    }

    /**
     * @return whether rows that come late come within the same session's mode as all others, for there is none of
     * TimescaleDB
     */
    public boolean hasDeferredAtOnce() {
        return !inRestoringMode() && !deferred().isEmpty();
    }

    /** @return the tables that are analyzed when restoring mode of TimescaleDB is off, since that reads hypertables */
    public Set<Long> analyzedDeferred() {
        return timescale == null ? Set.of()
                : timescale.reading().stream().map(Timescale.Reader::relation).collect(Collectors.toSet());
    }

    /** @return the size of the tables on the source's disk, in bytes */
    public long bytes() {
        return tables.stream().mapToLong(Table::bytes).sum();
    }

    /** @return these contents with other values of the sequences */
    public Contents with(List<Inventory.Sequence> positions) {
        return with(positions, objects);
    }

    private Contents with(List<Inventory.Sequence> positions, List<OwnedObjects.Owned> objects) {
        return new Contents(database, selective, tablesOnly, tables, positions, materializedViews, analyzed, schemas,
                tablespaces, objects, partitioned,
                waiting, inModeAgain, privileges, settings, timescale, rebuild);
    }

    /** @return these contents without the views among these relations that hold rows */
    public Contents without(Set<Long> relations) {
        return relations.isEmpty() ? this : new Contents(database, selective, tablesOnly, tables, sequences,
                carried(materializedViews, relations), carried(analyzed, relations),
                schemas, tablespaces, objects, partitioned, waiting, inModeAgain, privileges, settings, timescale,
                rebuild == null ? null : rebuild.without(relations));
    }

    private static List<Inventory.Relation> carried(List<Inventory.Relation> all, Set<Long> without) {
        return all.stream().filter(relation -> !without.contains(relation.oid())).toList();
    }

    /** @return the statements about the database itself, for a database of this name */
    public List<String> of(String name, List<String> statements) {
        return statements.stream().map(statement -> DatabaseSettings.of(name, statement)).toList();
    }
}
