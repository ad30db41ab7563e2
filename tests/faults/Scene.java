//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Assumptions;
import org.opentest4j.TestAbortedException;
import testbed.BackgroundWork;
import testbed.CutLine;
import testbed.PgServer;
import testbed.ServerAccess;
import testbed.SmallDisk;

/**
 * Two servers, of which much can be broken, with a database on one of them that is moved to the other over and over.
 */
abstract class Scene implements AutoCloseable {
    /** All that is there at a time, several copies and a server's log, fits twice. */
    private static final int MEGABYTES = 1400;
    /** What a standby does, and what may be in its way. */
    private static final String REPLAY = """
            SELECT pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), backend_type, wait_event_type, wait_event,
                   state, backend_xmin, left(query, 200) FROM pg_stat_activity WHERE pid <> pg_backend_pid()""";

    private final PgServer source;
    private final PgServer target;
    private final CutLine sourceLine;
    private final CutLine targetLine;
    private Map<PgServer, SmallDisk> disks = Map.of();
    private String noDisks = "";
    private String database;

    Scene(PgServer.Plan from, PgServer.Plan to) {
        source = server(from);
        target = server(to);
        try {
            disks = Map.of(source, SmallDisk.under(source, MEGABYTES), target, SmallDisk.under(target, MEGABYTES));
        } catch (TestAbortedException e) {
            noDisks = e.getMessage();
        }
        sourceLine = new CutLine(source);
        targetLine = new CutLine(target);
    }

    /** With the settings that a server has by itself where others than usual would spare it something. */
    private static PgServer server(PgServer.Plan plan) {
        return plan.with("synchronous_commit=on", "full_page_writes=on", "max_wal_size=128MB", "min_wal_size=32MB")
                .start();
    }

    /** Makes the database and returns its name. */
    abstract String make();

    /** @return what is there after a move of this database of the source, by stock tools or as these have shown */
    abstract SortedMap<String, String> expected(String from);

    /** @return the same, after a crash that may have changed something */
    SortedMap<String, String> present(String from) {
        return expected(from);
    }

    /** @return what is there in a database of the target */
    abstract SortedMap<String, String> found(String to);

    /** @return who else uses the source, which needs a copy of it */
    abstract Writers writers();

    /** @return the tables that change by themselves, or with a crash */
    abstract Set<String> restless();

    /** Puts back what the crash of its server has changed in the database. */
    abstract void mend();

    /** Makes everything, once. */
    final void begin() {
        database = make();
    }

    final PgServer source() {
        return source;
    }

    final PgServer target() {
        return target;
    }

    final CutLine sourceLine() {
        return sourceLine;
    }

    final CutLine targetLine() {
        return targetLine;
    }

    /** The database that is moved, as it was made. */
    final String database() {
        return database;
    }

    /** An empty database to move it to. */
    String newTarget() {
        return target.newDatabase();
    }

    /** @return whether rows of a table of the target have changed when those of these tables may have */
    Predicate<String> changed(Set<String> tables) {
        return tables::contains;
    }

    /** Another database like it, to be written to. */
    String copy() {
        String copy = "copy_of_" + database;
        source.sql("postgres", "DROP DATABASE IF EXISTS " + copy + " WITH (FORCE)",
                "CREATE DATABASE " + copy + " TEMPLATE " + database
                        + (source.major() < 15 ? "" : " STRATEGY file_copy"));
        return copy;
    }

    /** Waits until a standby of the source has what the source has. */
    final void awaitReplay(ServerAccess reader) {
        if (reader != source) {
            String written = source.query("postgres", "SELECT pg_current_wal_flush_lsn()");
            try {
                BackgroundWork.until("the standby has everything until " + written, () -> reader.query("postgres",
                        "SELECT pg_last_wal_replay_lsn() >= '" + written + "'").equals("t"));
            } catch (IllegalStateException e) {
                throw new IllegalStateException(e.getMessage() + ": " + reader.rows("postgres", REPLAY), e);
            }
        }
    }

    /** Between its last statement and its exit, a run has nothing to do any more; its journal has gone. */
    final boolean isOver(String to) {
        return "t".equals(target.query(to, "SELECT pg_catalog.to_regclass('tsmigrate.run') IS NULL AND EXISTS (SELECT "
                + "FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM "
                + "pg_catalog.pg_depend d WHERE d.classid = c.tableoid AND d.objid = c.oid AND d.deptype = 'e'))"));
    }

    final void drop(String database) {
        target.sql("postgres", "DROP DATABASE " + database + " WITH (FORCE)");
    }

    /**
     * @return what of the indexes of a database of the target does not agree with its tables, or none; it adds amcheck
     */
    final List<String> unsound(String to) {
        target.sql(to, "CREATE SCHEMA checking", "CREATE EXTENSION amcheck SCHEMA checking");
        List<String> unsound = new ArrayList<>();
        for (List<String> index : target.rows(to, """
                SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
                  JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am a ON a.oid = c.relam
                 WHERE c.relkind = 'i' AND a.amname = 'btree' AND n.nspname !~ '^pg_'""")) {
            try {
                target.query(to, "SELECT checking.bt_index_check('" + index.get(0) + "', true)");
            } catch (IllegalStateException e) {
                unsound.add(index.get(0) + ": " + e.getMessage());
            }
        }
        return unsound;
    }

    final void assumeSmallDisks() {
        Assumptions.assumeTrue(!disks.isEmpty(), noDisks);
    }

    final SmallDisk disk(PgServer server) {
        return disks.get(server);
    }

    @Override
    public final void close() {
        sourceLine.close();
        targetLine.close();
        disks.values().forEach(SmallDisk::close);
        List.of(source, target).forEach(PgServer::close);
    }
}
