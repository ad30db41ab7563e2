//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.catalog.Grants;
import lib.catalog.ObjectKind;
import lib.catalog.OwnedObjects;
import lib.catalog.UnownedObjects;
import lib.rebuild.Making;
import lib.roles.RoleRecord;
import lib.server.JournalTables;
import lib.server.Leftovers;
import lib.server.Session;
import lib.server.TargetLock;
import lib.talk.Batches;
import lib.talk.Failure;
import lib.talk.Sql;
import lib.timescale.Hypertables;
import lib.timescale.Jobs;
import lib.timescale.RestoringMode;
import lib.timescale.Timescale;

/**
 * Takes away what a failed run has made, by its journal: the very objects whose addresses stand there, by the names and
 * kinds that the server has for them now. Where a name that the run has planned belongs to another object, that one is
 * a stranger.
 */
public final class Removal {
    /** Few enough that the locks of one transaction fit into the smallest lock table. */
    static final int DROPS_A_TRANSACTION = 50;

    private record Address(long catalog, long oid) {
    }

    private record MadeObject(String kind, String identity) {
        static MadeObject of(OwnedObjects.Owned object) {
            return new MadeObject(object.kind(), object.identity());
        }

        boolean is(ObjectKind other) {
            return kind.equals(other.word());
        }

        String drop() {
            return is(ObjectKind.LARGE_OBJECT)
                    ? "SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata WHERE oid = "
                            + Long.parseLong(identity)
                    : "DROP " + kind + " IF EXISTS " + identity + " CASCADE";
        }
    }

    /**
     * What came of it.
     *
     * @param objects how many were removed
     * @param roles those that the run has created, which stay
     * @param refused the statements that would bring the rest back as it was, and that the user may not run
     */
    public record Result(int objects, List<String> roles, List<String> refused) {
    }

    private Removal() {
    }

    private static Set<Address> addresses(Session target, String table) {
        return new HashSet<>(target.list("reading the journal", "SELECT catalog, object FROM " + table,
                row -> new Address(row.getLong(1), row.getLong(2))));
    }

    /**
     * Removes exactly what the failed run made, and the journal, in a session of its own: in one that has seen an
     * extension it cannot be created in another version.
     *
     * @param memberships without those of the failed run the user may not drop what it has given to others
     * @param begun is told when something is about to be changed
     * @param again the option with which the command is to be run again that is refused
     * @throws Failure when there is something that the run has not made
     */
    public static Result run(TargetLock lock, Session target, Memberships memberships, Runnable begun,
            String again) {
        Leftovers.end(lock, target);
        List<OwnedObjects.Owned> there = OwnedObjects.list(target);
        UnrelatedObjects.refuse(target, there, again);
        begun.run();
        memberships.joinAgain(target);
        List<String> roles = RoleRecord.created(target);
        Set<Address> made = addresses(target, JournalTables.MADE.sql());
        made.removeAll(addresses(target, JournalTables.FOUND.sql()));
        // A part, such as the sequence of an identity column, goes with the whole, and may not go alone.
        List<MadeObject> drops = there.stream()
                .filter(object -> !object.part() && made.contains(new Address(object.catalog(), object.oid())))
                .sorted(Comparator.comparing((OwnedObjects.Owned object) -> !object.kind().equals("EVENT TRIGGER"))
                        .thenComparing(object -> object.kind().equals("SCHEMA"))
                        .thenComparing(OwnedObjects.Owned::oid, Comparator.reverseOrder()))
                .map(MadeObject::of).collect(Collectors.toList());
        int schemas = (int) drops.stream().filter(drop -> !drop.is(ObjectKind.SCHEMA)).count();
        drops.addAll(schemas, UnrelatedObjects.extensions(target).stream()
                .map(name -> new MadeObject(ObjectKind.EXTENSION.word(), Sql.ident(name))).toList());
        // What depends on nothing that has gone by then, such as a cast between types of the system.
        UnownedObjects.list(target).stream()
                .filter(object -> made.contains(new Address(object.catalog(), object.oid()))).map(MadeObject::of)
                .forEach(drops::add);
        Timescale timescale = Timescale.of(target);
        if (timescale == null) {
            drop(target, drops, object -> true);
        } else if (isRebuilt(target)) {
            dropAggregates(target);
            drop(target, drops, object -> true);
            target.run("removing what the failed run made", Jobs.removal(target));
        } else {
            // As parts of hypertables they could not be dropped one by one.
            RestoringMode.withdraw(target, timescale, () -> drop(target, drops, Removal::isOfRows));
            drop(target, drops, object -> !isOfRows(object));
        }
        // Left standing, they would give the new run's objects privileges that the source's do not have.
        Grants.defaultsSince(target, JournalTables.DEFAULT_PRIVILEGES.sql())
                .forEach(sql -> target.run("taking back default privileges", sql));
        MadeSettings.undoing(target)
                .forEach(sql -> target.run("taking back a setting of the database", sql));
        List<String> refused = PriorState.restore(target);
        memberships.putBack(target);
        Journal.remove(target);
        return new Result(drops.size(), roles, refused);
    }

    /** Whether TimescaleDB has made its part by itself, which goes with what it was made for. */
    private static boolean isRebuilt(Session target) {
        return "t".equals(target.text("reading the journal", "SELECT EXISTS (SELECT FROM " + JournalTables.UNIT.sql()
                + " WHERE kind = " + Sql.literal(Making.HYPERTABLE) + ")"));
    }

    private static void dropAggregates(Session target) {
        Hypertables.aggregates(target).forEach(aggregate -> target.run("removing what the failed run made",
                "DROP MATERIALIZED VIEW IF EXISTS " + Sql.name(aggregate.schema(), aggregate.name()) + " CASCADE"));
    }

    private static boolean isOfRows(MadeObject object) {
        return !object.is(ObjectKind.EXTENSION) && !object.is(ObjectKind.SCHEMA);
    }

    private static void drop(Session target, List<MadeObject> made, Predicate<MadeObject> wanted) {
        List<String> drops = made.stream().filter(wanted).map(MadeObject::drop).toList();
        Batches.of(drops, DROPS_A_TRANSACTION).forEach(
                batch -> target.run("removing what the failed run made", String.join(";", batch)));
    }
}
