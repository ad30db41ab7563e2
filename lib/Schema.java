//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Archive.java Contents.java Failure.java Inventory.java Jobs.java Refusal.java Rows.java Uncarried.java
package lib;

import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;

/** Which entries of the archive are restored, and when. */
public final class Schema {
    private static final long PG_NAMESPACE = 2615;

    /** Entries after the rows that take no time and may lock several tables. */
    private static final Set<String> QUICK = Set.of("TRIGGER", "POLICY", "ROW SECURITY", "PUBLICATION", "PUBLICATION TABLE",
            "PUBLICATION TABLES IN SCHEMA");

    private static final String JOBS = "bgw_job";

    private final Archive archive;
    private final Contents contents;
    private final Connection target;
    private final List<String> options;
    private final Set<Archive.Address> waiting;
    private final Predicate<Archive.Entry> ours;

    /**
     * @param uncarried what stays behind
     * @param created the extensions that this run creates; others keep their comments, unless their owner is connected
     * @param target a session on the target
     */
    public Schema(Archive archive, Contents contents, Uncarried uncarried, Collection<String> created, Connection target) {
        this.archive = archive;
        this.contents = contents;
        this.target = target;
        options = Inventory.missing(contents.tablespaces(), target).isEmpty() ? List.of() : List.of("--no-tablespaces");
        waiting = Set.copyOf(contents.waiting());
        Set<String> commented = new HashSet<>(created);
        commented.addAll(Rows.texts(target, "target", "listing the extensions",
                "SELECT extname FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' AND pg_catalog.pg_has_role(extowner, 'USAGE')"));
        ours = ours(uncarried, commented);
    }

    /** Restores what stands before the rows: types, functions, tables without indexes and constraints. */
    public void preData() {
        Set<String> existing = new HashSet<>(Rows.texts(target, "target", "listing the schemas", "SELECT nspname FROM pg_catalog.pg_namespace"));
        archive.restore("pre-data", 1, options, ours.and(makes(existing)));
    }

    /**
     * @param existing the schemas that are there before the archive is restored
     * @return what of {@link #carried} is made
     */
    Predicate<Archive.Entry> makes(Set<String> existing) {
        Set<Long> present = contents.schemas().stream().filter(schema -> existing.contains(schema.name())).map(Inventory.Relation::oid)
                .collect(Collectors.toSet());
        return entry -> !entry.kind().equals("COMMENT") && !(entry.catalog() == PG_NAMESPACE && present.contains(entry.oid()));
    }

    /** Restores the rows of TimescaleDB's catalog, one table after another. */
    public void catalogRows(Jobs jobs) {
        Predicate<Archive.Entry> catalog = ours.and(this::isCatalog);
        Predicate<Archive.Entry> ofJobs = entry -> entry.tag().contains(" " + JOBS + " ");
        archive.restore("data", 1, options, catalog.and(ofJobs.negate()));
        Jobs.Copied copied = jobs.rows(archive.text(catalog.and(ofJobs)));
        try {
            target.unwrap(PGConnection.class).getCopyAPI().copyIn(copied.statement(), new StringReader(copied.rows()));
        } catch (SQLException | IOException e) {
            throw Failure.step("the jobs of TimescaleDB could not be loaded: %s", e.getMessage()).because(e);
        }
    }

    private boolean isCatalog(Archive.Entry entry) {
        return entry.kind().equals("TABLE DATA") && contents.catalog().contains(entry.oid());
    }

    /** Restores the rows of a whole dump, its large objects and the values of its sequences, but for the tables that come late. */
    public void rows(int jobs) {
        archive.restore("data", jobs, options,
                ours.and(entry -> !comesLate(entry) && !isCatalog(entry) && !entry.kind().equals("COMMENT")));
    }

    /** Restores the rows of the tables that come late. */
    public void lateRows(int jobs) {
        archive.restore("data", jobs, options, ours.and(this::comesLate));
    }

    /** @return whether the values of some tables can name what post-data makes */
    public boolean hasLateTables() {
        return !contents.late().isEmpty();
    }

