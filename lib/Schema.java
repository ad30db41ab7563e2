//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Archive.java Extensions.java Failure.java Inventory.java OwnedObjects.java Rows.java Sql.java Uncarried.java
package lib;

import java.sql.Connection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Which entries of the schema archive are restored, and when. */
public final class Schema {
    private static final long PG_CLASS = 1259;
    private static final long PG_NAMESPACE = 2615;
    private static final long PG_CONSTRAINT = 2606;
    private static final long PG_TRIGGER = 2620;

    /** Entries after the rows that take no time and may lock several tables. */
    private static final Set<String> QUICK = Set.of("TRIGGER", "POLICY", "ROW SECURITY", "PUBLICATION", "PUBLICATION TABLE",
            "PUBLICATION TABLES IN SCHEMA", "COMMENT");

    private final Archive archive;
    private final Uncarried uncarried;
    private final Connection source;
    private final Connection target;
    private final Set<Long> waiting = new HashSet<>();
    private final Set<String> created = new HashSet<>();

    /** @param source a session under the snapshot, {@code target} one on the target */
    public Schema(Archive archive, Uncarried uncarried, Connection source, Connection target) {
        this.archive = archive;
        this.uncarried = uncarried;
        this.source = source;
        this.target = target;
    }

    /**
     * Makes sure that the archive and the inventory speak of the same tables: both come from one snapshot, and the filters were resolved
     * by two programs.
     */
    public void agree(List<Inventory.Table> tables) {
        Set<Long> archived = archive.objects(PG_CLASS);
        List<String> missing = tables.stream().filter(table -> !table.extension() && !archived.contains(table.oid()))
                .map(Inventory.Table::toString).toList();
        if (!missing.isEmpty()) {
            throw Failure.refused("pg_dump leaves out %d table(s) that were selected, the first is %s", missing.size(), missing.get(0))
                    .hint("name tables and schemas in the filters with their schema");
        }
    }

    /** @return the objects that the restore makes, with their owners */
    public List<OwnedObjects.Owned> objects(Set<Long> largeObjects) {
        return OwnedObjects.list(source, "source").stream().filter(object -> object.kind().equals("LARGE OBJECT")
                ? largeObjects.contains(object.oid())
                : !isLeftOut(object.catalog(), object.oid()) && archive.objects(object.catalog()).contains(object.oid())).toList();
    }

    private boolean isLeftOut(long catalog, long oid) {
        return uncarried.objects(catalog).contains(oid);
    }

    /** Creates the extensions; one that is there already stays as it is. */
    public void extensions(List<Extensions.Extension> extensions) {
        for (Extensions.Extension extension : extensions) {
            Extensions.create(extension).forEach(sql -> Rows.run(target, "target", "creating extension " + extension.name(), sql));
            created.add(extension.name());
        }
    }

    /** Restores what stands before the rows: types, functions, tables without indexes and constraints. */
    public void preData(boolean tablesOnly, List<Inventory.Relation> schemas, List<String> options) {
        Set<String> existing = new HashSet<>(Rows.texts(target, "target", "listing the schemas", "SELECT nspname FROM pg_catalog.pg_namespace"));
        if (tablesOnly) {
            // Like pg_dump -t, which leaves the schema to the operator.
            schemas.stream().map(Inventory.Relation::name).filter(schema -> !existing.contains(schema)).forEach(
                    schema -> Rows.run(target, "target", "creating schema " + schema, "CREATE SCHEMA " + Sql.ident(schema)));
        }
        Set<Long> present = schemas.stream().filter(schema -> existing.contains(schema.name())).map(Inventory.Relation::oid).collect(Collectors.toSet());
        archive.restore("pre-data", 1, options, ours().and(entry -> !(entry.catalog() == PG_NAMESPACE && present.contains(entry.oid()))));
    }

