//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.catalog.Archive;
import lib.catalog.Extensions;
import lib.catalog.ObjectKind;
import lib.catalog.OwnedObjects;
import lib.server.EventTriggers;
import lib.server.JournalTables;
import lib.server.Leftovers;
import lib.server.OwnSchema;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Batches;
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
    private final PlannedObjects planned;
    private final FinishedUnits units;
    private final PartRecords parts;
    private final boolean resumed;
    private final boolean follows;
    private ClientObjectRecorder recorder;

    private Journal(Server target, Session session, PlannedObjects planned, FinishedUnits units, PartRecords parts,
            boolean resumed, boolean follows) {
        this.target = target;
        this.session = session;
        this.planned = planned;
        this.units = units;
        this.parts = parts;
        this.resumed = resumed;
        this.follows = follows;
    }

    /**
     * Begins a run: all that it will make is recorded before anything is made.
     *
     * @param target for a session beside it
     * @param session a session that stays open as long as the journal is used
     * @param pass whether it is to end before the downtime
     * @throws Failure when something else has the name of our schema
     */
    public static Journal begin(Server target, Session session, RunIdentity identity, boolean pass,
            List<OwnedObjects.Owned> objects, List<Extensions.Extension> extensions) {
        return Transaction.run(session, "beginning the journal", () -> {
            OwnSchema.create(session, JournalTables.ALL);
            start(session, identity, pass);
            return new Journal(target, session, new PlannedObjects(session, objects, extensions),
                    FinishedUnits.none(session), PartRecords.none(session), false, false);
        });
    }

    /**
     * Goes on with the journal of an interrupted run, whose sessions have ended: what it has made is this run's.
     *
     * @param session a session that stays open as long as the journal is used
     * @param pass whether it is to end before the downtime
     */
    public static Journal resume(Server target, Session session, boolean pass, List<OwnedObjects.Owned> objects,
            List<Extensions.Extension> extensions) {
        return Transaction.run(session, "going on with the journal", () -> {
            session.run("going on with the journal",
                    """
                    UPDATE %s SET resumed = pg_catalog.clock_timestamp(), pass = %s, prepared = NULL, version = %s,
                      name = %s;
                    UPDATE %s SET batch = NULL, leads = NULL WHERE batch IS NOT NULL;
                    DELETE FROM %s; DELETE FROM %s; DELETE FROM %s; DELETE FROM %s; %s""".formatted(
                            JournalTables.RUN.sql(), pass, Sql.literal(Console.VERSION), Sql.literal(RunName.TEXT),
                            JournalTables.PART.sql(),
                            JournalTables.PLANNED.sql(), JournalTables.SESSION.sql(), JournalTables.RECORDER.sql(),
                            JournalTables.JOINER.sql(), Leftovers.REGISTRATION));
            // They are made anew; one that the source does not have any more is not.
            MadeSettings.undo(session);
            boolean follows = !UnfinishedRun.isDump(session.text("reading the journal",
                    "SELECT source FROM " + JournalTables.RUN.sql()));
            return new Journal(target, session, new PlannedObjects(session, objects, extensions),
                    FinishedUnits.read(session, follows), PartRecords.read(session), true, follows);
        });
    }

    /** A pass before the downtime has ended well. */
    public void endPass() {
        session.run("writing the journal",
                "UPDATE " + JournalTables.RUN.sql() + " SET prepared = pg_catalog.clock_timestamp()");
    }

    /** @return whether this run goes on with an interrupted one */
    public boolean resumed() {
        return resumed;
    }

    /** @return the units of the schema that are made already */
    public FinishedUnits units() {
        return units;
    }

    /** @return the parts of tables */
    public PartRecords parts() {
        return parts;
    }

    private static void start(Session session, RunIdentity identity, boolean pass) {
        session.run("beginning the journal",
                """
                COMMENT ON SCHEMA %s IS 'A migration into this database is not finished.';
                INSERT INTO %s VALUES (pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp(), %s,
                  pg_catalog.txid_current(), %s, %s, %s);
                INSERT INTO %s SELECT a.oid FROM pg_catalog.pg_default_acl a;
                INSERT INTO %s SELECT n.tableoid, n.oid FROM pg_catalog.pg_namespace n UNION ALL
                  SELECT e.tableoid, e.oid FROM pg_catalog.pg_extension e;
                %s;
                %s;
                %s""".formatted(Sql.ident(OwnSchema.NAME), JournalTables.RUN.sql(), Sql.literal(Console.VERSION),
                        Sql.literal(RunName.TEXT),
                        identity.values(), pass, JournalTables.DEFAULT_PRIVILEGES.sql(),
                        JournalTables.FOUND.sql(), MadeSettings.FOUND, PriorState.RECORDING, Leftovers.REGISTRATION));
    }

    /**
     * Creates extensions, and records each in the same transaction. One that an interrupted run has made is brought to
     * the version and the schema that it is to have now; but not for a dump, which was made of what there was.
     *
     * @return the names of those that were there and had to be changed
     */
    public List<String> create(List<Extensions.Extension> extensions) {
        return new MadeExtensions(session, follows).make(extensions);
    }

    /** Creates a schema that is not there, and records it in the same transaction. */
    public void createSchema(String name) {
        Transaction.make(session, "creating schema " + name,
                List.of("CREATE SCHEMA IF NOT EXISTS " + Sql.ident(name)),
                List.of(PlannedObjects.named(ObjectKind.SCHEMA, Sql.ident(name))));
    }

    /**
     * What is to be appended to statements of one transaction, so that it records what they create.
     *
     * @param entries of the archive, those whose statements these are
     * @param done the units that they make
     * @return "" where they create nothing that stands by itself
     */
    public String recording(Collection<Archive.Entry> entries, Collection<Unit> done) {
        List<String> statements = new ArrayList<>(planned.recording(entries));
        String units = FinishedUnits.recording(done);
        if (!units.isEmpty()) {
            statements.add(units);
        }
        return String.join("; ", statements);
    }

    /** @return the statement that records large objects that were created in the same transaction */
    public String recordingLargeObjects(List<Long> identifiers) {
        return ObjectKind
                .recording(Map.of(ObjectKind.LARGE_OBJECT, identifiers.stream().map(String::valueOf).toList()));
    }

    /** @return the identifiers of the large objects that the run has copied */
    public List<Long> largeObjects(Session target) {
        // A client program's are written down by whoever watches it, and may be so twice.
        return target.list("reading the journal", "SELECT DISTINCT l.oid FROM pg_catalog.pg_largeobject_metadata l "
                + "JOIN " + JournalTables.MADE.sql() + " m ON m.object = l.oid AND m.catalog = "
                + "'pg_catalog.pg_largeobject'::pg_catalog.regclass", row -> row.getLong(1));
    }

    /** Removes large objects that the run has copied. */
    public void removeLargeObjects(Session target, Collection<Long> identifiers) {
        Batches.of(identifiers.stream().map(String::valueOf).toList(), Removal.DROPS_A_TRANSACTION)
                .forEach(batch -> target.run("removing large objects",
                        "SELECT pg_catalog.lo_unlink(l) FROM pg_catalog.unnest(ARRAY[" + String.join(", ", batch)
                                + "]::oid[]) l; DELETE FROM " + JournalTables.MADE.sql()
                                + " WHERE catalog = 'pg_catalog.pg_largeobject'::pg_catalog.regclass AND object IN ("
                                + String.join(", ", batch) + ")"));
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
