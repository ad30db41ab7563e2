//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lib.compare.ComparedRows;
import lib.compare.ComparedTable;
import lib.compare.RowQueries;
import lib.compare.RowSum;
import lib.compare.RowTally;
import lib.facts.Difference;
import lib.facts.FactKind;
import lib.settings.ComputingSessions;
import lib.talk.Console;

/** What the comparison of rows has found so far. Safe for use by several threads. */
final class RowResults {
    private final ComputingSessions computing;
    private final DifferingViews views;
    private final List<Difference> differences = Collections.synchronizedList(new ArrayList<>());
    private final List<UndecidedRelation> undecided = Collections.synchronizedList(new ArrayList<>());
    private final RowTally tally = new RowTally();

    RowResults(ComputingSessions computing, Console console) {
        this.computing = computing;
        this.views = new DifferingViews(console);
    }

    void add(Difference difference) {
        differences.add(difference);
    }

    void add(UndecidedRelation relation) {
        undecided.add(relation);
    }

    /**
     * Takes the answers of both sides.
     *
     * @param asked what they were asked; null only where {@code table} is not a materialized view
     */
    void judge(ComparedTable table, RowQueries.Question asked, RowSum here, RowSum there) {
        tally.add(table, here);
        if (here.equals(there)) {
            return;
        }
        boolean number = here.rows() != there.rows();
        Difference difference = new Difference(number ? FactKind.ROWS : FactKind.ROW_CONTENTS, table.identity(),
                number ? here.number() : here.contents(),
                number ? there.number() : there.contents());
        if (table.materialized()) {
            views.add(new RefreshedView(computing, table, asked.target()), here, there, difference);
        } else {
            differences.add(difference);
        }
    }

    /** Asks the target about the materialized views that were put off, in any thread, while it holds none. */
    void decideViews() {
        views.decide();
    }

    /** @return what differs, in no particular order */
    List<Difference> differences() {
        return differences;
    }

    /**
     * @return the materialized views that do not hold what the target's query gives, which is no wonder where what they
     * read differs
     */
    List<Difference> views() {
        return views.wrong();
    }

    /** @return the relations of which it could not be told whether their rows are right, in no particular order */
    List<UndecidedRelation> undecided() {
        return Stream.concat(undecided.stream(), views.undecided().stream()).toList();
    }

    /** @return what was compared so far, and how */
    ComparedRows compared() {
        return tally.compared();
    }

    /** @return how many rows the compared chunks of each hypertable have on the source */
    Map<String, Long> ofHypertables() {
        return tally.ofHypertables();
    }
}
