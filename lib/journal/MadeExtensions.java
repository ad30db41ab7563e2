//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.catalog.Extensions;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.talk.Failure;
import lib.timescale.TimescaleExtension;

/** The extensions that a run makes on the target. */
final class MadeExtensions {
    private final Session session;
    private final boolean follows;

    /** @param follows whether one that an interrupted run has made is brought to what it is to be now */
    MadeExtensions(Session session, boolean follows) {
        this.session = session;
        this.follows = follows;
    }

    /**
     * Creates extensions, and records each in the same transaction.
     *
     * @return the names of those that were there and had to be changed
     * @throws Failure naming one that cannot be changed
     */
    List<String> make(List<Extensions.Extension> extensions) {
        Map<String, Extensions.Installed> there = new HashMap<>();
        Extensions.installed(session).forEach(extension -> there.put(extension.name(), extension));
        List<String> changed = new ArrayList<>();
        for (Extensions.Extension extension : extensions) {
            Extensions.Installed made = there.get(extension.name());
            if (made == null) {
                // Another one can have brought it along.
                Transaction.make(session, "creating extension " + extension.name(), Extensions.create(extension),
                        PlannedObjects.along(extension));
            } else if (follows && !Extensions.follow(extension, made).isEmpty()) {
                change(extension, made);
                changed.add(extension.name());
            }
        }
        return changed;
    }

    private void change(Extensions.Extension extension, Extensions.Installed made) {
        Unit unit = Unit.of(Unit.EXTENSION, extension.name(), "");
        if (extension.name().equals(TimescaleExtension.NAME)) {
            throw OutdatedUnits.refusal(List.of(unit), null).detail(
                    "only a session that does not use it yet can update it, from %s to %s", made.version(),
                    extension.chosen());
        }
        try {
            Transaction.make(session, "changing extension " + extension.name(), Extensions.follow(extension, made),
                    PlannedObjects.along(extension));
        } catch (Failure e) {
            if (!(e.getCause() instanceof SQLException cause) || !SqlFailures.refusesStatement(e)) {
                throw e;
            }
            throw OutdatedUnits.refusal(List.of(unit), cause).detail("%s", SqlFailures.message(cause));
        }
    }
}
