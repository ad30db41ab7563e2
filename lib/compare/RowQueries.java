//DEPS org.postgresql:postgresql:42.7.14
package lib.compare;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.server.Session;

/**
 * What both sides are asked about the rows of a table, by how closely they are looked at. With a sample, small tables
 * are compared in full, and of each larger one the rows of some keys; one without a key is compared in full. Its
 * computed columns are always compared in full.
 */
public final class RowQueries {
    /** How closely rows are looked at. */
    public enum Depth {
        /** Their number. */
        NUMBER,
        /** Also the contents of some of them. */
        SAMPLE,
        /** All contents. */
        CONTENTS
    }

    /** A question, as a query for the source and one for the target. */
    public record Question(String source, String target) {
    }

    /** To read a megabyte takes about as long as to look up a thousand keys. */
    private static final long SMALL = 1 << 20;

    private final Depth depth;
    private final Checksums checksums;
    private final Map<Long, SampleKey> keys = new HashMap<>();

    public RowQueries(Depth depth, Checksums checksums) {
        this.depth = depth;
        this.checksums = checksums;
    }

    /** Looks for the keys of those tables that have to be compared by a sample. */
    public void prepare(Session source, Collection<ComparedTable> tables) {
        if (depth == Depth.SAMPLE) {
            keys.putAll(SampleKey.of(source,
                    tables.stream().filter(table -> table.bytes() > SMALL && table.sampled()).toList()));
        }
    }

    /** @return whether any contents are compared */
    public boolean contents() {
        return depth != Depth.NUMBER;
    }

    /**
     * @param session on the source; it draws the keys of a sample
     * @param columns those that both sides have
     */
    public Question of(Session session, ComparedTable table, List<Checksums.Column> columns) {
        SampleKey key = keys.get(table.oid());
        if (key == null || !names(columns).containsAll(key.columns())) {
            return whole(table, columns);
        }
        List<String> drawn = session.texts("drawing a sample of " + table.identity(), key.draw());
        if (drawn.isEmpty()) {
            return whole(table, columns);
        }
        String where = key.where(drawn);
        return new Question(checksums.sample(columns, table.rows(), where),
                checksums.sample(columns, table.targetRows(), where));
    }

    /** @return the question about a table without a sample */
    public Question whole(ComparedTable table, List<Checksums.Column> columns) {
        return new Question(checksums.query(contents(), columns, table.rows()),
                checksums.query(contents(), columns, table.targetRows()));
    }

    private static Set<String> names(List<Checksums.Column> columns) {
        Set<String> names = new HashSet<>();
        columns.forEach(column -> names.add(column.name()));
        return names;
    }
}
