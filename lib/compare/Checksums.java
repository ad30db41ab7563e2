package lib.compare;

import java.util.List;
import java.util.stream.Collectors;
import lib.server.Server;
import lib.talk.Sql;

/**
 * The queries that reduce a table's rows to their number and a sum over a 64-bit hash of each row's text, which does
 * not depend on the order of rows. They run in the servers and give the same on both, whatever their versions;
 * hashtextextended is as old as PostgreSQL 11.
 */
public final class Checksums {
    /**
     * A column.
     *
     * @param type {@code bytea}, {@code "char"}, or something else
     * @param computed whether its values are computed on each side
     */
    public record Column(String name, String type, boolean computed) {
        /** An expression whose text is the same on both sides and is not much longer than the value. */
        private String expression() {
            return switch (type) {
                // In hexadecimal a value doubles, and a gigabyte is the limit for a row's text.
                case "bytea" -> "md5(" + Sql.ident(name) + ")";
                // From 16 on bytes beyond ASCII print differently.
                case "\"char\"" -> Sql.ident(name) + "::int4";
                default -> Sql.ident(name);
            };
        }
    }

    private final boolean sameBytes;

    /**
     * Where encodings differ, what is hashed is UTF-8; SQL_ASCII stands for bytes of any encoding, which arrive as they
     * are.
     */
    public Checksums(Server.Facts source, Server.Facts target) {
        sameBytes = source.encoding().equals(target.encoding()) || source.encoding().equals("SQL_ASCII")
                || target.encoding().equals("SQL_ASCII");
    }

    /** @return a query for the number of rows, and with {@code contents} for their checksum */
    String query(boolean contents, List<Column> columns, String rows) {
        return contents ? checksum(columns, rows) : count(rows);
    }

    /** @return a query for the number of rows, null, and that the contents of none were looked at */
    static String count(String rows) {
        return "SELECT count(*), NULL::numeric, 0::bigint FROM " + rows;
    }

    /**
     * @param columns in the same order on both sides
     * @return a query for the number of rows, their checksum, which is null when there are no rows or no columns, and
     * again their number, for as many were looked at
     */
    public String checksum(List<Column> columns, String rows) {
        return "SELECT count(*), " + sum(columns) + ", count(*) FROM " + rows;
    }

    /**
     * @param key an expression
     * @return a query for each value of the key, with the number of its rows and their checksum
     */
    public String grouped(List<Column> columns, String key, String rows) {
        return "SELECT " + key + ", count(*), " + sum(columns) + " FROM " + rows + " GROUP BY 1";
    }

    /**
     * @param where a WHERE clause for the sample
     * @return a query for the number of rows, a checksum over the computed columns of all rows and over all columns of
     * the sample, and the number of rows in the sample
     */
    String sample(List<Column> columns, String rows, String where) {
        String all = "SELECT count(*) AS number, " + sum(columns.stream().filter(Column::computed).toList())
                + " AS checksum FROM " + rows;
        String some = "SELECT count(*) AS number, " + sum(columns) + " AS checksum FROM " + rows + " " + where;
        return "SELECT a.number, coalesce(a.checksum, 0) + coalesce(s.checksum, 0), s.number FROM (" + all + ") a, ("
                + some + ") s";
    }

    private String sum(List<Column> columns) {
        if (columns.isEmpty()) {
            return "NULL::numeric";
        }
        String row = columns.stream().map(Column::expression).collect(Collectors.joining(", ", "ROW(", ")::text"));
        String bytes = sameBytes ? row : "md5(convert_to(" + row + ", 'UTF8'))";
        return "sum(hashtextextended(" + bytes + " COLLATE \"C\", 0))";
    }
}
