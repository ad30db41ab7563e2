//DEPS org.postgresql:postgresql:42.7.14
package lib.facts;

import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.server.FactQuery;
import lib.server.Server;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.source.Snapshot;
import lib.source.UnreadableOnStandby;
import lib.timescale.CatalogShape;
import lib.timescale.ChunkFacts;
import lib.timescale.HypertableFacts;
import lib.timescale.JobFacts;

/**
 * Compares what the catalogs of both sides know, one kind of object after another. Both sides answer in the same order
 * and are read side by side. Objects that only the target has are no difference.
 */
public final class FactComparison {
    private static final Set<FactKind> PLACED = Set.of(FactKind.TABLE, FactKind.PARTITIONED_TABLE,
            FactKind.MATERIALIZED_VIEW, FactKind.INDEX);

    private final Snapshot source;
    private final Server target;
    private final Selection selection;
    private final Executor executor;
    private final Consumer<String> state;
    private final boolean jobsPaused;
    private final Set<String> missing = new HashSet<>();
    private final List<Difference> differences = new ArrayList<>();
    private CatalogShape timescale;
    private FactTemplate ours;
    private FactTemplate theirs;
    private boolean targetHasTimescale;

    /**
     * @param executor runs the target's queries while this thread runs the source's
     * @param state is told what is being compared
     * @param jobsPaused whether the target's jobs are paused for the time being
     */
    public FactComparison(Snapshot source, Server target, Selection selection, Executor executor,
            Consumer<String> state, boolean jobsPaused) {
        this.source = source;
        this.target = target;
        this.selection = selection;
        this.executor = executor;
        this.state = state;
        this.jobsPaused = jobsPaused;
    }

    /** @return what differs, in no particular order */
    public List<Difference> run() {
        try (Session there = target.session()) {
            there.beginSnapshot();
            // Printing a view or rule locks what it reads; only the holder's locks are there already when somebody
            // waits for a stronger one.
            synchronized (source.holder()) {
                Savepoint before = source.holder().setSavepoint();
                try {
                    compare(source.holder(), there);
                } catch (RuntimeException e) {
                    keepSnapshot(before, e);
                    throw e;
                }
            }
            return differences;
        } catch (SQLException e) {
            throw SqlFailures.statement(target.side(), "comparing objects", e);
        }
    }