    /**
     * Restores what stands after the rows, but for the foreign keys and triggers of tables whose rows are yet to come. Sessions that work on
     * a partitioned table and on its partitions at once deadlock, which pg_restore's own order does not rule out; so only what takes long
     * is done in parallel, and what touches whole partition trees one after another.
     */
    public void postData(int jobs, List<String> options, List<Inventory.Table> late) {
        waiting.clear();
        if (!late.isEmpty()) {
            String tables = late.stream().map(table -> String.valueOf(table.oid())).collect(Collectors.joining(","));
            Rows.list(source, "source", "listing foreign keys and triggers", """
                    SELECT oid FROM pg_catalog.pg_constraint WHERE contype = 'f' AND (conrelid IN (%1$s) OR confrelid IN (%1$s))
                    UNION ALL SELECT oid FROM pg_catalog.pg_trigger WHERE tgrelid IN (%1$s)""".formatted(tables),
                    row -> waiting.add(row.getLong(1)));
        }
        Predicate<Archive.Entry> wanted = ours().and(entry -> !waits(entry));
        Predicate<Archive.Entry> trees = ofPartitionedTables();
        Predicate<Archive.Entry> foreignKeys = entry -> entry.kind().equals("FK CONSTRAINT");
        Predicate<Archive.Entry> quick = entry -> QUICK.contains(entry.kind());
        archive.restore("post-data", jobs, options, wanted.and(trees.or(foreignKeys).or(quick).negate()).and(entry -> !entry.concerns("EVENT TRIGGER")));
        archive.restore("post-data", 1, options, wanted.and(trees));
        archive.restore("post-data", jobs, options, wanted.and(foreignKeys));
        archive.restore("post-data", 1, options, wanted.and(quick).and(entry -> !entry.concerns("EVENT TRIGGER")));
    }

    /** The entries that make the index or constraint of a partitioned table out of those of its partitions; none reads a row. */
    private Predicate<Archive.Entry> ofPartitionedTables() {
        Set<Long> indexes = new HashSet<>(Rows.list(source, "source", "listing the partitioned indexes",
                "SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'I'", row -> row.getLong(1)));
        Set<Long> constraints = new HashSet<>(Rows.list(source, "source", "listing the constraints of partitioned tables", """
                SELECT k.oid FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
                 WHERE c.relkind = 'p' AND k.contype <> 'f'""", row -> row.getLong(1)));
        return entry -> entry.kind().equals("INDEX ATTACH") || entry.catalog() == PG_CLASS && indexes.contains(entry.oid())
                || entry.catalog() == PG_CONSTRAINT && constraints.contains(entry.oid());
    }

    /** Restores the foreign keys and triggers that waited. */
    public void lateData(List<String> options) {
        archive.restore("post-data", 1, options, ours().and(this::waits));
    }

    /** Restores the event triggers, which would fire on everything that follows. */
    public void eventTriggers() {
        archive.restore("post-data", 1, List.of(), ours().and(entry -> entry.concerns("EVENT TRIGGER")));
    }

    /** Grants what the archive grants. */
    public void grants() {
        archive.grant(ours());
    }

    private boolean waits(Archive.Entry entry) {
        return (entry.catalog() == PG_CONSTRAINT || entry.catalog() == PG_TRIGGER) && waiting.contains(entry.oid());
    }

    /** Only the owner of an extension may comment on it: the one who has just created it. */
    private boolean isCommentOnCreated(Archive.Entry entry) {
        return entry.kind().equals("COMMENT") && created.contains(entry.tag().replaceFirst("^- EXTENSION ", "").trim());
    }

    /** Extensions are created by their own step; things left out have comments and privileges too. */
    private Predicate<Archive.Entry> ours() {
        Set<String> names = uncarried.all().stream().filter(thing -> thing.oid() != 0)
                .map(thing -> " " + thing.name().replaceFirst("^[^.(]*\\.", "") + " ").collect(Collectors.toSet());
        return entry -> !(entry.concerns("EXTENSION") && !isCommentOnCreated(entry)) && !isLeftOut(entry.catalog(), entry.oid())
                && !(entry.oid() == 0 && names.stream().anyMatch(entry.tag()::contains));
    }
}
