//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Archive;
import lib.catalog.EntrySql;
import lib.code.LoadOrder;
import lib.server.Rows;
import lib.talk.Cleanup;
import lib.talk.Failure;
import lib.talk.Sql;
import lib.timescale.Jobs;
import lib.tools.RefusedStatement;
import org.postgresql.PGConnection;

/** Which entries of the archive are restored, and when. */
public final class Schema {
    private static final long PG_NAMESPACE = 2615;

    private static final String JOBS = "bgw_job";

    /** What is not the schema, or is made by a step of its own. */
    private static final Set<String> OTHERS = Set.of("COMMENT", "ACL", "DEFAULT ACL", "TABLE DATA", "SEQUENCE SET",
            "EVENT TRIGGER", "MATERIALIZED VIEW DATA",
            "STATISTICS DATA");

    private final Archive archive;
    private final Contents contents;
    private final Connection target;
    private final List<String> options;
    private final Set<Archive.Address> waiting;
    private final Set<Archive.Address> afterRestoringMode;
    private final Set<Archive.Address> onHypertables;
    /** What needs these, by the identifiers of the archive. */
    private final Set<Integer> following = new HashSet<>();
    private final Predicate<Archive.Entry> ours;
    private Set<Archive.Entry> later = Set.of();

    /**
     * @param uncarried what stays behind
     * @param created the extensions that this run creates; others keep their comments, unless their owner is connected
     * @param target a session on the target
     */
    public Schema(Archive archive, Contents contents, LeftBehind uncarried, Collection<String> created,
            Connection target) {
        this.archive = archive;
        this.contents = contents;
        this.target = target;
        options = Inventory.missing(contents.tablespaces(), target).isEmpty() ? List.of() : List.of("--no-tablespaces");
        waiting = Set.copyOf(contents.waiting());
        afterRestoringMode = contents.afterRestoringMode();
        onHypertables = contents.onHypertables();
        Set<String> commented = new HashSet<>(created);
        commented.addAll(Rows.texts(target, "target", "listing the extensions",
                "SELECT extname FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' AND "
                        + "pg_catalog.pg_has_role(extowner, 'USAGE')"));
        Set<String> others = Set.copyOf(Rows.texts(target, "target", "listing the schemas of others",
                "SELECT nspname FROM pg_catalog.pg_namespace WHERE NOT pg_catalog.pg_has_role(nspowner, 'USAGE')"));
        ours = ours(uncarried, commented, others);
    }

    /** @return what stands before the rows: types, functions, tables without indexes and constraints */
    public List<EntrySql> preData() {
        Set<String> existing = new HashSet<>(
                Rows.texts(target, "target", "listing the schemas", "SELECT nspname FROM pg_catalog.pg_namespace"));
        List<Archive.Entry> made =
                archive.entries().stream().filter(ours.and(makes(existing)).and(Schema::isSchema)).toList();
        List<EntrySql> before = EntrySql.of(archive, with("--section=pre-data"), Set.copyOf(made)::contains);
        later = new HashSet<>(made);
        before.forEach(part -> later.remove(part.entry()));
        return before;
    }

    /**
     * @return what stands after the rows; known once {@link #preData} is
     * @throws Failure step, when pg_restore has not written all that there is in a way that is known here
     */
    public List<EntrySql> postData() {
        Set<Archive.Entry> others = new HashSet<>(later);
        List<EntrySql> after = EntrySql.of(archive, with("--section=post-data"), others::contains);
        after.forEach(part -> others.remove(part.entry()));
        if (!others.isEmpty()) {
            throw Failure.step("the script of pg_restore lacks %d of the archive's entries, such as: %s", others.size(),
                    others.iterator().next().line());
        }
        after.stream()
                .filter(part -> needsHypertables(part.entry()) || part.needs().stream().anyMatch(following::contains))
                .forEach(part -> following.add(part.entry().id()));
        return after;
    }

    /** @return what {@link #postData} will make, by its address */
    public Set<Archive.Address> later() {
        return later.stream().map(Archive.Entry::address).collect(Collectors.toSet());
    }

    /** Creates the large objects of a whole dump, which are as many as the rows of a table. */
    public void largeObjects(Consumer<Runnable> watched) {
        Predicate<Archive.Entry> wanted = ours.and(entry -> entry.kind().startsWith("BLOB"));
        if (archive.entries().stream().anyMatch(wanted)) {
            watched.accept(() -> archive.restore("pre-data", 1, options, wanted));
        }
    }

    private List<String> with(String option) {
        List<String> arguments = new ArrayList<>(options);
        arguments.add(option);
        return arguments;
    }

    /** Event triggers would fire on everything that follows, and are made last. */
    private static boolean isSchema(Archive.Entry entry) {
        return !OTHERS.contains(entry.kind()) && !entry.kind().startsWith("BLOB");
    }

