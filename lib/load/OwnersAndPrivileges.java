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
    record Wanted(List<OwnedObjects.Owned> objects, Contents contents, boolean privileges, List<String> more) {
    }

    private final Wanted wanted;
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
    OwnersAndPrivileges(Wanted wanted, Server target, Session to, Memberships memberships, AfterLoad afterLoad,
            Function<UnaryOperator<String>, List<RefusedStatement>> archived,
            Console console, Steps steps, Report report) {
        this.wanted = wanted;
        this.target = target;
        this.to = to;
        this.afterLoad = afterLoad;
        this.archived = archived;
        this.console = console;
        this.steps = steps;
        this.report = report;
        ownership = new Ownership(to, target.facts(), memberships);
    }

    @Override
    public void owners(Predicate<OwnedObjects.Owned> there) {
        if (!wanted.objects.isEmpty()) {
            steps.run("owners", () -> {
                given.addAll(ownership
                        .give(wanted.objects.stream().filter(there.and(OwnersAndPrivileges::isEarly)).toList()));
                return given.size() + " objects given";
            });
        }
    }

    @Override
    public Map<Archive.Address, String> afterwards() {
        List<OwnedObjects.Owned> later =
                wanted.objects.stream().filter(object -> isEarly(object) && !given.contains(object)).toList();
        Map<Archive.Address, String> statements = ownership.afterwards(later);
        later.stream().filter(object -> statements.containsKey(new Archive.Address(object.catalog(), object.oid())))
                .forEach(given::add);
        return statements;
    }

    /** Rows of large objects come late, and nothing is computed as their owner; event triggers come last of all. */
    public static boolean isEarly(OwnedObjects.Owned object) {
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
    void rest() {
        List<OwnedObjects.Owned> others = wanted.objects.stream().filter(object -> !isEventTrigger(object)).toList();
        ownership.giveUp(others.stream().filter(object -> !given.contains(object)).toList());
        ownership.kept(others).stream().filter(object -> !object.isPublic())
                .collect(Collectors.groupingBy(OwnedObjects.Owned::owner, TreeMap::new, Collectors.toList()))
                .forEach((owner, kept) -> report.note("\"%s\" owns what \"%s\" owned on the source: %s",
                        target.facts().user(), owner,
                        Count.some(kept)));
    }

    /** Gives the event triggers. */
    void eventTriggers() {
        ownership.giveUp(wanted.objects.stream().filter(OwnersAndPrivileges::isEventTrigger).toList());
    }

    @Override
    public void privileges() {
        if (done || !wanted.privileges) {
            return;
        }
        done = true;
        Grantors grantors = new Grantors(ownership);
        Grantees grantees = new Grantees(to, target.facts().user(), ownership);
        UnaryOperator<String> words = target.facts().superuser() ? UnaryOperator.identity() : grantors::speak;
        refusals.addAll(archived.apply(script -> words.apply(grantees.known(script))));
        afterLoad.attempt(
                wanted.contents.of(target.database(), wanted.contents.privileges()).stream().map(words).toList(),
                "giving the privileges on the database");
        afterLoad.attempt(wanted.more.stream().map(words).toList(), "giving privileges");
        grantees.notes().forEach(this::warn);
        grantors.represented().forEach(
                grantor -> warn("what role \"%s\" granted is granted by the owners instead: \"%s\" cannot act as it"
                        .formatted(grantor, target.facts().user())));
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
