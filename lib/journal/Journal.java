//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import lib.catalog.Archive;
import lib.catalog.Extensions;
import lib.catalog.ObjectKind;
import lib.catalog.OwnedObjects;
import lib.catalog.UnownedObjects;
import lib.server.EventTriggers;
import lib.server.JournalTables;
import lib.server.Leftovers;
import lib.server.OwnSchema;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Heartbeat;
import lib.talk.RunName;
import lib.talk.Sql;

/**
 * What a run makes on the target, written down there in tables of ours ({@link JournalTables}) that go when all is
 * well: before anything is made its name, and in the transaction that makes it its address. From it a later run can
 * undo a failed one object by object, without the right to drop the database ({@link Removal}).
 */
public final class Journal {
    private final Server target;
    private final Session session;
    private final Map<Archive.Address, OwnedObjects.Owned> planned = new HashMap<>();
    private ClientObjectRecorder recorder;

    private Journal(Server target, Session session) {
        this.target = target;
        this.session = session;
    }

    /**
     * Begins a run: all that it will make is recorded before anything is made.
     *
     * @param target for a session beside it
     * @param session a session that stays open as long as the journal is used
     * @throws Failure when something else has the name of our schema
     */
    public static Journal begin(Server target, Session session, List<OwnedObjects.Owned> objects,
            List<Extensions.Extension> extensions) {
        session.run("beginning the journal", "BEGIN");
        try {
            OwnSchema.create(session, JournalTables.ALL);
            Journal journal = new Journal(target, session);
            journal.start();
            journal.plan(objects, extensions);
            session.run("beginning the journal", "COMMIT");
            return journal;
        } catch (RuntimeException e) {
            rollBack(session);
            throw e;
        }
    }

    private static void rollBack(Session session) {
        try {
            session.run("rolling back a transaction", "ROLLBACK");
        } catch (Failure e) {
            // The session has ended, and the transaction with it.
        }
    }

    private void start() {
        session.run("beginning the journal",
                """
                INSERT INTO %s VALUES (pg_catalog.clock_timestamp(), %s, pg_catalog.txid_current(), %s);
                INSERT INTO %s SELECT a.oid FROM pg_catalog.pg_default_acl a;
                INSERT INTO %s SELECT n.tableoid, n.oid FROM pg_catalog.pg_namespace n UNION ALL
                  SELECT e.tableoid, e.oid FROM pg_catalog.pg_extension e;
                %s;
                %s""".formatted(JournalTables.RUN.sql(), Sql.literal(Console.VERSION), Sql.literal(RunName.TEXT),
                        JournalTables.DEFAULT_PRIVILEGES.sql(),
                        JournalTables.FOUND.sql(), MadeSettings.FOUND, Leftovers.REGISTRATION));
    }

    private void plan(List<OwnedObjects.Owned> objects, List<Extensions.Extension> extensions) {
        // What stands there before, such as the schema of an extension, is not made, and so it outlasts the undoing.
        objects.forEach(object -> planned.put(new Archive.Address(object.catalog(), object.oid()), object));
        List<OwnedObjects.Owned> all = new ArrayList<>(objects);
        extensions.forEach(extension -> all.addAll(along(extension)));
        try (PreparedStatement insert = session.prepareStatement("INSERT INTO " + JournalTables.PLANNED.sql()
                + " SELECT p.* FROM ROWS FROM (pg_catalog.unnest(?::text[]), pg_catalog.unnest(?::text[]), "
                + "pg_catalog.unnest(?::text[])) p")) {
            Function<Function<OwnedObjects.Owned, String>, Object[]> column =
                    value -> all.stream().map(value).toArray();
            insert.setArray(1, session.createArrayOf("text", column.apply(OwnedObjects.Owned::kind)));
            insert.setArray(2, session.createArrayOf("text", column.apply(OwnedObjects.Owned::identity)));
            insert.setArray(3, session.createArrayOf("text", column.apply(OwnedObjects.Owned::owner)));
            insert.executeUpdate();
        } catch (SQLException e) {
            throw session.failure("beginning the journal", e);
        }
    }

    /** @return the extension and those that come along by CASCADE, with the schema that may be made for it */
    private static List<OwnedObjects.Owned> along(Extensions.Extension extension) {
        List<OwnedObjects.Owned> along = new ArrayList<>();
        along.add(named(ObjectKind.EXTENSION, Sql.ident(extension.name())));
        extension.missing().forEach(other -> along.add(named(ObjectKind.EXTENSION, Sql.ident(other))));
        along.add(named(ObjectKind.SCHEMA, Sql.ident(extension.schema())));
        return along;
    }

