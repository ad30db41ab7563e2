//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Failure.java Grants.java Journal.java JournalTables.java Leftovers.java MadeSettings.java Memberships.java ObjectKind.java OwnedObjects.java
//SOURCES RestoringMode.java Rows.java Sql.java TargetLock.java Timescale.java
package lib;

import java.sql.Connection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Takes away what a failed run has made, by its journal: the very objects whose addresses stand there, by the names and kinds that the server
 * has for them now. Where a name that the run has planned belongs to another object, that one is a stranger.
 */
public final class Removal {
    /** Few enough that the locks of one transaction fit into the smallest lock table. */
    private static final int DROPS_A_TRANSACTION = 50;

    private record Address(long catalog, long oid) {
    }

    private record Made(ObjectKind kind, String identity) {
        String drop() {
            return kind == ObjectKind.LARGE_OBJECT
                    ? "SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata WHERE oid = " + Long.parseLong(identity)
                    : "DROP " + kind.word() + " IF EXISTS " + identity + " CASCADE";
        }
    }

    private Removal() {
    }

    private static Set<Address> addresses(Connection target, String table) {
        return new HashSet<>(Rows.list(target, "target", "reading the journal", "SELECT catalog, object FROM " + table,
                row -> new Address(row.getLong(1), row.getLong(2))));
    }

    /** @return the names of the extensions that {@link #run} will remove: one that an administrator has created since is not ours to drop */
    static List<String> extensions(Connection target) {
        return Rows.texts(target, "target", "reading the journal", """
                SELECT e.extname FROM pg_catalog.pg_extension e WHERE pg_catalog.pg_has_role(e.extowner, 'USAGE')
                   AND EXISTS (SELECT FROM %s m WHERE m.catalog = e.tableoid AND m.object = e.oid) ORDER BY e.oid DESC""".formatted(JournalTables.MADE.sql()));
    }

    /** @return what the failed run did not make and that is there nevertheless */
    public static List<OwnedObjects.Owned> strangers(Connection target) {
        return strangers(target, OwnedObjects.list(target, "target"));
    }

    private static List<OwnedObjects.Owned> strangers(Connection target, List<OwnedObjects.Owned> there) {
        Set<Address> known = addresses(target, JournalTables.MADE.sql());
        known.addAll(addresses(target, JournalTables.FOUND.sql()));
        List<OwnedObjects.Owned> strangers = there.stream().filter(OwnedObjects.usersOwn(target))
                .filter(object -> !known.contains(new Address(object.catalog(), object.oid()))).collect(Collectors.toList());
        // With its schema an extension of somebody else would go.
        strangers.addAll(Rows.list(target, "target", "listing the extensions", """
                SELECT e.tableoid, e.oid, e.extname, n.nspname, pg_catalog.pg_get_userbyid(e.extowner)
                  FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                 WHERE EXISTS (SELECT FROM %1$s m WHERE m.catalog = n.tableoid AND m.object = n.oid)""".formatted(JournalTables.MADE.sql()),
                row -> new OwnedObjects.Owned(row.getLong(1), row.getLong(2), "EXTENSION", Sql.ident(row.getString(3)), row.getString(4), row.getString(5), false))
                .stream().filter(extension -> !known.contains(new Address(extension.catalog(), extension.oid()))).toList());
        return strangers;
    }

    /** @return what to do about them, each with the statement that drops it */
    static String hint(List<OwnedObjects.Owned> strangers) {
        return "move or drop them, then run again with --restart: " + strangers.stream()
                .sorted(Comparator.comparing((OwnedObjects.Owned object) -> object.kind().equals("SCHEMA")).thenComparing(OwnedObjects.Owned::oid, Comparator.reverseOrder()))
                .map(object -> (object.kind().equals("LARGE OBJECT") ? "SELECT pg_catalog.lo_unlink(" + object.identity() + ")"
                        : "DROP " + object.kind() + " " + object.identity()) + ";").collect(Collectors.joining(" "));
    }

    /** @return the refusal to undo what others have come to depend on, or null */
    static Failure refusal(List<OwnedObjects.Owned> strangers) {
        return strangers.isEmpty() ? null : Failure.refused("the target holds objects that the interrupted run did not make: %s", OwnedObjects.some(strangers))
                .hint("%s", Removal.hint(strangers));
    }

    /**
     * Removes exactly what the failed run made, and the journal, in a session of its own: in one that has seen an extension it cannot be created
     * in another version.
     *
     * @param memberships without those of the failed run the user may not drop what it has given to others
     * @param begun is told when something is about to be changed
     * @return how many objects were removed
     * @throws Failure refused, when there is something that the run has not made
     */
    public static int run(TargetLock lock, Connection target, Memberships memberships, Runnable begun) {
        Leftovers.end(lock, target);
        List<OwnedObjects.Owned> there = OwnedObjects.list(target, "target");
        Failure refusal = refusal(strangers(target, there));
        if (refusal != null) {
            throw refusal;
        }
        begun.run();
        memberships.joinAgain(target);
        Set<Address> made = addresses(target, JournalTables.MADE.sql());
        made.removeAll(addresses(target, JournalTables.FOUND.sql()));
        // A part, such as the sequence of an identity column, goes with the whole, and may not go alone.
        List<Made> drops = there.stream().filter(object -> !object.part() && made.contains(new Address(object.catalog(), object.oid())))
                .sorted(Comparator.comparing((OwnedObjects.Owned object) -> !object.kind().equals("EVENT TRIGGER"))
                        .thenComparing(object -> object.kind().equals("SCHEMA")).thenComparing(OwnedObjects.Owned::oid, Comparator.reverseOrder()))
                .map(object -> new Made(ObjectKind.of(object.kind()), object.identity())).collect(Collectors.toList());
        int schemas = (int) drops.stream().filter(drop -> drop.kind != ObjectKind.SCHEMA).count();
        drops.addAll(schemas, extensions(target).stream().map(name -> new Made(ObjectKind.EXTENSION, Sql.ident(name))).toList());
        Timescale timescale = Timescale.of(target, "target");
        if (timescale == null) {
            drop(target, drops, object -> true);
        } else {
            // As parts of hypertables they could not be dropped one by one.
            RestoringMode.withdraw(target, timescale, () -> drop(target, drops, Removal::isOfRows));
            drop(target, drops, object -> !isOfRows(object));
        }
        // Left standing, they would give the new run's objects privileges that the source's do not have.
        Grants.defaultsSince(target, JournalTables.DEFAULT_PRIVILEGES.sql())
                .forEach(sql -> Rows.run(target, "target", "taking back default privileges", sql));
        MadeSettings.undoing(target).forEach(sql -> Rows.run(target, "target", "taking back a setting of the database", sql));
        memberships.leave(target);
        Journal.remove(target);
        return drops.size();
    }

    private static boolean isOfRows(Made object) {
        return object.kind != ObjectKind.EXTENSION && object.kind != ObjectKind.SCHEMA;
    }

    private static void drop(Connection target, List<Made> made, Predicate<Made> wanted) {
        List<String> drops = made.stream().filter(wanted).map(Made::drop).toList();
        for (int i = 0; i < drops.size(); i += DROPS_A_TRANSACTION) {
            Rows.run(target, "target", "removing what the failed run made",
                    String.join(";", drops.subList(i, Math.min(drops.size(), i + DROPS_A_TRANSACTION))));
        }
    }
}
