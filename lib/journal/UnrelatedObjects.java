//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.AddedMembers;
import lib.catalog.OwnedObjects;
import lib.catalog.UnownedObjects;
import lib.catalog.UnrelatedObject;
import lib.server.DropStatements;
import lib.server.JournalTables;
import lib.server.Membership;
import lib.server.Session;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Sql;
import lib.timescale.CatalogShape;

/** Objects of a target that a failed run did not make, by its journal, those that would be dropped with its own too. */
public final class UnrelatedObjects {
    /**
     * What is dropped with the run's objects (DROP … CASCADE), by pg_depend (PostgreSQL manual, 53.18), and is not seen
     * where the objects are that have owners: extensions, members of extensions, and objects without an owner. Of an
     * extension that the run has made, members are what it brought along, and what an update since has; where an
     * extension is not the run's, it is named with what was put into it. A member of one that stays would take that
     * with it.
     */
    private static final String DROPPED_TOO =
            """
            WITH RECURSIVE made AS (SELECT m.catalog, m.object FROM %1$s m EXCEPT SELECT f.catalog, f.object
              FROM %2$s f),
              dropped (classid, objid) AS (
                SELECT m.catalog, m.object FROM made m
                 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = m.catalog AND d.objid = m.object
                   AND d.deptype = 'e')
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension x WHERE x.tableoid = m.catalog
                     AND x.oid = m.object AND NOT %7$s)
                UNION SELECT d.classid, d.objid FROM dropped g JOIN pg_catalog.pg_depend d ON d.refclassid = g.classid
                  AND d.refobjid = g.objid)
            SELECT %3$s%4$s (e.classid, e.objid) IN (SELECT g.classid, g.objid FROM dropped g)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend p WHERE p.classid = e.classid AND p.objid = e.objid
                 AND p.deptype = 'i')
               AND CASE WHEN (x.tableoid, x.oid) NOT IN (SELECT g.classid, g.objid FROM dropped g) THEN true
                        WHEN (x.tableoid, x.oid) IN (SELECT m.catalog, m.object FROM made m)
                          THEN (e.classid, e.objid) NOT IN (SELECT m.catalog, m.object FROM made m) AND e.xmin <> x.xmin
                        ELSE %5$s END
            UNION ALL SELECT x.tableoid, x.oid, 'EXTENSION', pg_catalog.quote_ident(x.extname), NULL, NULL
              FROM pg_catalog.pg_extension x
             WHERE (x.tableoid, x.oid) IN (SELECT g.classid, g.objid FROM dropped g)
               AND (x.tableoid, x.oid) NOT IN (SELECT m.catalog, m.object FROM made m)
            UNION ALL SELECT o.catalog, o.oid, o.kind, o.identity, o.schema, NULL
              FROM (%6$s UNION ALL SELECT 'pg_catalog.pg_user_mapping'::pg_catalog.regclass, u.umid, 'USER MAPPING',
                           pg_catalog.concat('FOR ', CASE u.umuser WHEN 0 THEN 'PUBLIC'
                             ELSE pg_catalog.quote_ident(u.usename) END, ' SERVER ', pg_catalog.quote_ident(u.srvname)),
                             NULL
                      FROM pg_catalog.pg_user_mappings u) o
             WHERE (o.catalog, o.oid) IN (SELECT g.classid, g.objid FROM dropped g)
               AND (o.catalog, o.oid) NOT IN (SELECT m.catalog, m.object FROM made m)"""
                    .formatted(JournalTables.MADE.sql(), JournalTables.FOUND.sql(), AddedMembers.COLUMNS,
                            AddedMembers.MEMBERS, AddedMembers.CONDITION, UnownedObjects.ALL,
                            Membership.hasRightsOf("x.extowner"));

    private record Address(long catalog, long oid) {
        static Address of(OwnedObjects.Owned object) {
            return new Address(object.catalog(), object.oid());
        }
    }

    private UnrelatedObjects() {
    }

