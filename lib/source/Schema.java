//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.EntrySql;
import lib.server.Membership;
import lib.server.Session;
import lib.talk.Failure;
import lib.tools.RefusedStatement;

/** Which entries of the archive are restored in which step. */
public final class Schema {
    private static final long PG_NAMESPACE = 2615;

    /** What is not the schema, or is made by a step of its own. */
    private static final Set<String> OTHERS = Set.of("COMMENT", "ACL", "DEFAULT ACL", "TABLE DATA", "SEQUENCE SET",
            "EVENT TRIGGER", "MATERIALIZED VIEW DATA",
            "STATISTICS DATA");

    private final Archive archive;
    private final Contents contents;
    private final Session target;
    private final List<String> options;
    private final Set<Archive.Address> waiting;
    private final Set<Archive.Address> afterRestoringMode;
    private final Set<Archive.Address> onHypertables;
    /** What needs these, by the identifiers of the archive. */
    private final Set<Integer> following = new HashSet<>();
    private final Predicate<Archive.Entry> ours;
    private Set<Archive.Entry> postDataAddresses = Set.of();

    /**
     * @param leftBehind what stays behind
     * @param created the extensions that this run creates; others keep their comments, unless their owner is connected
     * @param target a session on the target
     */
    public Schema(Archive archive, Contents contents, LeftBehind leftBehind, Collection<String> created,
            Session target) {
        this.archive = archive;
        this.contents = contents;
        this.target = target;
        options =
                Tablespaces.missing(contents.tablespaces(), target).isEmpty() ? List.of() : List.of("--no-tablespaces");
        waiting = Set.copyOf(contents.waiting());
        afterRestoringMode = contents.afterRestoringMode();
        onHypertables = contents.onHypertables();
        Set<String> commented = new HashSet<>(created);
        commented.addAll(target.texts("listing the extensions",
                "SELECT extname FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' AND "
                        + Membership.hasRightsOf("extowner")));
        Set<String> others = Set.copyOf(target.texts("listing the schemas of others",
                "SELECT nspname FROM pg_catalog.pg_namespace WHERE NOT " + Membership.hasRightsOf("nspowner")));
        ours = new CarriedEntries(contents, leftBehind, commented, others);
    }

    /**
     * @param made the schemas of the target that an interrupted run has made out of the archive
     * @return what is created before the rows: types, functions, tables without indexes and constraints
     */
    public List<EntrySql> preData(Set<String> made) {
        Set<String> existing = new HashSet<>(
                target.texts("listing the schemas", "SELECT nspname FROM pg_catalog.pg_namespace"));
        existing.removeAll(made);
        List<Archive.Entry> created =
                archive.entries().stream().filter(ours.and(isCreated(existing)).and(Schema::isSchema)).toList();
        List<EntrySql> before = EntrySql.of(archive, with("--section=pre-data"), Set.copyOf(created)::contains);
        postDataAddresses = new HashSet<>(created);
        before.forEach(part -> postDataAddresses.remove(part.entry()));
        return before;
    }

    /**
     * @return what is created after the rows; call {@link #preData} before
     * @throws Failure when pg_restore has not written all that there is in a way that is known here
     */
    public List<EntrySql> postData() {
        Set<Archive.Entry> others = new HashSet<>(postDataAddresses);
        List<EntrySql> after = EntrySql.of(archive, with("--section=post-data"), others::contains);
        after.forEach(part -> others.remove(part.entry()));
        if (!others.isEmpty()) {
            throw Failure.of("the script of pg_restore lacks %d of the archive's entries, such as: %s", others.size(),
                    others.iterator().next().line());
        }
        after.stream()
                .filter(part -> needsHypertables(part.entry()) || part.needs().stream().anyMatch(following::contains))
                .forEach(part -> following.add(part.entry().id()));
        return after;
    }

    /** @return what {@link #postData} will make, by its address */
    public Set<Archive.Address> postDataAddresses() {
        return postDataAddresses.stream().map(Archive.Entry::address).collect(Collectors.toSet());
    }

