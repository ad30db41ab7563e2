package lib.rebuild;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What TimescaleDB manages on the source, and what is made anew of it on the target through TimescaleDB's own
 * functions. Hypertables and chunks keep their names and hypertables their numbers, so that rows, aggregates and jobs
 * find them.
 *
 * @param hypertables in the order of their numbers
 * @param aggregates each after those that it reads
 * @param own what TimescaleDB has made for them, and makes again: by system catalog, the identifiers
 * @param hidden the identifiers of tables that hold no rows to move: roots, and what holds compressed rows
 * @param state by the name of the table, the rows of the catalog that say which parts of aggregates are out of date, as
 * JSON
 * @param sequences the last numbers that were given, by the table of the catalog that they are in
 * @param jobs the rows of the user's jobs, as JSON
 */
public record Rebuild(String version, List<Hypertable> hypertables, List<Aggregate> aggregates,
        Map<Long, Set<Long>> own, Set<Long> hidden, Map<String, String> state, Map<String, Long> sequences,
        String jobs) {
    /** Where the rows of aggregates are, and chunks, unless they are wanted elsewhere. */
    public static final String INTERNAL = "_timescaledb_internal";

    private static final long PG_CLASS = 1259;

    /** @return the same without aggregates that stay behind, by the identifiers of their views */
    public Rebuild without(Set<Long> views) {
        Set<Integer> gone = aggregates.stream().filter(aggregate -> views.contains(aggregate.oid()))
                .map(Aggregate::id).collect(Collectors.toSet());
        return gone.isEmpty() ? this
                : new Rebuild(version,
                        hypertables.stream().filter(hypertable -> !gone.contains(hypertable.id())).toList(),
                        aggregates.stream().filter(aggregate -> !gone.contains(aggregate.id())).toList(), own, hidden,
                        state, sequences, jobs);
    }

    /** @return the identifiers of all chunks */
    public Set<Long> chunks() {
        return hypertables.stream().flatMap(hypertable -> hypertable.chunks().stream()).map(Chunk::oid)
                .collect(Collectors.toSet());
    }

    /** @return whether TimescaleDB has made this object of the source */
    public boolean isOwn(long catalog, long oid) {
        return own.getOrDefault(catalog, Set.of()).contains(oid);
    }

    /** @return whether it has made this relation of the source */
    public boolean isOwnRelation(long oid) {
        return isOwn(PG_CLASS, oid);
    }

    /** @return the chunks with compressed rows, which are read through a query, by their identifiers */
    public Set<Long> compressed() {
        return hypertables.stream().flatMap(hypertable -> hypertable.chunks().stream()).filter(Chunk::compressed)
                .map(Chunk::oid).collect(Collectors.toSet());
    }

    /** @return the hypertables by the identifiers of their tables */
    public Map<Long, Hypertable> byTable() {
        return hypertables.stream().collect(Collectors.toMap(Hypertable::oid, Function.identity()));
    }

    /** @return the hypertables of the user, not those of continuous aggregates */
    public List<Hypertable> tables() {
        return hypertables.stream().filter(hypertable -> !hypertable.aggregate()).toList();
    }

    /** @return the hypertable that holds the rows of an aggregate */
    public Hypertable of(Aggregate aggregate) {
        return hypertables.stream().filter(hypertable -> hypertable.id() == aggregate.id()).findFirst().orElseThrow();
    }
}
