//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * The units of the schema that an interrupted run has made, by its journal. They are read once; what this run makes
 * itself is written by those who make it. Safe for use by several threads.
 */
public final class FinishedUnits {
    /** What is done again by every run, because it takes no time and says the same again. */
    private static final Set<String> ALWAYS = Set.of("COMMENT");
    private static final Set<String> NOT_OF_ARCHIVE = Set.of(Unit.VALIDATE, Unit.ANALYZE);

    private final Session session;
    private final Map<String, Unit> finished = new ConcurrentHashMap<>();

    private FinishedUnits(Session session) {
        this.session = session;
    }

    /** @return those of a run that has just begun */
    static FinishedUnits none(Session session) {
        return new FinishedUnits(session);
    }

    static FinishedUnits read(Session session) {
        FinishedUnits units = new FinishedUnits(session);
        session.list("reading the journal", "SELECT digest, kind, name FROM " + JournalTables.UNIT.sql(),
                row -> new Unit(row.getString(1), row.getString(2), row.getString(3)))
                .forEach(unit -> units.finished.put(unit.digest(), unit));
        return units;
    }

    /** @return whether the unit need not be made any more */
    public boolean contain(Unit unit) {
        return unit != null && finished.containsKey(unit.digest());
    }

    /** @return the names of the schemas among them */
    public Set<String> schemas() {
        return finished.values().stream().filter(unit -> unit.kind().equals("SCHEMA")).map(Unit::name)
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
            session.run(doing, "BEGIN; " + String.join("; ", all) + "; COMMIT");
            finished.values().removeIf(unit -> gone.getOrDefault(unit.kind(), Set.of()).contains(unit.name()));
        }
    }

    /**
     * Refuses to go on where the schema of the source has changed in what is made already.
     *
     * @param present all units of the archive as it is now
     * @throws Failure naming what has changed or is gone
     */
    public void refuseChanges(Collection<Unit> present) {
        Set<String> digests = present.stream().map(Unit::digest).collect(Collectors.toSet());
        Set<String> names = present.stream().map(Unit::toString).collect(Collectors.toSet());
        List<Unit> others = finished.values().stream()
                .filter(unit -> !NOT_OF_ARCHIVE.contains(unit.kind()) && !digests.contains(unit.digest()))
                .toList();
        if (!others.isEmpty()) {
            Set<String> changed = new HashSet<>();
            Set<String> gone = new HashSet<>();
            others.forEach(unit -> (names.contains(unit.toString()) ? changed : gone).add(unit.toString()));
            throw Failure.of("the schema of the source has changed since the interrupted run: %s",
                    List.of(described("changed", changed), described("dropped", gone)).stream()
                            .filter(text -> !text.isEmpty()).collect(Collectors.joining("; ")))
                    .hint("run the same command with --restart in place of --resume: it removes what that run made");
        }
    }

    private static String described(String what, Set<String> names) {
        return names.isEmpty() ? "" : what + " " + Count.some(names.stream().sorted().toList());
    }
}
