package lib.convert;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.talk.Count;

/** Keys without the columns by which the hypertable is divided, and exclusion constraints: of every version. */
final class KeyObstacles {
    private static final String WEAKER = ", so that its former columns alone are not unique any more";

    private KeyObstacles() {
    }

    /** @return what cannot stay of the indexes of one table */
    static List<Obstacle> of(Conversion conversion, SourceTable table, List<IndexDefinition> indexes) {
        List<Obstacle> obstacles = new ArrayList<>();
        for (IndexDefinition index : indexes) {
            List<String> lacks = index.lacks(conversion.dimensions());
            if (!changes(conversion, index)) {
                continue;
            } else if (index.exclusion()) {
                add(obstacles, table, index, lacks.isEmpty() ? "a compressed hypertable has none" : lacks(lacks),
                        plain(index));
            } else {
                add(obstacles, table, index, lacks(lacks), unique(conversion, table, index, lacks));
            }
        }
        return obstacles;
    }

    /** @return whether an index cannot stay as it is */
    static boolean changes(Conversion conversion, IndexDefinition index) {
        boolean whole = index.lacks(conversion.dimensions()).isEmpty();
        return index.exclusion() ? !whole || conversion.compression() != null : index.unique() && !whole;
    }

    private static void add(List<Obstacle> obstacles, SourceTable table, IndexDefinition index, String why,
            Map<Treatment, Obstacle.Outcome> outcomes) {
        String what = what(index);
        if (!index.readers().isEmpty()) {
            obstacles.add(Obstacle.fatal(table.oid(), table.name(), what,
                    why + ", and " + Count.some(index.readers()) + " relies on it"));
            return;
        }
        obstacles.add(Obstacle.of(table.oid(), index.isConstraint() ? Subject.CONSTRAINT : Subject.UNIQUE_INDEX,
                index.name(), table.name(), what, why, outcomes, unmade(index, what)));
    }

    /** @return the object that stands for an index on the source */
    static HypertablePlan.Unmade unmade(IndexDefinition index, String what) {
        return index.isConstraint() ? new HypertablePlan.Unmade("pg_constraint", index.constraint(), what)
                : new HypertablePlan.Unmade("pg_class", index.oid(), what);
    }

    private static String what(IndexDefinition index) {
        return (index.exclusion() ? "exclusion constraint " : "p".equals(index.contype()) ? "primary key "
                : index.isConstraint() ? "unique key " : "unique index ") + TableName.shown(index.name());
    }

    private static String lacks(List<String> columns) {
        return "it lacks " + (columns.size() == 1 ? "column " : "columns ")
                + String.join(", ", columns.stream().map(TableName::shown).toList())
                + ", by which the hypertable is divided";
    }

    private static Map<Treatment, Obstacle.Outcome> unique(Conversion conversion, SourceTable table,
            IndexDefinition index, List<String> lacks) {
        Map<Treatment, Obstacle.Outcome> outcomes = new LinkedHashMap<>();
        // The time column becomes NOT NULL anyway; of a space column the primary key would demand it.
        boolean nulls = lacks.stream().filter(column -> !column.equals(conversion.timeColumn()))
                .anyMatch(column -> table.column(column).filter(SourceTable.Column::required).isEmpty());
        if (index.isConstraint()) {
            if (!"p".equals(index.contype()) || !nulls) {
                outcomes.put(Treatment.EXTENDED, new Obstacle.Outcome("becomes " + index.constraintText(lacks)
                        + WEAKER,
                        List.of(), index.constraint(lacks)));
            }
        } else {
            outcomes.put(Treatment.EXTENDED, new Obstacle.Outcome("also gets "
                    + String.join(", ", lacks.stream().map(TableName::shown).toList()) + WEAKER, List.of(),
                    index.index(true, lacks)));
        }
        outcomes.putAll(plain(index));
        return outcomes;
    }

    private static Map<Treatment, Obstacle.Outcome> plain(IndexDefinition index) {
        Map<Treatment, Obstacle.Outcome> outcomes = new LinkedHashMap<>();
        outcomes.put(Treatment.INDEX, new Obstacle.Outcome("becomes an index that is not unique"
                + (index.identity() ? ", so that the table has no replica identity" : ""), List.of(),
                index.index(false, List.of())));
        outcomes.putAll(Obstacle.dropped());
        return outcomes;
    }
}
