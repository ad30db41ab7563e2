//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import lib.compare.RowSum;
import lib.facts.Difference;
import lib.talk.Console;

/**
 * The materialized views that hold other rows on the target than on the source. Which side is out of date says another
 * REFRESH on the target, and that has to wait until nobody holds the view.
 */
final class DifferingViews {
    private final Console console;
    private final Queue<Runnable> open = new ConcurrentLinkedQueue<>();
    private final List<Difference> wrong = Collections.synchronizedList(new ArrayList<>());
    private final List<UndecidedRelation> undecided = Collections.synchronizedList(new ArrayList<>());

    DifferingViews(Console console) {
        this.console = console;
    }

    /** Puts a view off until {@link #decide}. */
    void add(RefreshedView view, RowSum here, RowSum there, Difference difference) {
        open.add(() -> {
            view.compare(here, there);
            if (view.undecided() != null) {
                undecided.add(view.undecided());
            } else if (view.right()) {
                console.explain("%s is out of date on the source: on the target another REFRESH makes the same rows",
                        difference.object());
            } else {
                wrong.add(difference);
            }
        });
    }

    /** Asks the target about those that were put off, in any thread, while it holds none. */
    void decide() {
        for (Runnable view = open.poll(); view != null; view = open.poll()) {
            view.run();
        }
    }

    /** @return those that do not hold what the target's query gives */
    List<Difference> wrong() {
        return wrong;
    }

    /** @return those of which it cannot be told */
    List<UndecidedRelation> undecided() {
        return undecided;
    }
}
