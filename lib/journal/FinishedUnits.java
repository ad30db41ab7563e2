//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.rebuild.Making;
import lib.server.JournalTables;
import lib.server.Membership;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The units of the schema that an interrupted run has made, by its journal. They are read once; what this run makes
 * itself is written by those who make it. Safe for use by several threads.
 */
public final class FinishedUnits {
    /** What is done again by every run, because it takes no time and says the same again. */
    private static final Set<String> ALWAYS = Set.of("COMMENT");
    private static final Set<String> AFTER_ROWS = Set.of("INDEX", "CONSTRAINT", "FK CONSTRAINT", "TRIGGER");
    private static final Set<String> NOT_OF_ARCHIVE = Stream
            .concat(Stream.of(Unit.VALIDATE, Unit.ANALYZE, Unit.LARGE_OBJECTS.kind()), Making.KINDS.stream())
            .collect(Collectors.toUnmodifiableSet());

    /**
     * Extensions that the run has made and is not to make any more, and schemas that it has made for such. What another
     * extension needs that stays came along with that, and stays; a schema can belong to an extension. The source may
     * quote a name that this server does not.
     */
    private static final String GONE = """
            WITH RECURSIVE made AS (SELECT m.catalog, m.object FROM %3$s m EXCEPT SELECT f.catalog, f.object
                FROM %8$s f),
              staying (oid) AS (
                SELECT e.oid FROM pg_catalog.pg_extension e
                 WHERE NOT %2$s OR NOT EXISTS (SELECT FROM made m WHERE m.catalog = e.tableoid AND m.object = e.oid)
                    OR EXISTS (SELECT FROM %4$s p
                      WHERE p.kind = '%1$s' AND p.identity = pg_catalog.concat('"', e.extname, '"'))
                UNION SELECT d.refobjid FROM staying s JOIN pg_catalog.pg_depend d ON d.objid = s.oid
                 WHERE d.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refclassid = d.classid)
            SELECT '%1$s', e.extname FROM pg_catalog.pg_extension e WHERE e.oid NOT IN (SELECT oid FROM staying)
            UNION ALL
            SELECT '%5$s', n.nspname FROM pg_catalog.pg_namespace n
             WHERE %6$s AND EXISTS (SELECT FROM made m WHERE m.catalog = n.tableoid AND m.object = n.oid)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                 WHERE d.classid = n.tableoid AND d.objid = n.oid AND d.deptype = 'e')
               AND NOT EXISTS (SELECT FROM %4$s p CROSS JOIN (VALUES (n.nspname::text),
                   (pg_catalog.concat('"', n.nspname, '"')), (pg_catalog.quote_ident(n.nspname))) q (name)
                 WHERE p.kind = '%5$s' AND p.identity = q.name
                    OR pg_catalog.strpos(p.identity, pg_catalog.concat(q.name, '.')) = 1)
               AND NOT EXISTS (SELECT FROM %7$s u WHERE u.kind = '%5$s' AND u.name = n.nspname)
             ORDER BY 1, 2""".formatted(Unit.EXTENSION, Membership.hasRightsOf("e.extowner"),
            JournalTables.MADE.sql(), JournalTables.PLANNED.sql(), Unit.SCHEMA, Membership.hasRightsOf("n.nspowner"),
            JournalTables.UNIT.sql(), JournalTables.FOUND.sql());

    private final Session session;
    private final List<Unit> gone = new ArrayList<>();
    private final Map<String, Unit> finished = new ConcurrentHashMap<>();

    private FinishedUnits(Session session) {
        this.session = session;
    }

    /** @return those of a run that has just begun */
    static FinishedUnits none(Session session) {
        return new FinishedUnits(session);
    }

