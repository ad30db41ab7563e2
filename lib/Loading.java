//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Attempt.java Console.java Contents.java Delivery.java Extensions.java Finishing.java Inventory.java Journal.java OwnedObjects.java Ownership.java
//SOURCES Report.java Rows.java Server.java Sql.java Steps.java Uncarried.java
package lib;

import java.sql.Connection;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Loads a database into the target in the order that is safe: rows arrive before indexes, constraints and triggers, owners and privileges
 * come after both, and event triggers last of all, because they would fire on the rest. All that will be made is written down on the
 * target first, so that a run that fails can be undone.
 */
public final class Loading {
    /** What the operator asked for. */
    public record Order(int jobs, boolean restart, boolean noOwner, boolean noPrivileges) {
    }

    private final Order order;
    private final Contents contents;
    private final Server target;
    private final Connection to;
    private final Console console;
    private final Steps steps;
    private final Report report;

    /** @param to a session on the target, which stays open until the journal is ended */
    public Loading(Order order, Contents contents, Server target, Connection to, Console console, Steps steps, Report report) {
        this.order = order;
        this.contents = contents;
        this.target = target;
        this.to = to;
        this.console = console;
        this.steps = steps;
        this.report = report;
    }

    /**
     * Takes the target over: from now on it is changed.
     *
     * @throws Failure refused, when another run is at work there
     */
    public void begin(Attempt attempt) {
        Journal.lock(to);
        attempt.begin();
        if (order.restart && Journal.exists(to)) {
            steps.run("clearing", () -> Journal.undo(to) + " objects of the earlier run removed");
        }
    }

    /**
     * Loads everything.
     *
     * @param extensions those to create
     * @param sequences where the sequences of the source stand; asked for after the rows
     * @param privileges further statements that give privileges
     * @return the journal, to be ended when nothing more can fail
     */
    public Journal run(Delivery delivery, Uncarried uncarried, List<Extensions.Extension> extensions, Supplier<List<Inventory.Sequence>> sequences,
            List<String> privileges) {
        List<OwnedObjects.Owned> objects = objects(contents, uncarried);
        Journal journal = Journal.begin(to, objects, extensions);
        List<Extensions.Extension> ahead = delivery.ahead(extensions);
        if (!ahead.isEmpty()) {
            steps.run("extensions", () -> {
                Extensions.createAll(to, ahead);
                return ahead.size() + " created";
            });
        }
        if (contents.tablesOnly()) {
            // Like pg_dump -t, which leaves the schema to the operator.
            contents.schemas().forEach(schema -> Rows.run(to, "target", "creating schema " + schema.name(),
                    "CREATE SCHEMA IF NOT EXISTS " + Sql.ident(schema.name())));
        }
        delivery.deliver();
        Finishing finishing = new Finishing(target, to, console);
        steps.run("sequences", () -> {
            List<Inventory.Sequence> positions = sequences.get();
            finishing.sequences(positions);
            return positions.size() + " set";
        });
        owners(delivery, objects, journal, finishing, privileges);
        if (!delivery.complete()) {
            if (!contents.materializedViews().isEmpty()) {
                steps.run("materialized views", () -> {
                    finishing.refresh(contents.materializedViews());
                    return contents.materializedViews().size() + " refreshed";
                });
            }
            steps.run("event triggers", () -> {
                delivery.eventTriggers();
                return "done";
            });
        }
        steps.run("analyze", () -> {
            finishing.analyze(contents.analyzed(), order.jobs);
            return "done";
        });
        // After all that opens new sessions to write: default_transaction_read_only may be among them.
        finishing.attempt(contents.of(target.dsn().database(), contents.settings()), "setting the parameters of the database");
        finishing.leftOut().forEach(text -> report.note("left out: %s", text));
        return journal;
    }

    private void owners(Delivery delivery, List<OwnedObjects.Owned> objects, Journal journal, Finishing finishing, List<String> privileges) {
        steps.run("owners, privileges", () -> {
            boolean given = !order.noOwner && !delivery.complete();
            if (given) {
                new Ownership(to, target.facts()).give(objects, journal);
            }
            if (!order.noPrivileges) {
                delivery.privileges();
                finishing.attempt(contents.of(target.dsn().database(), contents.privileges()), "giving the privileges on the database");
                finishing.attempt(privileges, "giving privileges");
            }
            return given ? objects.size() + " objects" : order.noOwner ? "owners not changed" : "as in the dump";
        });
    }

    /** @return the objects that a load makes, with their owners */
    public static List<OwnedObjects.Owned> objects(Contents contents, Uncarried uncarried) {
        Set<List<Long>> leftOut = uncarried.all().stream().map(thing -> List.of(thing.catalog(), thing.oid())).collect(Collectors.toSet());
        return contents.objects().stream().filter(object -> !leftOut.contains(List.of(object.catalog(), object.oid()))).toList();
    }
}
