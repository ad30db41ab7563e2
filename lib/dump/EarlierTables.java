package lib.dump;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.code.PlannedCode;
import lib.journal.Journal;
import lib.journal.LateObjects;
import lib.journal.PartRecord;
import lib.journal.PartRecords;
import lib.rows.BroughtRows;
import lib.rows.CopyPlan;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.WorkerSessions;
import lib.source.Contents;
import lib.talk.Batches;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Workers;
import lib.timescale.TimescaleSettings;

/**
 * The tables that an interrupted run has loaded out of the same dump. A row tells which transaction has brought it
 * (PostgreSQL manual, 5.5 "System Columns"): a table is as it was loaded when it has as many rows of that transaction,
 * and no others. Another one is emptied, and loaded again.
 */
final class EarlierTables {
    private static final String DOING = "looking at what an interrupted run has loaded";

    private final Contents contents;
    private final Server target;
    private final int workers;
    private final Console console;

    EarlierTables(Contents contents, Server target, int workers, Console console) {
        this.contents = contents;
        this.target = target;
        this.workers = workers;
        this.console = console;
    }

    /**
     * Leaves only what is as it was loaded.
     *
     * @param own whether the run has made a table, which had no rows before
     * @return what was found, in words
     */
    String settle(List<Contents.Table> tables, Predicate<Contents.Table> own, Journal journal) {
        PartRecords records = journal.parts();
        List<Contents.Table> finished =
                tables.stream().filter(table -> isFinished(records.earlier(table.oid()))).toList();
        Set<Contents.Table> changed = ConcurrentHashMap.newKeySet();
        Workers.run("comparing", workers, together(finished), () -> new Look(own, records, changed));
        Set<Contents.Table> whole = new HashSet<>(finished);
        whole.removeAll(changed);
        try (Session to = target.session()) {
            LateObjects.dropOf(to, journal.units(),
                    tables.stream().filter(table -> !whole.contains(table))
                            .collect(Collectors.toMap(TableRows.Source::name, any -> LateObjects.ALL)));
            for (Contents.Table table : changed) {
                console.explain("table %s has changed since it was loaded", table);
                PartRecord record = records.earlier(table.oid()).get(0);
                to.run(DOING, "BEGIN; " + removal(table, own.test(table), record) + "; "
                        + PartRecords.removal(List.of(record)) + "; COMMIT");
                records.replaceEarlier(table.oid(), List.of());
            }
        }
        return Count.of(whole.size(), "table") + " kept" + (changed.isEmpty() ? ""
                : ", changed since: " + Count.some(changed.stream().map(Contents.Table::toString).sorted().toList()));
    }

    static boolean isFinished(List<PartRecord> parts) {
        return parts.size() == 1 && parts.get(0).finished();
    }

    /** What its extension has brought, or what stands in chunks, goes not with TRUNCATE. */
    private static String removal(Contents.Table table, boolean own, PartRecord record) {
        String name = TableRows.Source.name(table);
        return own && !table.deferred() ? "TRUNCATE ONLY " + name
                : "DELETE FROM ONLY " + name + " WHERE xmin = '" + record.arrival().xmin() + "'::pg_catalog.xid";
    }

    private static List<List<Contents.Table>> together(List<Contents.Table> tables) {
        List<List<Contents.Table>> all = new ArrayList<>();
        tables.stream().filter(table -> table.bytes() >= CopyPlan.SMALL).forEach(table -> all.add(List.of(table)));
        all.addAll(Batches.of(tables.stream().filter(table -> table.bytes() < CopyPlan.SMALL).toList(),
                CopyPlan.TABLES_TOGETHER));
        return all;
    }

    private final class Look implements Workers.Worker<List<Contents.Table>> {
        private final Predicate<Contents.Table> own;
        private final PartRecords records;
        private final Set<Contents.Table> changed;
        private final WorkerSessions sessions = new WorkerSessions(target.retries(), this::open);

        Look(Predicate<Contents.Table> own, PartRecords records, Set<Contents.Table> changed) {
            this.own = own;
            this.records = records;
            this.changed = changed;
        }

        private SessionPair open() {
            Session session = target.session();
            try {
                session.run(DOING, PlannedCode.TABLES_ONLY);
                if (contents.timescale() != null) {
                    // A chunk can have compressed rows as well.
                    session.run(DOING, "SET " + TimescaleSettings.DECOMPRESSION + " = off");
                }
                return SessionPair.onTarget(session);
            } catch (RuntimeException e) {
                session.close();
                throw e;
            }
        }

        @Override
        public void work(List<Contents.Table> tables) {
            changed.addAll(sessions.run((open, again) -> changed(open.target(), tables)));
        }

        /** What the planner would run of a table's owner has run when its rows and indexes were restored. */
        private List<Contents.Table> changed(Session session, List<Contents.Table> tables) {
            Map<Long, Map<Long, BroughtRows>> there = BroughtRows.of(session,
                    tables.stream().collect(Collectors.toMap(Contents.Table::oid, TableRows.Source::name)), false,
                    DOING);
            return tables.stream()
                    .filter(table -> !isWhole(table, there.getOrDefault(table.oid(), Map.of()))).toList();
        }

        private boolean isWhole(Contents.Table table, Map<Long, BroughtRows> there) {
            PartRecord.Arrival arrival = records.earlier(table.oid()).get(0).arrival();
            BroughtRows brought = there.get(arrival.xmin());
            boolean others = own.test(table) && there.size() > (brought == null ? 0 : 1);
            return arrival.rows() == (brought == null ? 0 : brought.number()) && !others;
        }

        @Override
        public void cancel() {
            sessions.cancel();
        }

        @Override
        public void close() {
            sessions.close();
        }
    }
}