    /**
     * @param session in which has just been written down what this run is to make
     * @param follows whether that is what there is now, and not what a dump was made of
     */
    static FinishedUnits read(Session session, boolean follows) {
        FinishedUnits units = new FinishedUnits(session);
        session.list("reading the journal", "SELECT digest, kind, name FROM " + JournalTables.UNIT.sql(),
                row -> new Unit(row.getString(1), row.getString(2), row.getString(3)))
                .forEach(unit -> units.finished.put(unit.digest(), unit));
        if (follows) {
            units.gone.addAll(session.list("reading the journal", GONE,
                    row -> Unit.of(row.getString(1), row.getString(2), "")));
        }
        return units;
    }

    /** @return what it has made and written down as no unit, and the source does not have any more */
    List<Unit> gone() {
        return gone;
    }

    /** @return whether the unit need not be made any more */
    public boolean contain(Unit unit) {
        return unit != null && finished.containsKey(unit.digest());
    }

    /** @return those of entries of the archive */
    List<Unit> ofArchive() {
        return finished.values().stream().filter(unit -> !NOT_OF_ARCHIVE.contains(unit.kind())).toList();
    }

    /** @return whether something of what stands after the rows is among them */
    public boolean afterRows() {
        return finished.values().stream().anyMatch(unit -> AFTER_ROWS.contains(unit.kind()));
    }

    /** Has the statistics of tables be collected again. */
    public void forgetStatistics(Set<String> tables) {
        if (!tables.isEmpty()) {
            undo("writing the journal", List.of(), Map.of(Unit.ANALYZE, tables));
        }
    }

    /**
     * Undoes units of one kind, which will be made again.
     *
     * @param statements that undo them, run in the transaction that forgets them
     */
    public void undoAll(String doing, List<String> statements, String kind, Set<String> names) {
        undo(doing, statements, Map.of(kind, names));
    }

    /** @return the names of the schemas among them */
    public Set<String> schemas() {
        return names(Unit.SCHEMA);
    }

    /** @return the names of those of one kind */
    public Set<String> names(String kind) {
        return finished.values().stream().filter(unit -> unit.kind().equals(kind)).map(Unit::name)
                .collect(Collectors.toSet());
    }

    /** @return the statement by which the transaction that makes these units writes them down, "" for none */
    public static String recording(Collection<Unit> units) {
        String rows = units.stream().filter(unit -> !ALWAYS.contains(unit.kind()))
                .map(unit -> "(" + Sql.literal(unit.digest()) + ", " + Sql.literal(unit.kind()) + ", "
                        + Sql.literal(unit.name()) + ")")
                .collect(Collectors.joining(", "));
        return rows.isEmpty() ? "" : "INSERT INTO " + JournalTables.UNIT.sql() + " VALUES " + rows;
    }

    /**
     * Asks whether units were made, which are all made in one transaction.
     *
     * @return false also where the journal does not say
     */
    public static boolean areMade(Session target, Collection<Unit> units) {
        List<String> digests = units.stream().filter(unit -> !ALWAYS.contains(unit.kind()))
                .map(unit -> Sql.literal(unit.digest())).toList();
        return !digests.isEmpty() && "t".equals(target.text("reading the journal", "SELECT EXISTS (SELECT FROM "
                + JournalTables.UNIT.sql() + " WHERE digest IN (" + String.join(", ", digests) + "))"));
    }

    /**
     * Undoes units, which will be made again.
     *
     * @param statements that undo them, run in the transaction that forgets them
     * @param gone by their kinds and names
     */
    void undo(String doing, List<String> statements, Map<String, Set<String>> gone) {
        List<String> all = new ArrayList<>(statements);
        gone.forEach((kind, names) -> all.add("DELETE FROM " + JournalTables.UNIT.sql() + " WHERE kind = "
                + Sql.literal(kind) + " AND name = ANY (ARRAY["
                + names.stream().map(Sql::literal).collect(Collectors.joining(", ")) + "]::pg_catalog.text[])"));
        if (!all.isEmpty()) {
            Transaction.run(session, doing, () -> {
                session.run(doing, String.join("; ", all));
                return null;
            });
            finished.values().removeIf(unit -> gone.getOrDefault(unit.kind(), Set.of()).contains(unit.name()));
        }
    }
}