    /**
     * @param existing the schemas that are there before the archive is restored
     * @return what of {@link #carried} is made
     */
    public Predicate<Archive.Entry> makes(Set<String> existing) {
        Set<Long> present = contents.schemas().stream().filter(schema -> existing.contains(schema.name()))
                .map(Inventory.Relation::oid)
                .collect(Collectors.toSet());
        return entry -> !entry.kind().equals("COMMENT")
                && !(entry.catalog() == PG_NAMESPACE && present.contains(entry.oid()));
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

    /**
     * Restores the rows of a whole dump, its large objects and the values of its sequences, but for the tables that
     * come late.
     */
    public void rows(int jobs) {
        List<Contents.Table> turned = contents.turned();
        Set<Long> filled = contents.tables().stream().map(Contents.Table::oid).collect(Collectors.toSet());
        Set<Long> waiting = turned.stream().map(Contents.Table::oid).collect(Collectors.toSet());
        archive.restore("data", jobs, options,
                ours.and(entry -> !isDeferred(entry) && !isCatalog(entry) && !entry.kind().equals("COMMENT")
                        && !(entry.kind().equals("TABLE DATA")
                                && (waiting.contains(entry.oid()) || !filled.contains(entry.oid())))));
        inOrder(turned, jobs);
    }

    private void inOrder(List<Contents.Table> tables, int jobs) {
        LoadOrder.load(tables, Contents.Table::turn, together -> {
            Set<Long> wanted = together.stream().map(Contents.Table::oid).collect(Collectors.toSet());
            archive.restore("data", jobs, options,
                    ours.and(entry -> entry.kind().equals("TABLE DATA") && wanted.contains(entry.oid())));
        }, this::hasRows, failure -> !Cleanup.stopping());
    }

    /** Each COPY brings all rows of its table or none; a chunk can have others, which are compressed. */
    private boolean hasRows(Contents.Table table) {
        String doing = "looking for rows";
        String setting = "timescaledb.enable_transparent_decompression";
        if (contents.timescale() != null) {
            Rows.run(target, "target", doing, "SET " + setting + " = off");
        }
        boolean any = "t".equals(Rows.text(target, "target", doing,
                "SELECT EXISTS (SELECT FROM ONLY " + Sql.name(table.schema(), table.name()) + ")"));
        if (contents.timescale() != null) {
            Rows.run(target, "target", doing, "RESET " + setting);
        }
        return any;
    }

    /** @return the archive itself */
    public Archive archive() {
        return archive;
    }

    /** Restores the rows of the tables that come late. */
    public void lateRows(int jobs) {
        inOrder(contents.deferredInOrder(), jobs);
    }

    private boolean isDeferred(Archive.Entry entry) {
        return entry.kind().equals("TABLE DATA") && contents.deferred().contains(entry.oid());
    }

    /** @return the event triggers and the comments on them */
    public List<EntrySql> eventTriggers() {
        return EntrySql.of(archive, with("--no-privileges"),
                ours.and(entry -> entry.concerns("EVENT TRIGGER") && !entry.kind().equals("ACL")));
    }

    /**
     * Grants what the archive grants.
     *
     * @param words changes the statements for a user who is no superuser
     * @return what the target refused
     */
    public List<RefusedStatement> grants(UnaryOperator<String> words) {
        return archive.grant(ours, words);
    }

    /** @return the comments on all that is there by then */
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

    /** @return what does not stay behind and is not created by a step of its own */
    public Predicate<Archive.Entry> carried() {
        return ours;
    }

    /** @return what pg_restore is told in each section */
    public List<String> options() {
        return options;
    }

    /** @return whether an entry of post-data must wait for the tables that come late */
    public boolean waits(Archive.Entry entry) {
        return waiting.contains(entry.address());
    }

    /**
     * Extensions are created by their own step; only its owner may comment on one, and on a schema; things left out
     * have comments and privileges too.
     *
     * @param created the extensions that may be commented on
     * @param others the schemas that may not
     */
    private Predicate<Archive.Entry> ours(LeftBehind uncarried, Set<String> created, Set<String> others) {
        Set<Archive.Address> leftOut = uncarried.all().stream().filter(thing -> thing.oid() != 0)
                .map(thing -> new Archive.Address(thing.catalog(), thing.oid())).collect(Collectors.toSet());
        // The shell of a base type has no address, and stands before it.
        Set<String> shells = uncarried.all().stream().filter(thing -> thing.kind().equals("types"))
                .map(thing -> " " + thing.name().replaceFirst("^[^.(]*\\.", "") + " ").collect(Collectors.toSet());
        return entry -> !(entry.concerns("EXTENSION") && !isCommentOn(created, entry)) && !isOnSchema(others, entry)
                && !leftOut.contains(entry.subject())
                && !(entry.kind().equals("SHELL TYPE") && shells.stream().anyMatch(entry.tag()::contains));
    }

    private static boolean isCommentOn(Set<String> created, Archive.Entry entry) {
        return entry.kind().equals("COMMENT") && created.contains(entry.tag().replaceFirst("^- EXTENSION ", "").trim());
    }

    /** Behind the name stands an owner, and either may hold a space. */
    private boolean isOnSchema(Set<String> names, Archive.Entry entry) {
        return !names.isEmpty() && entry.kind().equals("COMMENT") && entry.concerns("SCHEMA")
                && Stream.concat(names.stream(), contents.schemas().stream().map(Inventory.Relation::name))
                        .filter(name -> entry.tag().startsWith("- SCHEMA " + name + " "))
                        .max(Comparator.comparing(String::length)).filter(names::contains).isPresent();
    }
}
