//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.catalog.Archive;
import lib.catalog.Money;
import lib.code.PlannedCode;
import lib.server.Session;
import lib.server.SessionAbort;
import lib.source.Inventory;
import lib.source.Snapshot;
import org.postgresql.copy.CopyOut;

/**
 * The first rows of a table, as COPY writes them in text.
 *
 * @param into what stands between COPY and FROM on the target
 * @param encoding of the text
 */
public record RowSample(String into, String encoding, byte[] rows) {
    /** Enough to meet the values that there are many of. */
    static final int ROWS = 500;
    static final int BYTES = 1 << 20;

    /** pg_restore writes some settings before. */
    private static final int HEAD = 16 * 1024;
    private static final Pattern COPY =
            Pattern.compile("(?s)\nSET client_encoding = '([^']*)';\n.*?\nCOPY ([^\n]+) FROM stdin;\n");

    /**
     * Reads some rows of a table in a dump.
     *
     * @param table its identifier
     * @return null where there are none
     */
    public static RowSample of(Archive archive, long table) {
        Predicate<Archive.Entry> rows = entry -> entry.kind().equals("TABLE DATA") && entry.oid() == table;
        if (archive.entries().stream().noneMatch(rows)) {
            return null;
        }
        String text = new String(archive.beginning(rows, HEAD + BYTES), StandardCharsets.ISO_8859_1);
        Matcher copy = COPY.matcher(text);
        if (!copy.find()) {
            return null;
        }
        int end = copy.end();
        for (int count = 0; count < ROWS; count++) {
            int line = text.indexOf('\n', end) + 1;
            if (line == 0 || text.startsWith("\\.\n", end)) {
                break;
            }
            end = line;
        }
        // The name of the table is in the dump's encoding, too, and only what is no other can be sent.
        return copy.group(2).chars().anyMatch(letter -> letter > 127) && !copy.group(1).equals("UTF8") ? null
                : new RowSample(new String(copy.group(2).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8),
                        copy.group(1),
                        text.substring(copy.end(), end).getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Reads some rows of a table on the source. COPY is not planned, so that nothing of the user's is run there.
     *
     * @return null where somebody waits for a stronger lock on it
     */
    public static RowSample of(Snapshot source, Inventory.Table table) {
        Part part = Part.whole(table);
        String encoding = source.server().facts().encoding().equals("SQL_ASCII") ? "SQL_ASCII" : "UTF8";
        Session session = source.session();
        try {
            session.run("reading some rows of table " + table,
                    PlannedCode.TABLES_ONLY + ";" + Money.OWN);
            if (!source.tryLock(session, List.of(table.sql()))) {
                return null;
            }
            ByteArrayOutputStream rows = new ByteArrayOutputStream();
            CopyOut out = session.driver().getCopyAPI()
                    .copyOut("COPY " + part.reading() + " TO STDOUT (FORMAT text, ENCODING '" + encoding + "')");
            int count = 0;
            byte[] row = out.readFromCopy();
            while (row != null) {
                rows.writeBytes(row);
                row = ++count < ROWS && rows.size() < BYTES ? out.readFromCopy() : null;
            }
            return new RowSample(part.loading(), encoding, rows.toByteArray());
        } catch (SQLException e) {
            throw session.failure("reading some rows of table " + table, e);
        } finally {
            // Also ends what is still being read.
            SessionAbort.abort(session);
        }
    }
}
