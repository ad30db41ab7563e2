//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.OwnedObjects;
import lib.journal.Memberships;
import lib.server.Server;
import lib.server.Session;
import lib.source.Contents;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Report;
import lib.talk.Steps;
import lib.tools.RefusedStatement;

/**
 * The owners of what a load makes, and the privileges on it. Owners come right after the tables, and with what is made
 * later, for the server computes index expressions, statistics and materialized views with the rights of the owner;
 * privileges come after the indexes, as with pg_restore.
 */
public final class OwnersAndPrivileges implements LoadMethod.Rights {
    /** What an order and a source ask for; without owners there are no objects. */
    record Request(List<OwnedObjects.Owned> objects, Contents contents, boolean privileges, List<String> more) {
    }

    private final Request request;
    private final Server target;
    private final Session to;
    private final AfterLoad afterLoad;
    private final Function<UnaryOperator<String>, List<RefusedStatement>> archived;
    private final Console console;
    private final Steps steps;
    private final Report report;
    private final Ownership ownership;
    private final Set<OwnedObjects.Owned> given = new HashSet<>();
    private final List<RefusedStatement> refusals = new ArrayList<>();
    private boolean done;

    /**
     * @param to a session on the target
     * @param archived gives the privileges of the archive, and returns what was refused
     */
    OwnersAndPrivileges(Request request, Server target, Session to, Memberships memberships, AfterLoad afterLoad,
            Function<UnaryOperator<String>, List<RefusedStatement>> archived,
            Console console, Steps steps, Report report) {
        this.request = request;
        this.target = target;
        this.to = to;
        this.afterLoad = afterLoad;
        this.archived = archived;
        this.console = console;
        this.steps = steps;
        this.report = report;
        ownership = new Ownership(to, target.facts(), memberships);
    }

    /** The owners that an interrupted run has given may be others on the source now. */
    void follow() {
        if (!request.objects.isEmpty()) {
            ownership.follow();
        }
    }

    @Override
    public void setOwners(Predicate<OwnedObjects.Owned> there) {
        if (!request.objects.isEmpty()) {
            steps.run("owners", () -> {
                given.addAll(ownership
                        .setOwners(
                                request.objects.stream().filter(there.and(OwnersAndPrivileges::isSetEarly)).toList()));
                return given.size() + " objects given";
            });
        }
    }

    @Override
    public Map<Archive.Address, String> ownersOnCreation() {
        List<OwnedObjects.Owned> later =
                request.objects.stream().filter(object -> isSetEarly(object) && !given.contains(object)).toList();
        Map<Archive.Address, String> statements = ownership.ownersOnCreation(later);
        later.stream().filter(object -> statements.containsKey(new Archive.Address(object.catalog(), object.oid())))
                .forEach(given::add);
        return statements;
    }

    /** Rows of large objects come late, and nothing is computed as their owner; event triggers come last of all. */
    public static boolean isSetEarly(OwnedObjects.Owned object) {
        return !object.kind().equals("LARGE OBJECT") && !isEventTrigger(object);
    }

    /** @return whether it is created after all others have their owners */
    public static boolean isEventTrigger(OwnedObjects.Owned object) {
        return object.kind().equals("EVENT TRIGGER");
    }

    /**
     * Gives the rest, but for event triggers: large objects, and what the connecting user could not have filled any
     * more.
     */
    void setRemainingOwners() {
        List<OwnedObjects.Owned> others = request.objects.stream().filter(object -> !isEventTrigger(object)).toList();
        ownership.setRemainingOwners(others.stream().filter(object -> !given.contains(object)).toList());
        ownership.keptByUser(others).stream().filter(object -> !object.isPublic())
                .collect(Collectors.groupingBy(OwnedObjects.Owned::owner, TreeMap::new, Collectors.toList()))
                .forEach((owner, kept) -> report.note("\"%s\" owns what \"%s\" owned on the source: %s",
                        target.facts().user(), owner,
                        Count.some(kept)));
    }

    /** Gives the event triggers. */
    void setEventTriggerOwners() {
        ownership.setRemainingOwners(request.objects.stream().filter(OwnersAndPrivileges::isEventTrigger).toList());
    }

    @Override
    public void grantPrivileges() {
        if (done || !request.privileges) {
            return;
        }
        done = true;
        Grantors grantors = new Grantors(ownership);
        Grantees grantees = new Grantees(to, target.facts().user(), ownership);
        UnaryOperator<String> rewrite = target.facts().superuser() ? UnaryOperator.identity() : grantors::rewrite;
        refusals.addAll(archived.apply(script -> rewrite.apply(grantees.rewrite(script))));
        afterLoad.runTolerant(
                request.contents.of(target.database(), request.contents.privileges()).stream().map(rewrite).toList(),
                "giving the privileges on the database");
        afterLoad.runTolerant(request.more.stream().map(rewrite).toList(), "giving privileges");
        grantees.warnings().forEach(this::warn);
        grantors.replacedGrantors().forEach(
                grantor -> warn(("privileges granted by role \"%s\" are granted by the owners instead: "
                        + "\"%s\" cannot act as it").formatted(grantor, target.facts().user())));
    }

    /** @return the privileges that the target refused */
    List<RefusedStatement> refusals() {
        return refusals;
    }

    private void warn(String text) {
        report.note("warning: %s", text);
        console.warn("%s", text);
    }
}
