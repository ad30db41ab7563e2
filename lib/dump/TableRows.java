//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import lib.catalog.Archive;
import lib.journal.PartRecord;
import lib.journal.PartRecords;
import lib.server.LoadingCopy;
import lib.server.Session;
import lib.source.Contents;
import lib.talk.Failure;
import lib.talk.Sql;

/** Brings the rows of some tables out of an archive to the target, in one transaction with the journal's rows. */
final class TableRows implements RowScript.Loader {
    /**
     * A table to load.
     *
     * @param rows what holds its rows in the archive
     * @param replaces whether it is emptied before, in the same transaction, so that its rows arrive frozen (PostgreSQL
     * manual, COPY, "FREEZE")
     */
    record Source(Contents.Table table, Archive.Entry rows, boolean replaces) {
        /** @return its rows as the journal has them, before they have arrived: all of them are one part */
        PartRecord record() {
            return record(table);
        }

        static PartRecord record(Contents.Table table) {
            return new PartRecord(table.oid(), 1, name(table), "", table.bytes(), null);
        }

        /** @return its name as SQL */
        static String name(Contents.Table table) {
            return Sql.name(table.schema(), table.name());
        }
    }

    private final List<Source> tables;
    private final Session to;
    private final LoadingCopy in;
    private final List<PartRecord> arrived = new ArrayList<>();

    private TableRows(List<Source> tables, Session to) throws SQLException {
        this.tables = tables;
        this.to = to;
        in = new LoadingCopy(to);
    }

    /**
     * Loads them.
     *
     * @param to a session in which a transaction begins by itself, and has ended then
     * @throws Failure naming the table
     */
    static void load(Archive archive, List<Source> tables, Session to) {
        try {
            TableRows rows = new TableRows(tables, to);
            RowScript script = new RowScript(rows);
            Failure reading = null;
            try {
                archive.rows(tables.stream().map(Source::rows).toList(), script);
            } catch (Failure e) {
                reading = e;
            }
            if (script.failure() instanceof SQLException e) {
                throw to.failure(rows.doing(), rows.in.reasonFor(e));
            } else if (script.failure() instanceof RuntimeException e) {
                throw e;
            } else if (reading != null) {
                throw reading;
            }
            if (!script.whole() || rows.arrived.size() != tables.size()) {
                throw Failure.of("the dump does not give the rows of table %s", rows.current());
            }
            // One round trip.
            to.run(rows.doing(), PartRecords.arrival(rows.arrived, null) + "; COMMIT");
        } catch (SQLException e) {
            throw to.failure("loading table " + tables.get(0).table(), e);
        }
    }

    private Contents.Table current() {
        return tables.get(Math.min(arrived.size(), tables.size() - 1)).table();
    }

    private String doing() {
        return "loading table " + current();
    }

    @Override
    public void begin(String encoding, String statement) throws SQLException {
        if (arrived.size() == tables.size()) {
            throw Failure.of("the dump gives the rows of more tables than it names after %s", current());
        }
        Source source = tables.get(arrived.size());
        if (source.replaces) {
            to.run(doing(), "TRUNCATE ONLY " + Source.name(source.table));
        }
        in.begin(text(encoding, statement) + " FROM STDIN (FORMAT text, ENCODING "
                + Sql.literal(encoding) + (source.replaces ? ", FREEZE)" : ")"));
    }

    /** The names in it are in the dump's encoding, too. */
    private String text(String encoding, String statement) {
        byte[] bytes = statement.getBytes(StandardCharsets.ISO_8859_1);
        return encoding.equals("UTF8") || encoding.equals("SQL_ASCII")
                || statement.chars().allMatch(letter -> letter < 128) ? new String(bytes, StandardCharsets.UTF_8)
                        : to.text(doing(), "SELECT pg_catalog.convert_from(pg_catalog.decode('"
                                + HexFormat.of().formatHex(bytes) + "', 'hex'), " + Sql.literal(encoding) + ")");
    }

    @Override
    public void rows(byte[] data, int length) throws SQLException {
        in.write(data, length);
    }

    @Override
    public void end(long rows) throws SQLException {
        long there = in.end();
        if (there != rows) {
            throw Failure.of("table %s: %d rows were sent and %d arrived", current(), rows, there);
        }
        arrived.add(tables.get(arrived.size()).record().arrived(new PartRecord.Arrival(rows, 0, 0, 0)));
    }
}
