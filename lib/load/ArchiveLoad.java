//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import lib.catalog.Archive;
import lib.catalog.EntrySql;
import lib.catalog.Extensions;
import lib.journal.Journal;
import lib.journal.LateObjects;
import lib.journal.OutdatedUnits;
import lib.journal.Unit;
import lib.rows.Parallelism;
import lib.rows.RowMover;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.Contents;
import lib.source.Inventory;
import lib.source.Schema;
import lib.talk.Background;
import lib.talk.Count;
import lib.talk.Steps;
import lib.timescale.Jobs;
import lib.tools.RefusedStatement;

/**
 * Tables first, then their rows, then what would slow the rows down or be fired by them: indexes, constraints,
 * triggers. What concerns a single table is done as soon as its rows are there.
 */
public final class ArchiveLoad implements LoadMethod {
    /** Sessions that make indexes while rows are loaded, for which others are at work already. */
    private static final int BESIDE_ROWS = 2;

    private final Schema schema;
    private final Contents contents;
    private final RowMover rows;
    private final SearchPathTrial trial;
    private final Archive archive;
    private final ComputingSessions target;
    private final Session to;
    private final Steps steps;
    private final Parallelism parallelism;
    private final int parallel;
    private final boolean prepares;
    private final Rebuilding rebuilding;
    private List<Inventory.Relation> notAnalyzed;
    private List<EntrySql> needHypertables = List.of();
    /**
     * Partitions that are new since an interrupted run has made the indexes of their parents: as soon as such a table
     * is a partition, it has indexes too, under names that it should not have.
     */
    private List<EntrySql> attachedLate = List.of();
    /** Of what stands before the rows, what comes after the hypertables. */
    private List<EntrySql> late = List.of();
    private List<String> settings = List.of();

    /**
     * @param trial tries before the rows what functions do after them
     * @param to a session on the target
     * @param prepares whether another run comes, before which rows may change
     */
    public ArchiveLoad(Schema schema, Contents contents, Archive archive, RowMover rows, SearchPathTrial trial,
            ComputingSessions target, Session to, Steps steps,
            Parallelism parallelism, boolean prepares) {
        this.schema = schema;
        this.contents = contents;
        this.archive = archive;
        this.rows = rows;
        this.trial = trial;
        this.target = target;
        this.to = to;
        this.steps = steps;
        this.parallelism = parallelism;
        this.prepares = prepares;
        parallel = parallelism.workers();
        notAnalyzed = contents.analyzed();
        rebuilding = contents.rebuild() == null ? null : new Rebuilding(contents, archive.entries(), to, steps);
    }

    @Override
    public List<Extensions.Extension> extensionsBefore(List<Extensions.Extension> extensions) {
        return extensions;
    }

    @Override
    public void load(Jobs timescale, Rights rights, Journal journal) {
        settings = LoadSettings.of(to, parallel, !parallelism.crowded() || PostData.large(contents) < 2);
        // As many as will make indexes beside the rows, of which there are none yet.
        rows.prepare(BESIDE_ROWS);
        Background<List<EntrySql>> postData = steps.run("schema", () -> preData(journal),
                any -> archive.relations() + " tables, views and sequences");
        rows.prepare(parallel);
        Set<Archive.Address> later = new HashSet<>(schema.postDataAddresses());
        late.forEach(part -> later.add(part.entry().address()));
        rights.setOwners(object -> !later.contains(new Archive.Address(object.catalog(), object.oid())));
        Map<Archive.Address, String> owners = rights.ownersOnCreation();
        if (rebuilding != null) {
            if (journal.resumed()) {
                rebuilding.follow(journal);
            }
            try (SchemaWorkers workers = workers(parallel, journal)) {
                rebuilding.make(late.stream().map(part -> owned(part, owners)).toList(), workers, journal, prepares);
            }
        } else if (timescale != null) {
            steps.run("hypertables", () -> {
                rows.moveCatalog(timescale);
                return "known";
            });
        }
        List<EntrySql> all = postData.get().stream().map(part -> owned(part, owners))
                .toList();
        Predicate<EntrySql> inMode = part -> !schema.needsHypertables(part.entry());
        needHypertables = all.stream().filter(inMode.negate()).toList();
        List<EntrySql> after = all.stream().filter(inMode).toList();
        // A run that goes on has tried it when it began.
        if (trial.wanted() && !journal.resumed()) {
            steps.run("functions", () -> trial.run(all));
        }
        Predicate<EntrySql> waits = part -> schema.waitsForDeferred(part.entry());
        PostPlan plan =
                PostPlan.of(Stream.concat(attachedLate.stream(), after.stream().filter(waits.negate())).toList(),
                        archive.entries(), schema.partitioned());
        try (SchemaWorkers workers = workers(Math.min(parallel, BESIDE_ROWS), journal)) {
            PostData post =
                    new PostData(plan, contents, rebuilding == null ? Map.of() : rebuilding.bytes(), to, workers,
                            rights::grantPrivileges);
            post.analyzeWithNew(journal.units());
            move(post, workers, journal);
            steps.run("indexes, constraints", () -> {
                workers.setLimit(parallel);
                post.finish(prepares);
                if (prepares) {
                    return "indexes made";
                }
                if (contents.hasDeferredAtOnce()) {
                    rows.moveDeferred(journal);
                    make(after.stream().filter(waits).toList(), journal);
                }
                make(schema.comments(), journal);
                schema.largeObjectComments();
                return "done";
            });
            if (rebuilding != null && prepares) {
                rebuilding.prepare(workers, journal);
            } else if (rebuilding != null) {
                rebuilding.finish(timescale, workers, journal);
            }
            notAnalyzed = post.notAnalyzed();
        }
    }

