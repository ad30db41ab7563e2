//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Connecting.java Console.java Extensions.java Failure.java OwnedObjects.java Rows.java Selection.java Sql.java
package lib;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a run makes on the target, written down there before it is made, in a schema {@value Selection#OWN_SCHEMA} that goes when all is
 * well. From it a later run can undo a failed one object by object, without the right to drop the database.
 */
public final class Journal {
    private static final String SCHEMA = Sql.ident(Selection.OWN_SCHEMA);
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
                CREATE TABLE %1$s.membership (role text NOT NULL)""".formatted(SCHEMA));
        Journal journal = new Journal(session);
        try (PreparedStatement insert = session.prepareStatement("INSERT INTO " + SCHEMA + ".made (kind, identity) VALUES (?, ?)")) {
            for (Extensions.Extension extension : extensions) {
                journal.record(insert, "EXTENSION", Sql.ident(extension.name()));
            }
            for (OwnedObjects.Owned object : objects) {
                journal.record(insert, object.kind(), object.identity());
            }
            insert.executeBatch();
        } catch (SQLException e) {
            throw Connecting.statement("target", "beginning the journal", e);
        }
        Rows.run(session, "target", "beginning the journal",
                "INSERT INTO " + SCHEMA + ".run (version) VALUES (" + Sql.literal(Console.VERSION) + "); COMMIT");
        return journal;
    }

    private void record(PreparedStatement insert, String kind, String identity) throws SQLException {
        insert.setString(1, kind);
        insert.setString(2, identity);
        insert.addBatch();
    }

    /** Remembers that the connecting user was made a member of a role for the time of the run. */
    public void member(String role) {
        Rows.run(session, "target", "writing the journal", "INSERT INTO " + SCHEMA + ".membership VALUES (" + Sql.literal(role) + ")");
    }

    private static List<String> memberships(Connection target) {
        return Rows.texts(target, "target", "reading the journal", "SELECT role FROM " + SCHEMA + ".membership");
    }

    /** @return what the failed run did not make and that is there nevertheless */
    public static List<OwnedObjects.Owned> strangers(Connection target) {
        Set<Made> made = new HashSet<>(made(target));
        return OwnedObjects.list(target, "target").stream()
                .filter(object -> !made.contains(new Made(object.kind(), object.identity()))
                        && !(object.kind().equals("SCHEMA") && object.identity().equals("public"))).toList();
    }

    private static List<Made> made(Connection target) {
        return Rows.list(target, "target", "reading the journal", "SELECT kind, identity FROM " + SCHEMA
                + ".made ORDER BY kind <> 'EVENT TRIGGER', kind = 'EXTENSION', kind = 'SCHEMA', position DESC",
                row -> new Made(row.getString(1), row.getString(2)));
    }

    /**
     * Removes exactly what the failed run made, and the journal.
     *
     * @return how many objects were removed
     * @throws Failure refused, when somebody else's objects stand among them
     */
    public static int undo(Connection target) {
        List<OwnedObjects.Owned> strangers = strangers(target);
        if (!strangers.isEmpty()) {
            throw Failure.refused("the target holds objects that the failed run did not make: %s%s", strangers.get(0),
                    strangers.size() > 1 ? " and " + (strangers.size() - 1) + " more" : "").hint("move or drop them, then run again with --restart");
        }
        List<String> drops = made(target).stream().map(Made::drop).toList();
        for (int i = 0; i < drops.size(); i += DROPS_A_TRANSACTION) {
            Rows.run(target, "target", "removing what the failed run made",
                    String.join(";", drops.subList(i, Math.min(drops.size(), i + DROPS_A_TRANSACTION))));
        }
        revoke(target);
        remove(target);
        return drops.size();
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
        remove(session);
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
