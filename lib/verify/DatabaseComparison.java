//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.compare.ComparedRows;
import lib.facts.Difference;
import lib.journal.Memberships;
import lib.server.OldestVersion;
import lib.server.SameDatabase;
import lib.server.Server;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.Snapshot;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ProgressLine;
import lib.timescale.TimescaleExtension;

/** A comparison of two databases by itself, whoever has made the second one. */
public final class DatabaseComparison {
    /**
     * What the operator wants.
     *
     * @param workers how many tables are compared at once
     * @param permitted whether differences are left out that only a superuser of the target could have avoided
     * @param joinOwners whether the user joins the owners of the target's objects meanwhile
     * @param rebuilt whether hypertables of the target were made anew
     */
    public record Order(Filters filters, Verification.Level level, int workers, boolean permitted,
            boolean joinOwners, boolean rebuilt) {
    }

    private final Server source;
    private final Server target;
    private final Order order;
    private final Selection selection;
    private final Console console;

    /**
     * Finds out what is to be compared.
     *
     * @throws Failure if one of the sides is too old
     */
    public DatabaseComparison(Server source, Server target, Order order, Console console) {
        OldestVersion.require(source.side(), source.facts());
        OldestVersion.require(target.side(), target.facts());
        this.source = source;
        this.target = target;
        this.order = order;
        this.console = console;
        try (Session session = source.session()) {
            selection = Selection.resolve(session, order.filters);
        }
    }

    /** @return a shell script that runs the same queries with psql */
    public Printable script() {
        return Printable.multiline(new VerificationScript(source, target, selection).text(order.level));
    }

    /**
     * Compares, and prints every difference.
     *
     * @param environment of the user, as psql reads it
     * @throws Failure differences, if there are some
     */
    public void run(Map<String, String> environment) {
        SameDatabase.refuse(source, target);
        Predicate<Difference> expected = order.permitted ? unavoidable().or(rebuilt()) : rebuilt();
        Predicate<Difference> wanted = expected.negate();
        Memberships joined = order.joinOwners ? Memberships.ofOwners(target, console) : null;
        try (joined; Snapshot snapshot = Snapshot.take(source, selection, console)) {
            requireComparable(snapshot);
            console.begin();
            compare(new Verification(snapshot, ComputingSessions.on(target, environment, console), selection, console,
                    order.workers), wanted);
        }
    }

    private Predicate<Difference> rebuilt() {
        try (Session ours = source.session(); Session theirs = target.session()) {
            return order.rebuilt && TimescaleExtension.of(ours) != null || RebuiltDifferences.areMeant(ours, theirs)
                    ? RebuiltDifferences.of(ours, List.of())::cover : difference -> false;
        }
    }

    /** A side whose extension holds what others have put there cannot be asked what is in it. */
    private void requireComparable(Snapshot snapshot) {
        try (Session there = target.session()) {
            TimescaleExtension.of(snapshot.holder());
            TimescaleExtension.of(there);
        }
    }

    private Predicate<Difference> unavoidable() {
        try (Session ours = source.session(); Session theirs = target.session()) {
            return UnavoidableDifferences.of(source, ours, target, theirs)::covers;
        }
    }

    private void compare(Verification verification, Predicate<Difference> wanted) {
        List<Difference> differences;
        ProgressLine line = console.progress(verification::state);
        try {
            differences = verification.run(order.level).stream().filter(wanted).toList();
        } finally {
            line.close();
        }
        DifferenceTable.lines(differences, console.verbose()).forEach(text -> console.out("%s", text));
        List<UndecidedRelation> undecided = verification.undecided();
        undecided.forEach(relation -> console.warn("not decided: %s", relation));
        ComparedRows rows = verification.compared();
        String compared = order.level == Verification.Level.OBJECTS ? "objects" : rows.text();
        if (!differences.isEmpty()) {
            console.say("%s compared", compared);
            throw Failure.differences("%s", Count.of(differences.size(), "difference"));
        }
        console.say("%s compared%s: no differences%s", compared,
                order.level == Verification.Level.SAMPLE ? " (" + rows.contents() + ")" : "",
                undecided.isEmpty() ? "" : ", " + undecided.size() + " not decided");
    }
}
