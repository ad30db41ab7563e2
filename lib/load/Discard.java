package lib.load;

import java.util.stream.Collectors;
import lib.journal.Memberships;
import lib.journal.Removal;
import lib.server.JournalTables;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetLock;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;

/** Leaves a target as it was before an interrupted run, but for the roles that this has created. */
public final class Discard {
    private final Server target;

    public Discard(Server target) {
        this.target = target;
    }

    /**
     * Removes what the run has made.
     *
     * @return whether there was a run whose work could be removed
     * @throws Failure when a migration is at work there, or when there are objects that the run has not made
     */
    public boolean run(Console console) {
        try (Session session = target.session()) {
            if (TargetLock.isTaken(session)) {
                throw Failure.of("a migration is running on the target").hint("%s", TargetLock.IN_USE_HINT);
            }
            if (!JournalTables.exist(session)) {
                return false;
            }
            Removal.Result result;
            try (TargetLock lock = TargetLock.take(target.session());
                    Memberships memberships = new Memberships(target, lock, console)) {
                result = Removal.run(lock, session, memberships, console::begin, "--discard");
            }
            console.out("target: %s of an interrupted run removed; the database is as it was before",
                    Count.of(result.objects(), "object"));
            if (!result.roles().isEmpty()) {
                console.out("target: %s", keptRoles(result));
            }
            warnOfRefused(result, target, console);
            return true;
        }
    }

    /** @return the roles that stay, which the run has created, in words */
    static String keptRoles(Removal.Result removed) {
        return "roles that the run has created are kept: "
                + removed.roles().stream().map(role -> '"' + role + '"').collect(Collectors.joining(", "));
    }

    /** Prints what the user may not bring back. */
    static void warnOfRefused(Removal.Result removed, Server target, Console console) {
        if (!removed.refused().isEmpty()) {
            console.warn("user \"%s\" may not bring back everything as it was", target.facts().user());
            console.hint("as a superuser or the owner: %s", String.join(" ", removed.refused()));
        }
    }
}
