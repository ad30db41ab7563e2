package lib.facts;

import java.util.ArrayList;
import java.util.List;
import lib.server.Session;
import lib.timescale.CatalogSequence;
import lib.timescale.RestoringMode;

/**
 * What is right or wrong with a target's TimescaleDB by itself: the mode that a restore needs and must leave, and the
 * sequences of its catalog.
 */
final class TimescaleState {
    private TimescaleState() {
    }

    /**
     * @param target a session that began after the restore, because those before it keep the mode that they began with
     */
    static List<Difference> of(Session target) {
        List<Difference> differences = new ArrayList<>();
        if (RestoringMode.isOn(target)) {
            differences.add(new Difference(FactKind.RESTORING_MODE, "the database", "off",
                    "on, so that compressed rows are not seen and no job runs"));
        }
        CatalogSequence.behind(target).forEach(sequence -> differences.add(new Difference(FactKind.CATALOG_SEQUENCE,
                sequence.name(), "at least " + sequence.largest(), String.valueOf(sequence.last()))));
        return differences;
    }
}
