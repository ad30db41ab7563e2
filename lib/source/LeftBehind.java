//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.Dependents;
import lib.catalog.OwnedObjects;
import lib.catalog.ReservedSchemas;
import lib.catalog.Selection;
import lib.catalog.SelfReferences;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Count;
import lib.talk.Sql;

/**
 * What the source holds and a migration cannot carry, each with its reason; the operator may accept that with
 * {@code --leave-out}, by the class or by the name.
 */
public final class LeftBehind {
    /**
     * @param kind the class, as {@code --leave-out} takes it, such as {@code subscriptions}
     * @param catalog with {@code oid} the address of an object that a schema dump holds; 0 for what it does not hold
     */
    public record Item(String kind, String name, String reason, long catalog, long oid) {
    }

    public static final String SERVER = "server-settings";
    /** The classes that a superuser of the target can carry. */
    private static final Set<String> SUPERUSERS = Set.of("event-triggers", "publications", "functions", "types",
            "casts", "languages", "access-methods", "transforms",
            "text-search-parsers", "text-search-templates", "operator-classes", "operator-families",
            "foreign-data-wrappers");
    private static final long PG_CLASS = 1259;
    /** Up to this number, objects of one class with one remedy are reported one by one. */
    private static final int MANY = 5;
    private final List<Item> items;

    private LeftBehind(List<Item> items) {
        this.items = items;
    }

    /** @param items what was found earlier, such as a dump's manifest names it */
    public static LeftBehind of(List<Item> items) {
        return new LeftBehind(List.copyOf(items));
    }

    /**
     * Looks for all such things on the source.
     *
     * @param superuser whether the target's user is one
     */
    public static LeftBehind find(Session source, Server server, boolean superuser, Selection selection) {
        return new LeftBehind(source.list("looking for what cannot be carried",
                LeftBehindQuery.of(source, server, superuser, selection),
                row -> new Item(row.getString(1), row.getString(2), row.getString(3), row.getLong(4),
                        row.getLong(5))));
    }

    /**
     * @param command the command that takes {@code --leave-out}
     * @param accepted classes and names that the operator accepts to lose
     * @return a stop for each thing that is not accepted, a warning for each that is
     */
    public List<Finding> check(String command, Collection<String> accepted) {
        List<Finding> findings = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        Function<Item, List<Object>> key =
                item -> List.of(item.kind, item.reason, remedy(item), accepted.contains(item.name));
        Map<List<Object>, Set<String>> groups = items.stream().collect(Collectors.groupingBy(key,
                Collectors.mapping(Item::name, Collectors.toCollection(LinkedHashSet::new))));
        for (Item item : items) {
            Set<String> names = groups.get(key.apply(item));
            String named = names.size() > MANY ? String.join(", ", names) : item.name;
            if (!seen.add(item.kind.equals(SERVER) ? SERVER : item.kind + " " + named)) {
                // It, or the object that it is a part of, has been named.
            } else if (item.kind.equals(SERVER)) {
                // They are never part of a dump, so they do not stop a migration.
                findings.add(Finding.warning("left out", null, "%s: %s: %s", SERVER,
                        items.stream().filter(other -> other.kind.equals(SERVER)).map(Item::name).distinct()
                                .collect(Collectors.joining(", ")),
                        item.reason));
            } else if (accepted.contains(item.kind) || accepted.contains(item.name)) {
                findings.add(Finding.warning("left out", null, "%s: %s: %s", item.kind, named, item.reason));
            } else {
                findings.add(Finding.stop("cannot be carried", remedy(item) + command + " --leave-out " + item.kind,
                        "%s: %s: %s", item.kind,
                        named, item.reason));
            }
        }
        return findings;
    }

    private static String remedy(Item item) {
        return switch (item.kind) {
            case "prepared-transactions" -> "COMMIT PREPARED %1$s; or ROLLBACK PREPARED %1$s; on the source, or "
                    .formatted(Sql.literal(item.name));
            case SelfReferences.KIND ->
                "DROP " + (item.name.endsWith(")") ? "FUNCTION " : "VIEW ") + item.name + "; on the source, or ";
            case ReservedSchemas.KIND -> ReservedSchemas.remedy(item.name, item.reason) + ", or ";
            default -> "";
        };
    }

    /** @return these things and more */
    public LeftBehind and(List<Item> more) {
        List<Item> all = new ArrayList<>(items);
        all.addAll(more);
        return new LeftBehind(List.copyOf(all));
    }

    /**
     * Checks that nothing that is carried depends on what stays behind.
     *
     * @param source a session on the source
     * @return a stop that names what cannot, if anything
     */
    public List<Finding> needed(Session source, Collection<String> accepted, Selection selection) {
        List<Item> leftOut = items.stream()
                .filter(item -> accepted.contains(item.kind) || accepted.contains(item.name)).toList();
        List<Archive.Address> objects = new ArrayList<>(ReservedSchemas.contents(source,
                leftOut.stream().filter(item -> item.kind.equals(ReservedSchemas.KIND)).map(Item::name).toList()));
        leftOut.stream().filter(item -> item.oid != 0)
                .forEach(item -> objects.add(new Archive.Address(item.catalog, item.oid)));
        List<Dependents.User> users = Dependents.of(source, objects, selection);
        return users.isEmpty() ? List.of() : List.of(Finding.stop("cannot be carried", rescue(leftOut, users),
                "what is left out is needed by %s", Count.some(Dependents.descriptions(users), Dependents.NAMED)));
    }

    /** The first and the last of these need no superuser. */
    private static String rescue(List<Item> leftOut, List<Dependents.User> users) {
        List<String> ways = new ArrayList<>();
        if (leftOut.stream().anyMatch(item -> SUPERUSERS.contains(item.kind))) {
            ways.add("move as a superuser of the target");
        }
        leftOut.stream().filter(item -> item.kind.equals(ReservedSchemas.KIND))
                .map(item -> ReservedSchemas.remedy(item.name, item.reason)).distinct().forEach(ways::add);
        ways.add("drop on the source what needs it");
        return Dependents.excluding(users) + String.join(", or ", ways);
    }

    /** @return the identifiers of the relations that a schema dump holds and that stay behind */
    public Set<Long> relations() {
        return objects(PG_CLASS);
    }

    /** @return the identifiers of the objects of one system catalog that a schema dump holds and that stay behind */
    public Set<Long> objects(long catalog) {
        Set<Long> objects = new HashSet<>();
        items.stream().filter(item -> item.oid != 0 && item.catalog == catalog)
                .forEach(item -> objects.add(item.oid));
        return objects;
    }

    /** @return those of the source's objects that do not stay behind */
    public List<OwnedObjects.Owned> without(List<OwnedObjects.Owned> objects) {
        Set<Archive.Address> staying =
                items.stream().map(item -> new Archive.Address(item.catalog, item.oid)).collect(Collectors.toSet());
        return objects.stream().filter(object -> !staying.contains(new Archive.Address(object.catalog(), object.oid())))
                .toList();
    }

    /** @return the names of all that was found */
    public Set<String> names() {
        return items.stream().map(Item::name).collect(Collectors.toSet());
    }

    /** @return everything that was found */
    public List<Item> all() {
        return items;
    }
}
