//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import lib.catalog.CopyTypes;
import lib.catalog.Selection;
import lib.code.PlannedCode;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Bytes;
import lib.talk.ShellScript;

/**
 * Rows that are too large: for COPY, which builds each in one buffer of less than 1 GB (MaxAllocSize), and for the
 * memory of this JVM, in which each worker holds one whole. The length of a bytea or text is known without reading it,
 * so only the tables' main files are read.
 */
final class LargeRows {
    private static final String CHECK = "huge rows";
    private static final long COPY_LIMIT = 0x3fffffff;
    /**
     * Half such a row, since a bytea doubles in text, compressed 255 times, which is what LZ4 can do at most (pglz
     * about a hundred times).
     */
    private static final long SUSPICIOUS = COPY_LIMIT / 512;
    /** What the JVM needs beside the rows. */
    private static final long RESERVED = 64L << 20;
    private static final int SECONDS = 20;
    private static final String QUERY_CANCELED = "57014";

    private record Candidate(String table, String rowLength, long toast) {
    }

    private record Largest(String table, long bytes) {
    }

    private final Session source;
    private final Server.Facts facts;
    private final Selection selection;
    private final List<Finding> findings = new ArrayList<>();

    LargeRows(Session source, Server.Facts facts, Selection selection) {
        this.source = source;
        this.facts = facts;
        this.selection = selection;
    }

    /**
     * @param sameExtensions those whose types may travel in binary
     * @param workers how many rows this JVM may have to hold at once
     * @param heap the bytes that it may use
     */
    List<Finding> check(Collection<String> sameExtensions, int workers, long heap) {
        List<Largest> rows = new ArrayList<>();
        long deadline = System.nanoTime() + SECONDS * 1_000_000_000L;
        for (Candidate candidate : candidates(sameExtensions)) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            boolean plain = PlannedCode.holds(source, "looking for large rows in " + candidate.table,
                    candidate.table);
            Long bytes = plain && left > 0 ? largest(candidate, left) : null;
            source.run("looking for large rows", "ROLLBACK");
            if (bytes != null) {
                rows.add(new Largest(candidate.table, bytes));
            } else if (candidate.toast > COPY_LIMIT / 4) {
                findings.add(Finding.warning(CHECK,
                        "SELECT max(" + candidate.rowLength + ") FROM ONLY " + candidate.table + ";",
                        plain ? "table %s was not searched for rows larger than 1 GB within %d s"
                                : "table %s was not searched for rows larger than 1 GB: it is locked, or reading it "
                                        + "would run code that no superuser owns",
                        candidate.table, SECONDS));
            }
        }
        rows.sort(Comparator.comparing(Largest::bytes).reversed());
        rows.stream().filter(row -> row.bytes > COPY_LIMIT).forEach(row -> findings.add(Finding.stop(CHECK,
                "migrate --exclude-table-data " + ShellScript.quoted(row.table) + ", and move its rows by other means",
                "table %s holds a row of %s in COPY's format, whose limit is 1 GB", row.table, Bytes.text(row.bytes))));
        memory(rows.stream().filter(row -> row.bytes <= COPY_LIMIT).limit(workers).toList(), heap);
        return findings;
    }

    private void memory(List<Largest> rows, long heap) {
        long needed = RESERVED + rows.stream().mapToLong(Largest::bytes).sum();
        if (needed > heap) {
            long megabytes = (needed >> 20) + 1;
            findings.add(Finding.warning(CHECK, "JAVA_TOOL_OPTIONS=-Xmx" + megabytes + "m migrate, or fewer --jobs",
                    "%d worker(s) may each hold a row as large as the %s of table %s, and Java may use %s", rows.size(),
                    Bytes.text(rows.get(0).bytes),
                    rows.get(0).table, Bytes.text(heap)));
        }
    }

    /**
     * In text a bytea doubles; of other types than bytea and text only the stored length is known. The most suspicious
     * come first.
     */
    private List<Candidate> candidates(Collection<String> sameExtensions) {
        return source.list("listing the tables with large values", """
                WITH RECURSIVE %s
                SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname), %s,
                       pg_catalog.string_agg(pg_catalog.format(CASE coalesce(nullif(t.typbasetype, 0), t.oid)
                           WHEN 'bytea'::pg_catalog.regtype THEN 'coalesce(octet_length(%%1$I)::bigint, 0)'
                           WHEN 'text'::pg_catalog.regtype THEN 'coalesce(octet_length(%%1$I)::bigint, 0)'
                           WHEN 'varchar'::pg_catalog.regtype THEN 'coalesce(octet_length(%%1$I)::bigint, 0)'
                           ELSE 'coalesce(pg_column_size(%%1$I)::bigint, 0)' END, a.attname), ' + '),
                       coalesce(pg_catalog.string_agg(pg_catalog.format('coalesce(octet_length(%%1$I)::bigint, 0)',
                         a.attname), ' + ')
                         FILTER (WHERE 'bytea'::pg_catalog.regtype IN (t.oid, t.typbasetype)), '0'),
                       (SELECT pg_catalog.bool_and(o.atttypid IN (SELECT s.oid FROM safe s))
                         FROM pg_catalog.pg_attribute o
                         WHERE o.attrelid = c.oid AND o.attnum > 0 AND NOT o.attisdropped AND o.attgenerated = '')
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    AND a.attgenerated = '' AND a.attlen = -1
                  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                 WHERE c.relkind = 'r' AND c.reltoastrelid <> 0 AND %s > %d AND %s AND %s
                   AND NOT pg_catalog.row_security_active(c.oid) AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                 GROUP BY 1, c.oid, c.reltoastrelid ORDER BY 2 DESC"""
                .formatted(CopyTypes.expressions(sameExtensions), Selection.bytes("c.reltoastrelid"),
                        Selection.bytes("c.reltoastrelid"), SUSPICIOUS,
                        selection.relation("c", "n"), selection.data("c")),
                this::candidate);
    }

    private Candidate candidate(ResultSet row) throws SQLException {
        boolean binary = row.getBoolean(5) && !facts.encoding().equals("SQL_ASCII");
        return new Candidate(row.getString(1), row.getString(3) + (binary ? "" : " + " + row.getString(4)),
                row.getLong(2));
    }

    /** @return the bytes of the largest row, or null where finding out takes too long */
    private Long largest(Candidate candidate, long milliseconds) {
        try (Statement statement = source.createStatement()) {
            statement.execute("SET LOCAL statement_timeout = " + milliseconds);
            try (ResultSet row = statement.executeQuery(
                    "SELECT coalesce(max(" + candidate.rowLength + "), 0) FROM ONLY " + candidate.table)) {
                row.next();
                return row.getLong(1);
            }
        } catch (SQLException e) {
            if (!QUERY_CANCELED.equals(e.getSQLState())) {
                throw source.failure("looking for large rows in " + candidate.table, e);
            }
            return null;
        }
    }
}