    private static OwnedObjects.Owned named(ObjectKind kind, String identity) {
        return new OwnedObjects.Owned(0, 0, kind.word(), identity, null, null, false);
    }

    /** Creates an extension, and records it in the same transaction. One that is there already stays as it is. */
    public void create(Extensions.Extension extension) {
        create("creating extension " + extension.name(), Extensions.create(extension), along(extension));
    }

    /** Creates a schema that is not there, and records it in the same transaction. */
    public void createSchema(String name) {
        create("creating schema " + name, List.of("CREATE SCHEMA IF NOT EXISTS " + Sql.ident(name)),
                List.of(named(ObjectKind.SCHEMA, Sql.ident(name))));
    }

    private void create(String doing, List<String> statements, List<OwnedObjects.Owned> made) {
        session.run(doing, "BEGIN");
        try {
            statements.forEach(sql -> session.run(doing, sql));
            session.run(doing, ObjectKind.recording(made) + "; COMMIT");
        } catch (RuntimeException e) {
            rollBack(session);
            throw e;
        }
    }

    /**
     * What is to be appended to statements of one transaction, so that it records what they create.
     *
     * @param entries of the archive, those whose statements these are
     * @return "" where they create nothing that stands by itself
     */
    public String recording(Collection<Archive.Entry> entries) {
        Set<OwnedObjects.Owned> made = new HashSet<>();
        for (Archive.Entry entry : entries) {
            OwnedObjects.Owned object = planned.get(entry.address());
            if (object != null) {
                made.add(object);
            }
            // A shell stands there before what it becomes, and under no address of the archive.
            if (entry.kind().equals("SHELL TYPE") || entry.kind().equals("OPERATOR")) {
                String kind = entry.kind().replace("SHELL ", "");
                planned.values().stream().filter(other -> other.kind().equals(kind)).forEach(made::add);
            }
        }
        List<String> statements = new ArrayList<>();
        if (!made.isEmpty()) {
            statements.add(ObjectKind.recording(made));
        }
        if (entries.stream().anyMatch(entry -> entry.kind().equals("OPERATOR"))) {
            statements.add(ObjectKind.recordingShellOperators());
        }
        if (entries.stream().anyMatch(entry -> UnownedObjects.KINDS.contains(entry.kind()))) {
            statements.add(ObjectKind.recordingOwnerless());
        }
        return String.join("; ", statements);
    }

    /** @return the statement that records large objects that were created in the same transaction */
    public String recordingLargeObjects(List<Long> identifiers) {
        return ObjectKind
                .recording(Map.of(ObjectKind.LARGE_OBJECT, identifiers.stream().map(String::valueOf).toList()));
    }

    /**
     * Has a client program create what it creates, in transactions of its own: the server writes that down until the
     * program has ended, even when this process has not lived to see it. Where the server cannot, it is done from here
     * every second and in the end; what was created in the last second before a kill is then not dropped later, but
     * named.
     */
    public void watching(Runnable program) {
        Heartbeat heartbeat = isRecorded() ? null : new Heartbeat("journal", 1, this::recordOfPrograms);
        try {
            program.run();
        } finally {
            if (heartbeat != null) {
                heartbeat.close();
            }
            recordQuietly();
        }
    }

    private synchronized boolean isRecorded() {
        if (recorder == null || !recorder.isRunning()) {
            recorder = ClientObjectRecorder.begin(session, target);
        }
        return recorder != null;
    }

    /** A program that has failed may have left sessions which still commit. */
    private void recordQuietly() {
        try {
            Leftovers.awaitPrograms(session);
            recordOfPrograms();
        } catch (Failure e) {
            // The session has ended: the step has failed by itself, or the next one will.
        }
    }

    private void recordOfPrograms() {
        session.run("writing the journal", ObjectKind.recordingOfPrograms());
    }

    /**
     * Ends the run: all is well, and nothing of ours stays.
     *
     * @param superuser whether the user's event triggers may be kept from seeing it (session_replication_role)
     */
    public void end(boolean superuser) {
        if (recorder != null) {
            recorder.close();
        }
        if (superuser) {
            session.run("removing the journal", "SET session_replication_role = replica");
        }
        session.run("removing the journal",
                String.join(";", EventTriggers.of(session).unseen(OwnSchema.dropping(JournalTables.ALL, Set.of()))));
    }

    static void remove(Session target) {
        OwnSchema.drop(target, JournalTables.ALL, Set.of());
    }
}