    private boolean comesLate(Archive.Entry entry) {
        return entry.kind().equals("TABLE DATA") && contents.late().contains(entry.oid());
    }

    /**
     * Restores what stands after the rows, but for what would fire on rows that are yet to come or refuse them. Sessions that work on
     * a partitioned table and on its partitions at once deadlock, which pg_restore's own order does not rule out; so only what takes long
     * is done in parallel, and what touches whole partition trees one after another.
     */
    public void postData(int jobs) {
        Set<Archive.Address> partitioned = Set.copyOf(contents.partitioned());
        Predicate<Archive.Entry> wanted = ours.and(entry -> !waits(entry) && !entry.kind().equals("COMMENT") && !entry.kind().equals("EVENT TRIGGER")
                && !entry.kind().equals("MATERIALIZED VIEW DATA"));
        // The index or constraint of a partitioned table is made out of those of its partitions; that reads no row.
        Predicate<Archive.Entry> trees = entry -> entry.kind().equals("INDEX ATTACH") || partitioned.contains(entry.address());
        Predicate<Archive.Entry> foreignKeys = entry -> entry.kind().equals("FK CONSTRAINT");
        Predicate<Archive.Entry> quick = entry -> QUICK.contains(entry.kind());
        archive.restore("post-data", jobs, options, wanted.and(trees.or(foreignKeys).or(quick).negate()));
        archive.restore("post-data", 1, options, wanted.and(trees));
        archive.restore("post-data", jobs, options, wanted.and(foreignKeys));
        archive.restore("post-data", 1, options, wanted.and(quick));
    }

    /** Restores the foreign keys, triggers and policies that waited. */
    public void latePostData() {
        archive.restore("post-data", 1, options, ours.and(this::waits));
    }

    /** Restores the event triggers, which would fire on everything that follows. */
    public void eventTriggers() {
        archive.restore("post-data", 1, List.of(), ours.and(entry -> entry.kind().equals("EVENT TRIGGER")));
        archive.comment(ours.and(entry -> entry.concerns("EVENT TRIGGER")));
    }

    /**
     * Grants what the archive grants.
     *
     * @param words changes the statements for a user who is no superuser
     * @return what the target refused
     */
    public List<Refusal> grants(UnaryOperator<String> words) {
        return archive.grant(ours, words);
    }

    /** Restores the comments on all that is there by then. */
    public void comments() {
        archive.comment(ours.and(entry -> !entry.concerns("EVENT TRIGGER")));
    }

    /** @return what does not stay behind and is not created by a step of its own */
    Predicate<Archive.Entry> carried() {
        return ours;
    }

    /** @return what pg_restore is told in each section */
    List<String> options() {
        return options;
    }

    /** @return whether an entry of post-data must wait for the tables that come late */
    boolean waits(Archive.Entry entry) {
        return waiting.contains(entry.address());
    }

    /** Extensions are created by their own step, and only their owner may comment on them; things left out have comments and privileges too. */
    private static Predicate<Archive.Entry> ours(Uncarried uncarried, Set<String> created) {
        Set<Archive.Address> leftOut = uncarried.all().stream().filter(thing -> thing.oid() != 0)
                .map(thing -> new Archive.Address(thing.catalog(), thing.oid())).collect(Collectors.toSet());
        // The shell of a base type has no address, and stands before it.
        Set<String> shells = uncarried.all().stream().filter(thing -> thing.kind().equals("types"))
                .map(thing -> " " + thing.name().replaceFirst("^[^.(]*\\.", "") + " ").collect(Collectors.toSet());
        return entry -> !(entry.concerns("EXTENSION") && !isCommentOn(created, entry)) && !leftOut.contains(entry.subject())
                && !(entry.kind().equals("SHELL TYPE") && shells.stream().anyMatch(entry.tag()::contains));
    }

    private static boolean isCommentOn(Set<String> created, Archive.Entry entry) {
        return entry.kind().equals("COMMENT") && created.contains(entry.tag().replaceFirst("^- EXTENSION ", "").trim());
    }
}
