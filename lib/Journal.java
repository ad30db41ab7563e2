//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Connecting.java Console.java Extensions.java Failure.java Grants.java Leftovers.java OwnedObjects.java RestoringMode.java Rows.java
//SOURCES Selection.java Sql.java Timescale.java
package lib;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What a run makes on the target, written down there before it is made, in a schema {@value Selection#OWN_SCHEMA} that goes when all is
 * well. From it a later run can undo a failed one object by object, without the right to drop the database.
 */
public final class Journal {
    private static final String SCHEMA = Sql.ident(Selection.OWN_SCHEMA);
    /** The key of the advisory lock that a run holds: "tsmig" in ASCII. */
    private static final long LOCK = 0x74736d6967L;
    /** How to find out who is at work on the target. */
    public static final String IN_USE_HINT = "wait for it, or end its sessions: SELECT pid, client_addr FROM pg_stat_activity WHERE application_name = 'tsmigrate'";
    /** Few enough that the locks of one transaction fit into the smallest lock table. */
    private static final int DROPS_A_TRANSACTION = 50;

    private record Made(String kind, String identity) {
        String drop() {
            if (kind.equals("LARGE OBJECT")) {
                return "SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata WHERE oid = " + identity;
            }
            boolean builtIn = kind.equals("SCHEMA") && identity.equals("public");
            return builtIn ? "SELECT" : "DROP " + kind + " IF EXISTS " + identity + " CASCADE";
        }
    }

    private final Connection session;

    private Journal(Connection session) {
        this.session = session;
    }

    /**
     * Keeps every other run off this target for as long as the session lasts.
     *
     * @throws Failure refused, when another run is at work there
     */
    public static void lock(Connection target) {
        if (!"t".equals(Rows.text(target, "target", "locking the target", "SELECT pg_catalog.pg_try_advisory_lock(" + LOCK + ")"))) {
            throw inUse();
        }
    }

    /** @return whether a run is at work on this target now */
    public static boolean locked(Connection target) {
        return !"0".equals(Rows.text(target, "target", "looking for another run", """
                SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l
                 WHERE l.locktype = 'advisory' AND l.pid <> pg_catalog.pg_backend_pid()
                   AND (l.classid::bigint << 32 | l.objid::bigint) = %d
                   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())"""
                .formatted(LOCK)));
    }

    private static Failure inUse() {
        return Failure.refused("another migration is at work on the target").hint("%s", IN_USE_HINT);
    }

    /** @return whether a run has begun on this target and has not ended well */
    public static boolean exists(Connection target) {
        return "t".equals(Rows.text(target, "target", "looking for an earlier run",
                "SELECT pg_catalog.to_regclass('" + Selection.OWN_SCHEMA + ".made') IS NOT NULL"));
    }

    /**
     * Begins a run: all that it will make is recorded before anything is made.
     *
     * @param session a session that stays open as long as the journal is used
     */
    public static Journal begin(Connection session, List<OwnedObjects.Owned> objects, List<Extensions.Extension> extensions) {
        Rows.run(session, "target", "beginning the journal", """
                BEGIN;
                CREATE SCHEMA %1$s;
                CREATE TABLE %1$s.run (started timestamptz NOT NULL DEFAULT pg_catalog.now(), version text NOT NULL);
                CREATE TABLE %1$s.made (position int GENERATED ALWAYS AS IDENTITY, kind text NOT NULL, identity text NOT NULL);
                CREATE TABLE %1$s.membership (role text NOT NULL);
                CREATE TABLE %1$s.default_privileges AS SELECT oid FROM pg_catalog.pg_default_acl;
                CREATE TABLE %1$s.found AS SELECT pg_catalog.format('%%I', nspname) AS schema FROM pg_catalog.pg_namespace""".formatted(SCHEMA));
        Set<String> found = found(session);
        Journal journal = new Journal(session);
        List<Made> made = new ArrayList<>();
        for (Extensions.Extension extension : extensions) {
            // Those that come along by CASCADE go with it.
            extension.missing().forEach(along -> made.add(new Made("EXTENSION", Sql.ident(along))));
            made.add(new Made("EXTENSION", Sql.ident(extension.name())));
        }
        // What stood there before, such as the schema of an extension, must outlast the undoing.
        objects.stream().filter(object -> !(object.kind().equals("SCHEMA") && found.contains(object.identity())))
                .forEach(object -> made.add(new Made(object.kind(), object.identity())));
        record(session, made);
        Rows.run(session, "target", "beginning the journal",
                "INSERT INTO " + SCHEMA + ".run (version) VALUES (" + Sql.literal(Console.VERSION) + "); COMMIT");
        return journal;
    }

    private static void record(Connection session, List<Made> made) {
        try (PreparedStatement insert = session.prepareStatement("INSERT INTO " + SCHEMA + """
                .made (kind, identity) SELECT m.kind, m.identity
                  FROM ROWS FROM (pg_catalog.unnest(?::text[]), pg_catalog.unnest(?::text[])) WITH ORDINALITY m(kind, identity, position)
                 ORDER BY m.position""")) {
            insert.setArray(1, session.createArrayOf("text", made.stream().map(Made::kind).toArray()));
            insert.setArray(2, session.createArrayOf("text", made.stream().map(Made::identity).toArray()));
            insert.executeUpdate();
        } catch (SQLException e) {
            throw Connecting.statement("target", "beginning the journal", e);
        }
    }

    /** Remembers that the connecting user was made a member of a role for the time of the run. */
    public void member(String role) {
        Rows.run(session, "target", "writing the journal", "INSERT INTO " + SCHEMA + ".membership VALUES (" + Sql.literal(role) + ")");
    }

    private static List<String> memberships(Connection target) {
        return Rows.texts(target, "target", "reading the journal", "SELECT role FROM " + SCHEMA + ".membership");
    }

    /** @return the extensions that {@link #undo} will remove, their names quoted */
    public static Set<String> extensions(Connection target) {
        return made(target).stream().filter(made -> made.kind.equals("EXTENSION")).map(Made::identity).collect(Collectors.toSet());
    }

    /** @return what the failed run did not make and that is there nevertheless */
    public static List<OwnedObjects.Owned> strangers(Connection target) {
        Set<Made> made = new HashSet<>(made(target));
        Set<String> found = found(target);
        return OwnedObjects.list(target, "target").stream().filter(OwnedObjects.usersOwn(target))
                .filter(object -> !made.contains(new Made(object.kind(), object.identity()))
                        && !(object.kind().equals("SCHEMA") && found.contains(object.identity()))).toList();
    }

    private static Set<String> found(Connection target) {
        return Set.copyOf(Rows.texts(target, "target", "reading the journal", "SELECT schema FROM " + SCHEMA + ".found"));
    }

    private static List<Made> made(Connection target) {
        // An extension that an administrator has created since is not ours to drop.
        return Rows.list(target, "target", "reading the journal", """
                SELECT kind, identity FROM %s.made
                 WHERE kind <> 'EXTENSION' OR EXISTS (SELECT FROM pg_catalog.pg_extension e
                                                       WHERE identity = '"' || e.extname || '"' AND pg_catalog.pg_has_role(e.extowner, 'USAGE'))
                 ORDER BY kind <> 'EVENT TRIGGER', kind = 'EXTENSION', kind = 'SCHEMA', position DESC""".formatted(SCHEMA),
                row -> new Made(row.getString(1), row.getString(2)));
    }

    /**
     * Removes exactly what the failed run made, and the journal. What depends on it goes too, so ask for {@link #strangers} first.
     *
     * @return how many objects were removed
     */
    public static int undo(Connection target) {
        // As long as we hold the lock, sessions of our name are nobody else's run.
        Leftovers.end(target);
        List<Made> made = made(target);
        Timescale timescale = Timescale.of(target, "target");
        if (timescale == null) {
            drop(target, made, object -> true);
        } else {
            // As parts of hypertables they could not be dropped one by one.
            RestoringMode.withdraw(target, timescale, () -> drop(target, made, object -> !object.kind.equals("EXTENSION")));
            drop(target, made, object -> object.kind.equals("EXTENSION") || object.kind.equals("SCHEMA"));
        }
        // Left standing, they would give the new run's objects privileges that the source's do not have.
        Grants.defaultsSince(target, SCHEMA + ".default_privileges").forEach(sql -> Rows.run(target, "target", "taking back default privileges", sql));
        revoke(target);
        remove(target);
        return made.size();
    }

    private static void drop(Connection target, List<Made> made, Predicate<Made> wanted) {
        List<String> drops = made.stream().filter(wanted).map(Made::drop).toList();
        for (int i = 0; i < drops.size(); i += DROPS_A_TRANSACTION) {
            Rows.run(target, "target", "removing what the failed run made",
                    String.join(";", drops.subList(i, Math.min(drops.size(), i + DROPS_A_TRANSACTION))));
        }
    }

    /**
     * Ends the run: all is well, and nothing of ours stays.
     *
     * @param superuser whether the user's event triggers may be kept from seeing it (session_replication_role)
     */
    public void end(boolean superuser) {
        if (superuser) {
            Rows.run(session, "target", "removing the journal", "SET session_replication_role = replica");
        }
        revoke(session);
        Rows.run(session, "target", "removing the journal", String.join(";", unseen("DROP SCHEMA " + SCHEMA + " CASCADE")));
    }

    /** Event triggers that fire in every session ({@code ENABLE ALWAYS}), or that only a superuser could have kept from firing, are off for a transaction. */
    private List<String> unseen(String drop) {
        List<List<String>> triggers = Rows.list(session, "target", "listing the event triggers", """
                SELECT pg_catalog.quote_ident(evtname), CASE evtenabled WHEN 'A' THEN ' ALWAYS' WHEN 'R' THEN ' REPLICA' ELSE '' END
                  FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' AND pg_catalog.pg_has_role(evtowner, 'USAGE')
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = pg_event_trigger.oid AND d.deptype = 'e'
                                      AND d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass)""", row -> List.of(row.getString(1), row.getString(2)));
        List<String> statements = new ArrayList<>();
        triggers.forEach(trigger -> statements.add("ALTER EVENT TRIGGER " + trigger.get(0) + " DISABLE"));
        statements.add(drop);
        triggers.forEach(trigger -> statements.add("ALTER EVENT TRIGGER " + trigger.get(0) + " ENABLE" + trigger.get(1)));
        return statements;
    }

    private static void revoke(Connection target) {
        for (String role : memberships(target)) {
            Rows.run(target, "target", "giving back the membership in role \"" + role + "\"",
                    "REVOKE " + Sql.ident(role) + " FROM CURRENT_USER");
        }
    }

    private static void remove(Connection target) {
        try (Statement statement = target.createStatement()) {
            statement.execute("DROP SCHEMA " + SCHEMA + " CASCADE");
        } catch (SQLException e) {
            throw Connecting.statement("target", "removing the journal", e);
        }
    }
}