    /** After a failure of one statement, the snapshot can still be asked what has changed since it was taken. */
    private void keepSnapshot(Savepoint before, RuntimeException failure) {
        try {
            source.holder().rollback(before);
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    /** @return whether the target lacks the relation of this identity, or something that it cannot be without */
    public boolean lacksRelation(String identity) {
        return lacks("relation", identity);
    }

    /**
     * @return whether the target lacks the object, given as the name of its {@link FactQuery} and its identity there
     */
    public boolean lacks(String query, String identity) {
        return missing.contains(query + " " + identity);
    }

    /**
     * @return the source's catalog of TimescaleDB; known when the comparison has run, as are the templates for both
     * sides
     */
    public CatalogShape timescale() {
        return timescale;
    }

    public boolean targetHasTimescale() {
        return targetHasTimescale;
    }

    public FactTemplate ours() {
        return ours;
    }

    public FactTemplate theirs() {
        return theirs;
    }

    private void compare(Session from, Session to) {
        Server.Facts sourceFacts = source.server().facts();
        Server.Facts targetFacts = target.facts();
        Administrators administrators = Administrators.read(from, to);
        if (!administrators.known()) {
            // What hangs on this role itself, such as its default privileges, cannot be there.
            missing.add("role " + administrators.bootstrap());
        }
        Set<String> sourceRoles = new HashSet<>(
                from.texts("listing the roles", "SELECT " + FactTemplate.name("r.rolname")
                        + " FROM pg_roles r"));
        FactProperties properties =
                new FactProperties(administrators, sourceRoles, missing, sourceFacts.major() == targetFacts.major());
        differences.addAll(from.list("looking for what a standby cannot read",
                UnreadableOnStandby.query(selection),
                row -> new Difference(FactKind.ROWS, row.getString(2), row.getString(3), "not compared")));
        timescale = CatalogShape.read(from);
        CatalogShape there = CatalogShape.read(to);
        ours = new FactTemplate(sourceFacts, targetFacts, true, selection, timescale, there);
        theirs = new FactTemplate(targetFacts, sourceFacts, false, Selection.resolve(to, new Filters()),
                there, timescale);
        targetHasTimescale = there.present();
        if (targetHasTimescale) {
            differences.addAll(TimescaleState.of(to));
        }
        for (FactQuery query : queries(selection, timescale, jobsPaused)) {
            state.accept(query.name());
            compare(query, properties,
                    () -> new FactStream(from, query.name(), ours.query(query), ours.asBytes()),
                    () -> new FactStream(to, query.name(), theirs.query(query), theirs.asBytes()));
        }
        withoutUnwritten(to);
    }

    /**
     * Where the target's server lacks a tablespace, everything is in the database's, as was said before; and what is
     * there by name is not written down.
     */
    private void withoutUnwritten(Session to) {
        Predicate<Difference> unplaced =
                difference -> PLACED.contains(difference.kind()) && "tablespace".equals(difference.property())
                        && difference.target().equals(Difference.MISSING);
        if (differences.stream().anyMatch(unplaced)) {
            Set<String> places = new HashSet<>(to.texts("listing the tablespaces", "SELECT "
                    + FactTemplate.name("t.spcname")
                    + " FROM pg_tablespace t WHERE t.oid <> (SELECT d.dattablespace FROM pg_database d WHERE "
                    + "d.datname = current_database())"));
            differences.removeIf(unplaced.and(difference -> !places.contains(difference.source())));
        }
    }

    private void compare(FactQuery query, FactProperties properties, Supplier<FactStream> ours,
            Supplier<FactStream> theirs) {
        CompletableFuture<FactStream> answer = new CompletableFuture<>();
        // Of many kinds of objects a database has none, and then the target need not be asked.
        boolean ahead = !query.whole();
        if (ahead) {
            answer.completeAsync(theirs, executor);
        }
        try (FactStream here = ours.get()) {
            FactStream.Fact first = here.next();
            if (!ahead) {
                answer.complete(first == null ? null : theirs.get());
            }
            FactStream there = answer.join();
            if (first != null) {
                merge(query, properties, here, first, there);
            }
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        } finally {
            // The session is not to be left busy, whichever side failed.
            if (!ahead) {
                answer.complete(null);
            }
            answer.handle(FactComparison::close).join();
        }
    }

    /** @return what is asked of each side; containers come before what they contain */
    public static List<FactQuery> queries(Selection selection, CatalogShape timescale, boolean jobsPaused) {
        List<FactQuery> queries = new ArrayList<>();
        List<List<FactQuery>> kinds =
                new ArrayList<>(List.of(RoleFacts.queries(), RelationFacts.queries(), TypeFacts.queries(),
                        RoutineFacts.queries(), TableFacts.queries(), DatabaseFacts.queries()));
        if (timescale.present()) {
            kinds.addAll(List.of(HypertableFacts.queries(), ChunkFacts.queries(), JobFacts.queries(jobsPaused)));
        }
        for (List<FactQuery> some : kinds) {
            some.stream().filter(query -> !(query.whole() && selection.selective())).forEach(queries::add);
        }
        return queries;
    }

    private static Void close(FactStream stream, Throwable failed) {
        if (stream != null) {
            stream.close();
        }
        return null;
    }

    private void merge(FactQuery query, FactProperties properties, FactStream here, FactStream.Fact first,
            FactStream there) {
        FactStream.Fact target = there.next();
        for (FactStream.Fact fact = first; fact != null; fact = here.next()) {
            while (target != null && Arrays.compareUnsigned(target.key(), fact.key()) < 0) {
                target = there.next();
            }
            if (target != null && Arrays.equals(target.key(), fact.key())) {
                properties.compare(here.labels(), fact, target, differences);
            } else {
                missing(query, here.labels(), fact);
            }
        }
    }

    private void missing(FactQuery query, List<String> labels, FactStream.Fact fact) {
        if (fact.parent() == null || Stream.of(fact.parent().split(FactTemplate.ENTRY)).noneMatch(missing::contains)) {
            differences
                    .add(new Difference(fact.kind(), fact.identity(), description(labels, fact), Difference.MISSING));
        }
        missing.add(query.name() + " " + fact.identity().text());
    }

    private static String description(List<String> labels, FactStream.Fact fact) {
        int telling = Math.max(labels.indexOf("is"), labels.indexOf("definition"));
        return telling < 0 || fact.properties().get(telling) == null ? "present" : fact.properties().get(telling);
    }
}