    /**
     * @return the names of the extensions that {@link Removal} will remove: one that an administrator has created since
     * is not ours to drop
     */
    public static List<String> extensions(Session target) {
        return target.texts("reading the journal",
                """
                SELECT e.extname FROM pg_catalog.pg_extension e WHERE %2$s
                   AND EXISTS (SELECT FROM %1$s m WHERE m.catalog = e.tableoid AND m.object = e.oid)
                     ORDER BY e.oid DESC"""
                        .formatted(JournalTables.MADE.sql(), Membership.hasRightsOf("e.extowner")));
    }

    /** @return whether an object that is none of {@link #list} is still there once the failed run is undone */
    public static Predicate<UnrelatedObject> staying(Session target) {
        Set<Address> made = addresses(target, "SELECT catalog, object FROM " + JournalTables.MADE.sql());
        List<String> extensions = extensions(target);
        return object -> object.extension() == null ? !made.contains(Address.of(object.object()))
                : !extensions.contains(object.extension());
    }

    private static Set<Address> addresses(Session target, String question) {
        return new HashSet<>(target.list("reading the journal", question,
                row -> new Address(row.getLong(1), row.getLong(2))));
    }

    /** @return what the failed run did not make and that is there nevertheless */
    public static List<UnrelatedObject> list(Session target) {
        return list(target, OwnedObjects.list(target));
    }

    /** Lists the objects that exist and have an owner. */
    static List<UnrelatedObject> list(Session target, List<OwnedObjects.Owned> there) {
        Set<Address> known = addresses(target, "SELECT catalog, object FROM " + JournalTables.MADE.sql()
                + " UNION ALL SELECT catalog, object FROM " + JournalTables.FOUND.sql());
        // With a hypertable goes what the extension has made for it.
        Set<Long> internals = CatalogShape.internals(target);
        Stream<UnrelatedObject> owned = there.stream().filter(OwnedObjects.usersOwn(target))
                .filter(object -> !known.contains(Address.of(object)) && !internals.contains(object.oid()))
                .map(UnrelatedObject::of);
        return Stream
                .concat(owned,
                        AddedMembers
                                .unrelatedObjects(target, "looking for what depends on the run's objects", DROPPED_TOO)
                                .stream())
                .toList();
    }

    /**
     * @param option with which the run takes over what is there
     * @return what to do about them, with the statements that drop them
     */
    public static String hint(Session target, List<UnrelatedObject> unrelated, String option) {
        DropStatements drops = DropStatements.of(target, unrelated.stream()
                .sorted(Comparator
                        .comparing((UnrelatedObject each) -> !each.object().kind().equals("EVENT TRIGGER"))
                        .thenComparing(each -> each.object().kind().equals("SCHEMA"))
                        // Out of an extension before that goes.
                        .thenComparing(each -> each.extension() == null)
                        .thenComparing(each -> each.object().oid(), Comparator.reverseOrder()))
                .map(UnrelatedObject::toDrop).toList());
        String owners = unrelated.stream().map(each -> each.object().owner()).filter(Objects::nonNull)
                .distinct().map(Sql::literal).collect(Collectors.joining(", "));
        boolean mine = "t".equals(target.text("asking for their owners",
                "SELECT coalesce(pg_catalog.bool_and(" + Membership.hasRightsOf("r.oid") + "), true)"
                        + " FROM pg_catalog.pg_roles r WHERE r.rolname = ANY (ARRAY[" + owners
                        + "]::pg_catalog.text[])"));
        return "move or drop them" + (mine ? "" : ", as their owners or a superuser") + drops.taking()
                + ", then run again with " + option + ": " + drops.sql();
    }

    /**
     * @param option with which the run takes over what is there
     * @throws Failure when the target holds what the interrupted run did not make
     */
    public static void refuse(Session target, String option) {
        refuse(target, OwnedObjects.list(target), option);
    }

    /** @param there the objects that exist and have an owner */
    static void refuse(Session target, List<OwnedObjects.Owned> there, String option) {
        Failure refusal = refusal(target, list(target, there), option);
        if (refusal != null) {
            throw refusal;
        }
    }

    /** @return the refusal to undo what others have come to depend on, or null */
    static Failure refusal(Session target, List<UnrelatedObject> unrelated, String option) {
        return unrelated.isEmpty() ? null
                : Failure
                        .of("the target holds objects that the interrupted run did not make: %s",
                                Count.some(unrelated))
                        .hint("%s", hint(target, unrelated, option));
    }
}
