//SOURCES Server.java Sql.java
package lib;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The queries that reduce a table's rows to their number and a sum over a 64-bit hash of each row's text, which does not depend on the order
 * of rows. They run in the servers and give the same on both, whatever their versions; hashtextextended is as old as PostgreSQL 11.
 */
final class Checksums {
    /** A column; {@code type} is {@code bytea}, {@code "char"}, or something else. */
    record Column(String name, String type) {
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

    /** Where encodings differ, what is hashed is UTF-8; SQL_ASCII stands for bytes of any encoding, which arrive as they are. */
    Checksums(Server.Facts source, Server.Facts target) {
        sameBytes = source.encoding().equals(target.encoding()) || source.encoding().equals("SQL_ASCII") || target.encoding().equals("SQL_ASCII");
    }

    /** @return a query for the number of rows, and with {@code contents} for their checksum */
    String query(boolean contents, List<Column> columns, String rows) {
        return contents ? checksum(columns, rows) : count(rows);
    }

    /** @return a query for the number of rows and null */
    static String count(String rows) {
        return "SELECT count(*), NULL::numeric FROM " + rows;
    }

    /**
     * @param columns in the same order on both sides
     * @return a query for the number of rows and their checksum; null when there are no rows or no columns
     */
    String checksum(List<Column> columns, String rows) {
        if (columns.isEmpty()) {
            return count(rows);
        }
        String row = columns.stream().map(Column::expression).collect(Collectors.joining(", ", "ROW(", ")::text"));
        String bytes = sameBytes ? row : "md5(convert_to(" + row + ", 'UTF8'))";
        return "SELECT count(*), sum(hashtextextended(" + bytes + " COLLATE \"C\", 0)) FROM " + rows;
    }
}
