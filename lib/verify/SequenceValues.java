//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.code.PlannedCode;
import lib.facts.Difference;
import lib.facts.FactKind;
import lib.facts.FactTemplate;
import lib.server.Server;
import lib.server.Session;
import lib.source.Snapshot;
import lib.talk.Batches;
import lib.talk.Sql;

/**
 * Whether each sequence of the target is at or beyond the source's, in the direction in which it counts. Snapshots do
 * not hold sequences.
 */
final class SequenceValues {
    private static final int SEQUENCES_A_QUERY = 200;

    private record Sequence(long oid, String schema, String name, String identity, BigInteger increment) {
    }

    private record Position(BigInteger value, boolean called) {
        BigInteger next(BigInteger increment) {
            return called ? value.add(increment) : value;
        }

        @Override
        public String toString() {
            return value + (called ? "" : " (not yet used)");
        }
    }

    private final Snapshot source;
    private final Server target;
    private final Selection selection;
    private final Map<Long, Long> wanted;

    /**
     * @param wanted values that the target must have reached, by the source's identifiers; the others are read from the
     * source
     */
    SequenceValues(Snapshot source, Server target, Selection selection, Map<Long, Long> wanted) {
        this.source = source;
        this.target = target;
        this.selection = selection;
        this.wanted = wanted;
    }

    /**
     * @param lacking the relations, by their identities, that cannot be read on the target
     * @return the sequences that are behind
     */
    List<Difference> run(Predicate<String> lacking) {
        List<Difference> differences = new ArrayList<>();
        // Each statement gives its locks back: a transaction would pile up one for each sequence.
        try (Session here = source.server().session(); Session there = target.session()) {
            here.run("preparing to read sequences", PlannedCode.TABLES_ONLY);
            there.run("preparing to read sequences", PlannedCode.TABLES_ONLY);
            List<Sequence> sequences =
                    list(here, selection).stream().filter(sequence -> !lacking.test(sequence.identity)).toList();
            for (List<Sequence> some : Batches.of(sequences, SEQUENCES_A_QUERY)) {
                List<Sequence> asked = some.stream().filter(sequence -> !wanted.containsKey(sequence.oid)).toList();
                compare(some, positions(here, asked), positions(there, some),
                        differences);
            }
        }
        return differences;
    }

    private static List<Sequence> list(Session session, Selection selection) {
        return session.list("listing the sequences",
                """
                SELECT c.oid, n.nspname, c.relname, %s || '.' || %s, s.seqincrement
                  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
                 WHERE %s AND %s ORDER BY c.oid""".formatted(FactTemplate.name("n.nspname"),
                        FactTemplate.name("c.relname"), selection.relation("c", "n"),
                        Selection.readable("c")),
                row -> new Sequence(row.getLong(1), row.getString(2), row.getString(3), row.getString(4),
                        BigInteger.valueOf(row.getLong(5))));
    }

    private static Map<Long, Position> positions(Session session, List<Sequence> sequences) {
        Map<Long, Position> positions = new HashMap<>();
        if (!sequences.isEmpty()) {
            session.list("reading sequences", question(sequences),
                    row -> positions.put(row.getLong(1),
                            new Position(BigInteger.valueOf(row.getLong(2)), row.getBoolean(3))));
        }
        return positions;
    }

    private static String question(List<Sequence> sequences) {
        return sequences.stream().map(sequence -> "SELECT " + sequence.oid + ", last_value, is_called FROM "
                + Sql.name(sequence.schema, sequence.name)).collect(Collectors.joining(" UNION ALL "));
    }

    /**
     * @param present the relations of the target
     * @return what is asked of each side
     */
    static List<String> questions(Session source, Selection selection, Set<String> present) {
        List<Sequence> sequences = list(source, selection).stream()
                .filter(sequence -> present.contains(Sql.name(sequence.schema, sequence.name))).toList();
        return sequences.isEmpty() ? List.of() : List.of(question(sequences));
    }

    private void compare(List<Sequence> sequences, Map<Long, Position> here, Map<Long, Position> there,
            List<Difference> differences) {
        for (Sequence sequence : sequences) {
            Position reached = there.get(sequence.oid);
            Long value = wanted.get(sequence.oid);
            Position position = value == null ? here.get(sequence.oid) : new Position(BigInteger.valueOf(value), true);
            BigInteger ahead =
                    value == null ? reached.next(sequence.increment).subtract(position.next(sequence.increment))
                            : reached.value.subtract(position.value);
            if (ahead.signum() * sequence.increment.signum() < 0) {
                differences.add(
                        new Difference(FactKind.SEQUENCE_VALUE, sequence.identity, position.toString(),
                                reached.toString()));
            }
        }
    }
}
