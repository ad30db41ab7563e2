//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.Comparator;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Archive;

/**
 * Which entries of the archive are carried. Extensions are created by a step of their own; only the owner of an
 * extension or a schema may comment on it; what is left out leaves its comments and privileges behind, too.
 */
final class CarriedEntries implements Predicate<Archive.Entry> {
    private final Contents contents;
    private final Set<String> created;
    private final Set<String> others;
    private final Set<Archive.Address> leftOut;
    private final Set<String> shells;

    /**
     * @param created the extensions that the target's user may comment on
     * @param others the schemas that the target's user may not comment on
     */
    CarriedEntries(Contents contents, LeftBehind leftBehind, Set<String> created, Set<String> others) {
        this.contents = contents;
        this.created = created;
        this.others = others;
        leftOut = leftBehind.all().stream().filter(item -> item.oid() != 0)
                .map(item -> new Archive.Address(item.catalog(), item.oid())).collect(Collectors.toSet());
        // The shell of a base type has no address and precedes it.
        shells = leftBehind.all().stream().filter(item -> item.kind().equals("types"))
                .map(item -> " " + item.name().replaceFirst("^[^.(]*\\.", "") + " ").collect(Collectors.toSet());
    }

    @Override
    public boolean test(Archive.Entry entry) {
        return !isMadeAnew(entry) && !(entry.concerns("EXTENSION") && !isCommentOn(created, entry))
                && !isOnSchema(others, entry)
                && !leftOut.contains(entry.subject())
                && !(entry.kind().equals("SHELL TYPE") && shells.stream().anyMatch(entry.tag()::contains));
    }

    /** What TimescaleDB manages of its own, and makes by itself where a hypertable is made. */
    private boolean isMadeAnew(Archive.Entry entry) {
        return contents.rebuild() != null && (contents.rebuild().isOwn(entry.catalog(), entry.oid())
                || contents.rebuild().isOwn(entry.subject().catalog(), entry.subject().oid()));
    }

    private static boolean isCommentOn(Set<String> created, Archive.Entry entry) {
        return entry.kind().equals("COMMENT") && created.contains(entry.tag().replaceFirst("^- EXTENSION ", "").trim());
    }

    /** The name is followed by the owner, and either may contain a space. */
    private boolean isOnSchema(Set<String> names, Archive.Entry entry) {
        return !names.isEmpty() && entry.kind().equals("COMMENT") && entry.concerns("SCHEMA")
                && Stream.concat(names.stream(), contents.schemas().stream().map(Inventory.Relation::name))
                        .filter(name -> entry.tag().startsWith("- SCHEMA " + name + " "))
                        .max(Comparator.comparing(String::length)).filter(names::contains).isPresent();
    }
}
