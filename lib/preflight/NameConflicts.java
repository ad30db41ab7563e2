package lib.preflight;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.AddedMembers;
import lib.catalog.OwnedObjects;
import lib.catalog.Selection;
import lib.catalog.UnownedObjects;
import lib.catalog.UnrelatedObject;
import lib.server.DropStatements;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Count;
import lib.talk.Sql;

/**
 * What has a name on an empty target that is about to be created: members of extensions, and objects that nobody owns.
 * What the source has as a member of an extension is not created, so that it is no matter here.
 */
final class NameConflicts {
    private static final long PG_TYPE = 1247;
    private static final long PG_CLASS = 1259;

    private record Address(long catalog, long oid) {
    }

    /** Relations and types share their names. */
    private record Name(long catalog, String identity) {
        static Name of(OwnedObjects.Owned object) {
            return new Name(object.catalog() == PG_CLASS ? PG_TYPE : object.catalog(), object.identity());
        }

        /** In place of a record's own: the machinery behind that takes Java longer to set up than the whole check. */
        @Override
        public boolean equals(Object other) {
            return other instanceof Name name && catalog == name.catalog && identity.equals(name.identity);
        }

        @Override
        public int hashCode() {
            return identity.hashCode();
        }
    }

    private NameConflicts() {
    }

    /**
     * Looks for the names of a dump.
     *
     * @param objects that are about to be created
     * @param staying whether something that is there now will be there then
     * @return a stop that names what has them already, if anything
     */
    static List<Finding> check(Collection<OwnedObjects.Owned> objects, Session to,
            Predicate<UnrelatedObject> staying) {
        return stop(to, found(objects, to, staying));
    }

    /** Checks the names of the objects that are wanted of a source. */
    static List<Finding> check(Collection<OwnedObjects.Owned> objects, Session from, Selection selection,
            Session to, Predicate<UnrelatedObject> staying) {
        List<OwnedObjects.Owned> ownerless = selection.selective() ? List.of() : UnownedObjects.list(from);
        List<UnrelatedObject> found = found(Stream.concat(objects.stream(), ownerless.stream()).toList(), to, staying);
        if (!found.isEmpty() && selection.selective()) {
            Set<Name> wanted = wanted(objects, from, selection);
            found = found.stream().filter(stranger -> wanted.contains(Name.of(stranger.object()))).toList();
        }
        return stop(to, found);
    }

    private static List<UnrelatedObject> found(Collection<OwnedObjects.Owned> objects, Session to,
            Predicate<UnrelatedObject> staying) {
        Set<Name> names = objects.stream().map(Name::of).collect(Collectors.toCollection(HashSet::new));
        String schemas = objects.stream().map(OwnedObjects.Owned::schema).filter(Objects::nonNull).distinct()
                .map(Sql::literal).collect(Collectors.joining(", "));
        // An extension may have thousands; those in other schemas cannot have these names. A schema stands in none.
        Stream<UnrelatedObject> members = AddedMembers
                .members(to, "(i.schema IS NULL OR i.schema = ANY (ARRAY[" + schemas + "]::pg_catalog.text[]))")
                .stream();
        Stream<UnrelatedObject> others = objects.stream().noneMatch(object -> object.owner() == null) ? Stream.of()
                : UnownedObjects.list(to).stream().map(UnrelatedObject::of);
        return Stream.concat(members, others).filter(staying)
                .filter(stranger -> names.contains(Name.of(stranger.object()))).toList();
    }

    private static Set<Name> wanted(Collection<OwnedObjects.Owned> objects, Session from, Selection selection) {
        Set<Address> wanted = new HashSet<>(from.list("listing what is wanted",
                "SELECT c.tableoid, c.oid FROM pg_catalog.pg_class c"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE "
                        + selection.relation("c", "n"),
                row -> new Address(row.getLong(1), row.getLong(2))));
        Set<String> schemas =
                selection.tablesOnly() ? Set.of() : Set.copyOf(from.texts("listing the schemas",
                        "SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE " + selection.namespace("n")));
        return objects.stream()
                .filter(object -> object.catalog() == PG_CLASS
                        ? wanted.contains(new Address(object.catalog(), object.oid()))
                        : schemas.contains(object.schema()))
                .map(Name::of).collect(Collectors.toSet());
    }

    private static List<Finding> stop(Session to, List<UnrelatedObject> found) {
        if (found.isEmpty()) {
            return List.of();
        }
        DropStatements drops = DropStatements.of(to, found.stream().map(UnrelatedObject::toDrop).toList());
        return List.of(Finding.stop("target",
                "rename them on the source, or drop them on the target" + drops.taking() + ": " + drops.sql(),
                "the target has objects with names that are to be created: %s", Count.some(found)));
    }
}
