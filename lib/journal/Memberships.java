//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.catalog.OwnedObjects;
import lib.server.JournalTables;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetLock;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Sql;

/**
 * The memberships that a target user who is not a superuser is granted for as long as this is open. However the command
 * ends, they are restored: a membership that existed is granted as it was, and only new ones are revoked. They are
 * recorded in the journal, too, for {@code kill -9}: the next run with {@code --restart} restores them, and so does
 * {@code repair}.
 */
public final class Memberships implements AutoCloseable {
    /**
     * The key of the advisory lock under which memberships change: "tsmem" in ASCII. A session that a signal has cut
     * off may still be at it. Anybody can take such a lock, so it is not waited for without end.
     */
    private static final String TURN =
            "SELECT pg_catalog.set_config('lock_timeout', '2s', true), pg_catalog.pg_advisory_xact_lock("
                    + 0x74736d656dL + ")";
    private static final String TABLE = JournalTables.MEMBERSHIP.sql();

    private final Server target;
    private final Server.Facts facts;
    private final Console console;
    private final TargetLock lock;
    private final Cleanup.Task leaving;
    /** In the order in which they were taken, for one may have been needed to take the next. */
    private final List<PriorMembership> taken = new ArrayList<>();
    private volatile boolean recorded;

    /**
     * @param lock of the run that they are for, or null: another run of the same user needs them from the moment when
     * that is lost
     * @param console hears which memberships could not be put back
     */
    public Memberships(Server target, TargetLock lock, Console console) {
        this.target = target;
        this.lock = lock;
        facts = target.facts();
        this.console = console;
        leaving = Cleanup.puttingBack(this::putBack, this::reportFailure);
    }

    /** Takes the memberships of all owners of objects that the user is no member of, and can become one. */
    public static Memberships ofOwners(Server target, Console console) {
        Memberships memberships = new Memberships(target, null, console);
        try (Session session = target.session()) {
            if (!memberships.facts.superuser()) {
                List<String> owners = OwnedObjects.list(session).stream().map(OwnedObjects.Owned::owner)
                        .distinct().toList();
                takeable(session, memberships.facts, owners, List.of())
                        .forEach(membership -> memberships.take(session, membership));
            }
            return memberships;
        } catch (RuntimeException e) {
            memberships.close();
            throw e;
        }
    }

    /**
     * @param created roles that do not exist yet, and will have been created by the connecting user
     * @return those of the roles that a user who is not a superuser is not a member of and can become one of (never of
     * pg_database_owner: PostgreSQL manual, 22.5 "Predefined Roles")
     */
    public static List<PriorMembership> takeable(Session target, Server.Facts facts, Collection<String> roles,
            Collection<String> created) {
        List<String> there = target.texts("asking for memberships",
                "SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname <> 'pg_database_owner' AND "
                        + Membership.mayGrant("r.oid"));
        Set<String> wanted = new TreeSet<>(roles);
        wanted.retainAll(there);
        List<PriorMembership> takeable = PriorMembership.ask(target, facts, wanted).stream()
                .filter(current -> !current.able() && current.open())
                .map(PriorMembership.State::membership).collect(Collectors.toList());
        new TreeSet<>(roles).stream().filter(role -> created.contains(role) && !there.contains(role))
                .forEach(role -> takeable.add(new PriorMembership(role, facts.user(), null, null)));
        takeable.sort((one, other) -> one.role().compareTo(other.role()));
        return takeable;
    }

    /**
     * From now on the journal of the run is there, and each membership is written down with the statement that takes
     * it.
     */
    public void record() {
        recorded = true;
    }

    /**
     * Becomes a member of a role, if the user is not one with all its rights.
     *
     * @return whether it is one now whose rights the user has without further ado
     * @throws Failure when the server refuses it
     */
    public boolean join(Session session, String role) {
        List<PriorMembership.State> current = PriorMembership.ask(session, facts, List.of(role));
        if (current.isEmpty() || current.get(0).able()) {
            return !current.isEmpty();
        } else if (!current.get(0).open()) {
            return false;
        }
        take(session, current.get(0).membership());
        // Before PostgreSQL 16, somebody with NOINHERIT is one and has none of its rights.
        return PriorMembership.ask(session, facts, List.of(role)).stream().anyMatch(PriorMembership.State::able);
    }

    private void take(Session session, PriorMembership membership) {
        synchronized (taken) {
            taken.add(membership);
        }
        String joining = membership.joining(facts);
        try {
            // One transaction: what is not granted is not in the journal, and the other way round.
            session.run("granting temporary membership in role \"" + membership.role() + "\"",
                    recorded && membership.grantor() != null ? String.join("; ", TURN, recording(membership), joining)
                            : TURN + "; " + joining);
        } catch (RuntimeException e) {
            if (isOpen(session)) {
                synchronized (taken) {
                    taken.remove(membership);
                }
            }
            throw e;
        }
    }

