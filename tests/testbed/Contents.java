//DEPS org.postgresql:postgresql:42.7.14

package testbed;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** Everything a database holds, as a map that can be compared and whose differences can be read. */
final class Contents {
    /** What a row's text depends on beside the row. */
    private static final String SESSION = """
            SET search_path = pg_catalog; SET datestyle = 'ISO, YMD'; SET intervalstyle = postgres; SET timezone = \
            'UTC'; SET bytea_output = hex;
            SET extra_float_digits = 3; SET lc_monetary = 'C'; SET row_security = off; SET client_encoding = 'UTF8'; \
            SET xmloption = content
            """;

    /** Tables and sequences that do not belong to an extension; hypertables' chunks do not belong to it either. */
    private static final String RELATIONS = """
            SELECT c.relkind, format('%I.%I', n.nspname, c.relname), c.relispopulated FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'm', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
              AND n.nspname <> 'information_schema'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
              AND d.deptype = 'e')
            ORDER BY 2
            """;

    private Contents() {
    }

    static SortedMap<String, String> of(ServerAccess server, String database) {
        SortedMap<String, String> contents = new TreeMap<>();
        try (Connection connection = server.connect(database); Statement statement = connection.createStatement()) {
            statement.execute(SESSION);
            for (List<String> relation : rows(statement, RELATIONS)) {
                String name = relation.get(1);
                switch (relation.get(0)) {
                    case "S" -> contents.put("sequence " + name, position(statement, name));
                    case "m" -> contents.put("materialized view " + name,
                            relation.get(2).equals("t") ? checksum(connection, name) : "not populated");
                    default -> contents.put("table " + name, checksum(connection, name));
                }
            }
            for (List<String> object : rows(statement, "SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata")) {
                contents.put("large object " + object.get(0), object.get(1));
            }
            return contents;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String position(Statement statement, String sequence) throws SQLException {
        return String.join(" ", rows(statement, "SELECT last_value, is_called FROM " + sequence).get(0));
    }

    /** The number of rows and the md5 of their sorted texts, which stream through: the server sorts on disk. */
    private static String checksum(Connection connection, String table) throws SQLException, IOException {
        CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
        MessageDigest md5 = md5();
        String sorted = "SELECT \"the row\"::text FROM ONLY " + table
                + " AS \"the row\" ORDER BY \"the row\"::text COLLATE \"C\"";
        long rows = copy.copyOut("COPY (" + sorted + ") TO STDOUT",
                new DigestOutputStream(OutputStream.nullOutputStream(), md5));
        return rows + " rows " + HexFormat.of().formatHex(md5.digest());
    }

    private static List<List<String>> rows(Statement statement, String sql) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
                    row.add(result.getString(column));
                }
                rows.add(row);
            }
        }
        return rows;
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
