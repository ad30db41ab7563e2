//DEPS org.postgresql:postgresql:42.7.14
package lib.compare;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;
import org.postgresql.copy.CopyOut;

/**
 * What a table's rows come to, made on this machine of the rows as COPY gives them: for a table that cannot be queried
 * without running what somebody has written. It gives the same on both sides, but not the same as the servers' own
 * checksums.
 */
public final class StreamedSum {
    private final boolean contents;
    private final String encoding;

    /** @param contents whether the checksum counts, else the number of rows only */
    public StreamedSum(boolean contents, Server.Facts source, Server.Facts target) {
        this.contents = contents;
        // SQL_ASCII stands for bytes of any encoding.
        encoding =
                source.encoding().equals("SQL_ASCII") || target.encoding().equals("SQL_ASCII") ? "SQL_ASCII" : "UTF8";
    }

    /**
     * @param table the table as SQL
     * @param columns those to read, in the same order on both sides
     */
    public RowSum of(Session session, String table, List<String> columns) throws SQLException {
        String names =
                columns.isEmpty() ? "" : columns.stream().map(Sql::ident).collect(Collectors.joining(", ", " (", ")"));
        CopyOut rows = session.driver().getCopyAPI()
                .copyOut("COPY " + table + names + " TO STDOUT (FORMAT text, ENCODING '" + encoding + "')");
        MessageDigest digest = digest();
        BigInteger sum = BigInteger.ZERO;
        long number = 0;
        for (byte[] row = rows.readFromCopy(); row != null; row = rows.readFromCopy()) {
            number++;
            if (contents) {
                sum = sum.add(BigInteger.valueOf(ByteBuffer.wrap(digest.digest(row)).getLong()));
            }
        }
        return new RowSum(number, contents && number > 0 && !columns.isEmpty() ? new BigDecimal(sum) : null,
                contents ? number : 0);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
