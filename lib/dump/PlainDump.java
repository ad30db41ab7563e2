//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Extensions;
import lib.catalog.OwnedObjects;
import lib.server.Finding;
import lib.server.JournalTables;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.source.Contents;
import lib.source.Inventory;
import lib.source.LeftBehind;
import lib.source.PathNeeds;
import lib.source.Tablespaces;
import lib.timescale.Timescale;
import lib.timescale.TimescaleExtension;

/**
 * Whether a target can take a plain dump as it is: psql runs all of it or fails, and nothing of it can be left out or
 * put off.
 */
public final class PlainDump {
    /** The schemas that no script makes. */
    private static final Set<String> STANDARD = Set.of("public", "pg_catalog");

    private final Contents contents;
    private final boolean noOwner;
    private final Collection<String> leaveOut;

    /**
     * @param noOwner whether the dump is one without owners
     * @param leaveOut classes and names of what may stay behind
     */
    public PlainDump(Contents contents, boolean noOwner, Collection<String> leaveOut) {
        this.contents = contents;
        this.noOwner = noOwner;
        this.leaveOut = leaveOut;
    }

    /** @return a finding for each thing that stands in the way, or may */
    public List<Finding> check(LeftBehind leftBehind, PathNeeds needs, Extensions extensions, TargetDatabase target) {
        List<Finding> findings = LoaderLimits.check(contents, needs, LoaderLimits.PSQL);
        // A publication is in there once more for each of its parts.
        leftBehind.all().stream().filter(item -> item.oid() != 0).map(item -> item.kind() + " " + item.name())
                .distinct()
                .forEach(item -> findings.add(stop("%s cannot be left out of a plain dump", item)));
        extensions.all().stream().filter(extension -> leaveOut.contains(extension.name()))
                .forEach(extension -> findings.add(stop(
                        "extension %s cannot be left out of a plain dump", extension.name())));
        early(contents).forEach(text -> findings.add(stop("%s", text)));
        Server server = target.server();
        try (Session to = server.session()) {
            Tablespaces.missing(contents.tablespaces(), to)
                    .forEach(name -> findings.add(stop("a plain dump needs tablespace \"%s\" on the target", name)));
            if (!target.missing()) {
                findings.addAll(schemas(to));
            }
            if (!server.facts().superuser()) {
                findings.addAll(owners(server.facts().user()));
                findings.addAll(comments(to, extensions.all()));
            }
            extensionsBefore(to, extensions.all()).stream()
                    .filter(extension -> !extension.ownSchema() && !STANDARD.contains(extension.schema()))
                    .forEach(extension -> findings.add(stop(
                            "a plain dump creates extension %s in the target's default version, which is not "
                                    + "%s",
                            extension.name(),
                            extension.chosen())));
        }
        return findings;
    }

    /** @return what the script of a plain dump does before its time with TimescaleDB, each in words */
    static List<String> early(Contents contents) {
        if (contents.timescale() == null) {
            return List.of();
        }
        return Stream
                .concat(contents.timescale().keys().stream()
                        .map(key -> "a plain dump checks foreign key " + key.identity()
                                + " in restoring mode, where the hypertable that it references has no rows"),
                        contents.timescale().reading().stream()
                                .filter(reader -> reader.reads() != Timescale.Reads.STATISTICS)
                                .map(reader -> "a plain dump computes " + reader.identity()
                                        + " in restoring mode, where hypertables, which it may read, have no rows"))
                .toList();
    }

    /** @return what only another format can do */
    static Finding stop(String format, Object... values) {
        return Finding.stop("plain dump", "use --format directory for the dump", format, values);
    }

    /** Extensions that were created before may have made some; those of a failed run go before the dump is loaded. */
    private List<Finding> schemas(Session to) {
        List<String> there = to.texts("listing the schemas", "SELECT n.nspname FROM pg_catalog.pg_namespace n"
                + (JournalTables.exist(to) ? " WHERE NOT EXISTS (SELECT FROM " + JournalTables.MADE.sql()
                        + " m WHERE m.catalog = n.tableoid AND m.object = n.oid)" : ""));
        // Those of extensions come with them.
        Set<Long> made = contents.objects().stream().filter(object -> object.kind().equals("SCHEMA"))
                .map(OwnedObjects.Owned::oid)
                .collect(Collectors.toSet());
        return contents.tablesOnly() ? List.of() : contents.schemas().stream()
                .filter(schema -> made.contains(schema.oid())).map(Inventory.Relation::name)
                .filter(name -> !STANDARD.contains(name) && there.contains(name))
                .map(name -> stop("a plain dump creates schema \"%s\", which exists on the target", name)).toList();
    }

    /** Objects are given away while their schema does not let the owner in yet. */
    private List<Finding> owners(String user) {
        TreeSet<String> others =
                contents.objects().stream().map(OwnedObjects.Owned::owner).filter(owner -> !owner.equals(user))
                        .collect(Collectors.toCollection(TreeSet::new));
        return noOwner || others.isEmpty() ? List.of()
                : List.of(Finding.stop("plain dump", "use --format directory or --no-owner for the dump",
                        "only a superuser can restore a plain dump with objects of other owners (%s), and \"%s\" is "
                                + "not one",
                        String.join(", ", others), user));
    }

    /** Only its owner may comment on an extension, which a plain dump does for each. */
    private static List<Finding> comments(Session to, List<Extensions.Extension> extensions) {
        List<String> others = to.texts("listing the extensions of others",
                "SELECT extname FROM pg_catalog.pg_extension WHERE NOT "
                        + Membership.hasRightsOf("extowner"));
        return extensions.stream()
                .filter(extension -> extension.installed() != null && others.contains(extension.name()))
                .map(extension -> stop(
                        "a plain dump comments on extension %s, which belongs to somebody else on the target",
                        extension.name()))
                .toList();
    }

    /**
     * The script creates extensions in the target's default version, and in schemas that it makes itself.
     *
     * @return the extensions that must be there before, because another version is wanted, or another owner
     */
    public static List<Extensions.Extension> extensionsBefore(Session to, List<Extensions.Extension> extensions) {
        List<String> standard = to.texts("listing the default versions of extensions",
                "SELECT name || ' ' || default_version FROM pg_catalog.pg_available_extensions");
        return extensions.stream().filter(extension -> extension.installed() == null && extension.chosen() != null
        // Restoring mode is a function of it, and begins before the script.
                && (extension.name().equals(TimescaleExtension.NAME) || !extension.before().isEmpty()
                        || !standard.contains(extension.name() + " " + extension.chosen())))
                .toList();
    }
}