    /** @return whether the archive is a whole dump with large objects */
    public boolean hasLargeObjects() {
        return archive.entries().stream().anyMatch(ours.and(Schema::isLargeObject));
    }

    /** Creates the large objects of a whole dump, which are as many as the rows of a table. */
    public void largeObjects() {
        archive.restore("pre-data", 1, options, ours.and(Schema::isLargeObject));
    }

    private static boolean isLargeObject(Archive.Entry entry) {
        return entry.kind().startsWith("BLOB");
    }

    private List<String> with(String option) {
        List<String> arguments = new ArrayList<>(options);
        arguments.add(option);
        return arguments;
    }

    /** Event triggers would fire on everything that follows, so they are created last. */
    private static boolean isSchema(Archive.Entry entry) {
        return !OTHERS.contains(entry.kind()) && !isLargeObject(entry);
    }

    /**
     * @param existing the schemas that are there before the archive is restored
     * @return what of {@link #carried} is made
     */
    public Predicate<Archive.Entry> isCreated(Set<String> existing) {
        Set<Long> present = contents.schemas().stream().filter(schema -> existing.contains(schema.name()))
                .map(Inventory.Relation::oid)
                .collect(Collectors.toSet());
        return entry -> !entry.kind().equals("COMMENT")
                && !(entry.catalog() == PG_NAMESPACE && present.contains(entry.oid()));
    }

    /** @return the rows in the archive, to be restored where it is a whole dump */
    public ArchiveRows rows() {
        return new ArchiveRows(archive, contents, target, options, ours);
    }

    /** @return the archive itself */
    public Archive archive() {
        return archive;
    }

    /** @return the event triggers and the comments on them */
    public List<EntrySql> eventTriggers() {
        return EntrySql.of(archive, with("--no-privileges"),
                ours.and(entry -> entry.concerns("EVENT TRIGGER") && !entry.kind().equals("ACL")));
    }

    /**
     * Grants what the archive grants.
     *
     * @param rewrite changes the statements for a user who is not a superuser
     * @return what the target refused
     */
    public List<RefusedStatement> grants(UnaryOperator<String> rewrite) {
        return archive.grant(ours, rewrite);
    }

    /** @return the comments on everything that exists by then */
    public List<EntrySql> comments() {
        return comments(entry -> !entry.concerns("EVENT TRIGGER") && !entry.concerns("LARGE OBJECT")
                && !needsHypertables(entry));
    }

    /** @return those on what {@link #needsHypertables} */
    public List<EntrySql> commentsAfterRestoringMode() {
        return comments(this::needsHypertables);
    }

    private List<EntrySql> comments(Predicate<Archive.Entry> which) {
        return EntrySql.of(archive, with("--no-privileges"),
                ours.and(entry -> entry.kind().equals("COMMENT") && which.test(entry)));
    }

    /**
     * @return whether an entry of post-data, or what a comment is on, can only be made when restoring mode of
     * TimescaleDB is off; complete once {@link #postData} is known
     */
    public boolean needsHypertables(Archive.Entry entry) {
        return !entry.kind().equals("TABLE DATA")
                && (afterRestoringMode.contains(entry.subject()) || following.contains(entry.id()));
    }

    /**
     * @return whether such an entry stands on a hypertable or a chunk, so that the mode is turned on once more for it
     */
    public boolean onHypertables(Archive.Entry entry) {
        return !entry.kind().equals("TABLE DATA") && onHypertables.contains(entry.subject());
    }

    /** Gives the comments on large objects. */
    public void largeObjectComments() {
        archive.comment(ours.and(entry -> entry.concerns("LARGE OBJECT")));
    }

    /** @return the indexes and constraints of partitioned tables */
    public Set<Archive.Address> partitioned() {
        return Set.copyOf(contents.partitioned());
    }

    /** @return the entries that are carried and not created by a step of their own */
    public Predicate<Archive.Entry> carried() {
        return ours;
    }

    /** @return the options of pg_restore for each section */
    public List<String> options() {
        return options;
    }

    /** @return whether an entry of post-data must wait for the deferred tables */
    public boolean waitsForDeferred(Archive.Entry entry) {
        return waiting.contains(entry.address());
    }
}