    /** An index that cannot be made ends the loading of other tables, which may take hours more. */
    private void move(PostData post, SchemaWorkers workers, Journal journal) {
        workers.whenFailed(rows::stop);
        try {
            rows.move(rebuilding == null ? post::loaded : rebuilding.landing(post::loaded), journal);
        } catch (RuntimeException e) {
            workers.rethrow();
            throw e;
        }
    }

    /**
     * @return what stands after the rows: pg_restore takes its time over many entries, and does not need the target for
     * it
     */
    private Background<List<EntrySql>> preData(Journal journal) {
        List<EntrySql> before = adapted(schema.preData(journal.units().schemas()));
        Background<List<EntrySql>> after = Background.begin("post-data", () -> adapted(schema.postData()));
        if (journal.resumed()) {
            follow(Stream.of(before, after.get(), schema.eventTriggers()).flatMap(List::stream).toList(), journal);
        }
        if (schema.hasLargeObjects() && !journal.units().contain(Unit.LARGE_OBJECTS)) {
            if (journal.resumed()) {
                journal.removeLargeObjects(to, journal.largeObjects(to));
            }
            journal.watching(schema::largeObjects);
        }
        attachedLate = journal.units().afterRows() ? before.stream().filter(ArchiveLoad::attaches)
                .filter(part -> !journal.units().contain(Unit.of(part))).toList() : List.of();
        late = rebuilding == null ? List.of() : rebuilding.late(before);
        try (SchemaWorkers workers = workers(parallel, journal)) {
            new PreData(workers, archive.entries()).make(before.stream()
                    .filter(part -> !attachedLate.contains(part) && !late.contains(part)).toList());
        }
        return after;
    }

    private List<EntrySql> adapted(List<EntrySql> parts) {
        return rebuilding == null ? parts : rebuilding.adapted(parts);
    }

    private static EntrySql owned(EntrySql part, Map<Archive.Address, String> owners) {
        return part.thenRun(owners.getOrDefault(part.entry().address(), ""));
    }

    private static boolean attaches(EntrySql part) {
        return part.entry().kind().equals("TABLE ATTACH");
    }

    /** What an interrupted run has made has to be what the source has now. */
    private void follow(List<EntrySql> present, Journal journal) {
        LateObjects.dropGlobal(to, journal.units());
        OutdatedUnits outdated = OutdatedUnits.of(journal.units(), present);
        if (!outdated.isEmpty()) {
            steps.run("changes of the schema", () -> outdated.undo(to, journal.parts()));
        }
    }

    private SchemaWorkers workers(int limit, Journal journal) {
        return new SchemaWorkers(target, limit, settings, archive.into(target.server().dsn()), schema.options(),
                journal);
    }

    private void make(List<EntrySql> parts, Journal journal) {
        if (!parts.isEmpty()) {
            try (SchemaSession session = new SchemaSession(target, settings, archive.into(target.server().dsn()),
                    schema.options(), journal)) {
                session.run(parts.stream().map(SchemaSession.Step::of).toList());
            }
        }
    }

    /**
     * Foreign keys, as they are: made in two steps, the chunks' own would stay without validation, and to hold the
     * hypertable is to wait for each other.
     */
    @Override
    public String loadAfterRestoringMode(Journal journal) {
        if (!contents.deferred().isEmpty()) {
            rows.moveDeferred(journal);
        }
        List<EntrySql> now = needHypertables.stream().filter(part -> !schema.onHypertables(part.entry())).toList();
        make(now, journal);
        if (now.size() == needHypertables.size() && !now.isEmpty()) {
            make(schema.commentsAfterRestoringMode(), journal);
        }
        return (contents.deferred().isEmpty() ? "" : Count.of(contents.deferred().size(), "table") + " filled, ")
                + now.size() + " made";
    }

    @Override
    public String loadInRestoringModeAgain(Journal journal) {
        List<EntrySql> again = needHypertables.stream().filter(part -> schema.onHypertables(part.entry())).toList();
        make(again, journal);
        make(schema.commentsAfterRestoringMode(), journal);
        return again.size() + " made";
    }

    @Override
    public boolean loadsEverything() {
        return false;
    }

    @Override
    public List<RefusedStatement> grantPrivileges(UnaryOperator<String> rewrite) {
        return schema.grants(rewrite);
    }

    @Override
    public void createEventTriggers(Journal journal) {
        make(schema.eventTriggers(), journal);
    }

    @Override
    public List<Inventory.Relation> notAnalyzed() {
        return notAnalyzed;
    }

    @Override
    public String loadedRows() {
        return rows.movedRows();
    }
}
