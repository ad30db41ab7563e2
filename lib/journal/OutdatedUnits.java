//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.EntrySql;
import lib.server.JournalTables;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.talk.Batches;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * Units that an interrupted run has made and that the source does not have like that any more, with those that need
 * them. They are dropped; what the source still has is made again, a table with its rows.
 */
public final class OutdatedUnits {
    /** SQLSTATE of what others still depend on (PostgreSQL manual, appendix A). */
    private static final String NEEDED = "2BP01";

    private final FinishedUnits units;
    private final Set<Unit> gone = new LinkedHashSet<>();
    private final Set<Unit> changed = new LinkedHashSet<>();
    private final Set<Unit> depending = new LinkedHashSet<>();

    private OutdatedUnits(FinishedUnits units) {
        this.units = units;
    }

    /** @param present all entries of the archive as it is now */
    public static OutdatedUnits of(FinishedUnits units, Collection<EntrySql> present) {
        OutdatedUnits outdated = new OutdatedUnits(units);
        outdated.gone.addAll(units.gone());
        Map<Integer, Unit> now = new HashMap<>();
        present.forEach(part -> now.put(part.entry().id(), Unit.of(part)));
        Map<String, Unit> named = new HashMap<>();
        now.values().forEach(unit -> named.put(unit.toString(), unit));
        Set<Unit> all = new HashSet<>(now.values());
        for (Unit unit : units.ofArchive()) {
            if (!all.contains(unit)) {
                (named.containsKey(unit.toString()) ? outdated.changed : outdated.gone).add(unit);
            }
        }
        Set<Unit> again = outdated.changed.stream().map(unit -> named.get(unit.toString()))
                .collect(Collectors.toCollection(HashSet::new));
        for (boolean more = !again.isEmpty(); more;) {
            List<Unit> next = present.stream().filter(part -> !again.contains(Unit.of(part))
                    && part.needs().stream().map(now::get).anyMatch(again::contains)).map(Unit::of).toList();
            again.addAll(next);
            next.stream().filter(units::contain).forEach(outdated.depending::add);
            more = !next.isEmpty();
        }
        return outdated;
    }

    public boolean isEmpty() {
        return gone.isEmpty() && changed.isEmpty();
    }

    /**
     * Drops them.
     *
     * @param parts forget the rows of tables
     * @return what has changed on the source, in words
     * @throws Failure naming what cannot be dropped
     */
    public String undo(Session target, PartRecords parts) {
        List<Unit> all = Stream.of(gone, changed, depending).flatMap(Set::stream).toList();
        refuse(all.stream().filter(unit -> !DroppableObjects.canDrop(unit)).toList(), null);
        DroppableObjects objects = DroppableObjects.of(target);
        List<Unit> left = all.stream().sorted(Comparator.comparing((Unit unit) -> rank(objects.of(unit)))).toList();
        SQLException reason = null;
        while (!left.isEmpty()) {
            List<Unit> still = new ArrayList<>();
            for (List<Unit> batch : Batches.of(left, Removal.DROPS_A_TRANSACTION)) {
                if (drop(batch, objects, parts) != null) {
                    for (Unit unit : batch) {
                        SQLException refused = drop(List.of(unit), objects, parts);
                        if (refused != null) {
                            still.add(unit);
                            reason = refused;
                        }
                    }
                }
            }
            refuse(still.size() == left.size() ? still : List.of(), reason);
            left = still;
        }
        return Stream.of(described("changed", changed), described("gone", gone)).filter(text -> !text.isEmpty())
                .collect(Collectors.joining("; "));
    }

    private static int rank(DroppableObjects.Droppable object) {
        return object == null ? Integer.MAX_VALUE : object.rank();
    }

    /** @return why they cannot be dropped now, because others depend on them; else null */
    private SQLException drop(List<Unit> batch, DroppableObjects objects, PartRecords parts) {
        List<String> statements = new ArrayList<>();
        Map<String, Set<String>> forgotten = new HashMap<>();
        Set<String> tables = new HashSet<>();
        for (Unit unit : batch) {
            DroppableObjects.Droppable object = objects.of(unit);
            if (object != null) {
                statements.add(object.sql());
            }
            forgotten.computeIfAbsent(unit.kind(), any -> new HashSet<>()).add(unit.name());
            if (unit.kind().equals("FK CONSTRAINT")) {
                forgotten.computeIfAbsent(Unit.VALIDATE, any -> new HashSet<>()).add(unit.name());
            } else if (object != null && object.table() != null) {
                String name = object.table();
                tables.add(name);
                statements.add("DELETE FROM " + JournalTables.PART.sql() + " WHERE name = " + Sql.literal(name));
                forgotten.computeIfAbsent(Unit.ANALYZE, any -> new HashSet<>()).add(name);
            }
        }
        try {
            units.undo("dropping what the source does not have any more", statements, forgotten);
            parts.forget(tables);
            return null;
        } catch (Failure e) {
            if (e.getCause() instanceof SQLException cause && NEEDED.equals(cause.getSQLState())) {
                return cause;
            }
            throw e;
        }
    }

    private static void refuse(List<Unit> some, SQLException reason) {
        if (!some.isEmpty()) {
            Failure failure = refusal(some, reason);
            SqlFailures.addDetail(failure, reason);
            throw failure;
        }
    }

    /** @param reason why they cannot be dropped or changed, or null */
    static Failure refusal(List<Unit> some, SQLException reason) {
        return Failure.of("the schema of the source has changed since the interrupted run in what cannot be followed: "
                + "%s", Count.some(some)).because(reason)
                .hint("%s", UnfinishedRun.ANEW);
    }

    private static String described(String what, Set<Unit> some) {
        return some.isEmpty() ? ""
                : what + " " + some.stream().map(Unit::toString).sorted().collect(Collectors.joining(", "));
    }
}