    private static String recording(PriorMembership membership) {
        return "INSERT INTO " + TABLE + " SELECT r.oid, g.oid, " + membership.inherit() + ", " + membership.set()
                + ", true FROM pg_catalog.pg_roles r, pg_catalog.pg_roles g"
                + " WHERE r.rolname = " + Sql.literal(membership.role()) + " AND g.rolname = "
                + Sql.literal(membership.grantor());
    }

    /**
     * A statement that the server refused has done nothing; what was under way when the connection broke may be done.
     */
    private static boolean isOpen(Session session) {
        return !session.isClosed();
    }

    /** @return the roles of which an interrupted run has left the user a member; the journal is there */
    public static List<String> leftBehind(Session session) {
        return session.texts("reading the journal",
                "SELECT DISTINCT r.rolname FROM " + TABLE
                        + " m JOIN pg_catalog.pg_roles r ON r.oid = m.role WHERE m.taken ORDER BY 1");
    }

    /** Has what an interrupted run has taken put back with this, as its journal says. */
    public void adopt(Session session) {
        recorded = true;
        synchronized (taken) {
            taken.addAll(leftBehind(session, facts));
        }
    }

    /** @return the statements that put back what an interrupted run has taken */
    public static List<String> puttingBack(Session session, Server.Facts facts) {
        List<PriorMembership> all = leftBehind(session, facts);
        Collections.reverse(all);
        List<String> statements =
                all.stream().map(membership -> membership.leaving(facts)).collect(Collectors.toList());
        statements.add("UPDATE " + TABLE + " SET taken = false");
        return statements;
    }

    private static List<PriorMembership> leftBehind(Session session, Server.Facts facts) {
        return new ArrayList<>(session.list("reading the journal", "SELECT r.rolname, g.rolname, m."
                + Sql.ident("inherit") + ", m." + Sql.ident("set")
                + " FROM " + TABLE
                + " m JOIN pg_catalog.pg_roles r ON r.oid = m.role JOIN pg_catalog.pg_roles g ON g.oid = m.grantor "
                + "WHERE m.taken ORDER BY m.ctid",
                row -> new PriorMembership(row.getString(1), row.getString(2), PriorMembership.option(row.getString(3)),
                        PriorMembership.option(row.getString(4)))));
    }

    /** Becomes again a member of all that an interrupted run was: what it has made belongs to them. */
    public void joinAgain(Session session) {
        adopt(session);
        if (!facts.superuser()) {
            session.texts("reading the journal",
                    "SELECT DISTINCT r.rolname FROM " + TABLE
                            + " m JOIN pg_catalog.pg_roles r ON r.oid = m.role WHERE NOT m.taken ORDER BY 1")
                    .forEach(role -> join(session, role));
        }
    }

    /** Puts back everything early. The journal, if there is one, says so. */
    public void putBack(Session session) {
        List<PriorMembership> all;
        synchronized (taken) {
            all = new ArrayList<>(taken);
        }
        if (all.isEmpty()) {
            return;
        }
        // With a role that somebody has dropped, its memberships have gone.
        Set<String> there = new HashSet<>(
                session.texts("listing the roles", "SELECT rolname FROM pg_catalog.pg_roles"));
        Collections.reverse(all);
        List<String> statements = new ArrayList<>(List.of("BEGIN READ WRITE", TURN));
        all.stream().filter(membership -> there.contains(membership.role()))
                .forEach(membership -> statements.add(membership.leaving(facts)));
        if (recorded) {
            statements.add("UPDATE " + TABLE + " SET taken = false");
        }
        statements.add("COMMIT");
        session.run("leaving the roles that were joined", String.join("; ", statements));
        synchronized (taken) {
            taken.removeAll(all);
        }
    }

    private void putBack() {
        synchronized (taken) {
            if (taken.isEmpty()) {
                return;
            }
        }
        try (Session session = target.sessionToPutBack()) {
            if (!recorded || lock == null || lock.isLast(session)) {
                putBack(session);
                return;
            }
            // By the journal, the other run has put back all of this and has taken what it needs itself.
            synchronized (taken) {
                taken.clear();
            }
        }
    }

    private void reportFailure(String reason) {
        List<PriorMembership> all;
        synchronized (taken) {
            all = new ArrayList<>(taken);
        }
        if (all.isEmpty()) {
            return;
        }
        console.warn("user \"%s\" may still be a member of owners on the target: %s", facts.user(), reason);
        List<String> statements = new ArrayList<>();
        all.stream().filter(membership -> membership.inherit() != null)
                .forEach(membership -> statements.add(membership.leavingOfUser(facts) + ";"));
        all.stream().filter(membership -> membership.inherit() == null)
                .collect(Collectors.groupingBy(membership -> membership.by(facts), TreeMap::new, Collectors.toList()))
                .forEach((by,
                        same) -> statements.add("REVOKE "
                                + same.stream().map(membership -> Sql.ident(membership.role()))
                                        .collect(Collectors.joining(", "))
                                + " FROM " + Sql.ident(facts.user()) + by + ";"));
        console.hint("%s", String.join(" ", statements));
    }

    @Override
    public void close() {
        leaving.close();
    }
}
