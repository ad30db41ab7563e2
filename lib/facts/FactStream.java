//DEPS org.postgresql:postgresql:42.7.14
package lib.facts;

import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.server.FactQuery;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * The answer of one side to a {@link FactQuery}, row by row, so that memory does not grow with the number of objects.
 */
final class FactStream implements AutoCloseable {
    private static final int ROWS_A_TRIP = 2000;
    private static final int AFTER_PARENT = 4;

    /**
     * One object.
     *
     * @param key the identity as the order of the rows has it
     * @param properties one for each label; null where nothing is set
     */
    record Fact(byte[] key, FactKind kind, FactIdentity identity, String parent, List<String> properties) {
    }

    private final Session session;
    private final String name;
    private final Statement statement;
    private final ResultSet rows;
    private final List<String> labels = new ArrayList<>();
    private final List<Integer> properties = new ArrayList<>();
    private final Map<String, Integer> names = new HashMap<>();

    /**
     * @param session a session that is not in autocommit mode, where the driver fetches a few rows at a time
     * @param asBytes whether the texts may be no text in any encoding, as in SQL_ASCII, and the server would refuse to
     * send them as such
     */
    FactStream(Session session, String name, String sql, boolean asBytes) {
        this.session = session;
        this.name = name;
        try {
            statement = session.createStatement();
            statement.setFetchSize(ROWS_A_TRIP);
            rows = statement.executeQuery(asBytes ? bytes(statement, sql) : sql);
            ResultSetMetaData columns = rows.getMetaData();
            for (int i = AFTER_PARENT; i <= columns.getColumnCount(); i++) {
                String label = columns.getColumnLabel(i);
                if (label.startsWith(FactTemplate.NAME)) {
                    names.put(label.substring(FactTemplate.NAME.length()), i);
                } else {
                    labels.add(label);
                    properties.add(i);
                }
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private static String bytes(Statement statement, String sql) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (ResultSet none = statement.executeQuery("SELECT * FROM (" + sql + ") f LIMIT 0")) {
            for (int i = 1; i <= none.getMetaData().getColumnCount(); i++) {
                String column = Sql.ident(none.getMetaData().getColumnLabel(i));
                columns.add("convert_to(" + column + "::text, 'SQL_ASCII') AS " + column);
            }
        }
        return "SELECT " + String.join(", ", columns) + " FROM (" + sql + ") f";
    }

    /** @return the names of the properties, the same on both sides */
    List<String> labels() {
        return labels;
    }

    /** @return the next object, or null after the last one */
    Fact next() {
        try {
            if (!rows.next()) {
                return null;
            }
            List<String> values = new ArrayList<>(labels.size());
            for (int column : properties) {
                values.add(text(rows.getBytes(column)));
            }
            byte[] key = rows.getBytes(2);
            FactIdentity identity = new FactIdentity(text(key), named("schema"), named("name"), named("column"),
                    named("role"), "yes".equals(named("database")));
            return new Fact(key, FactKind.of(text(rows.getBytes(1))), identity, text(rows.getBytes(3)), values);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private String named(String part) throws SQLException {
        Integer column = names.get(part);
        return column == null ? null : text(rows.getBytes(column));
    }

    /** Bytes that are no UTF-8 stay distinct as Latin 1. */
    private static String text(byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.indexOf('\uFFFD') < 0 || Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes) ? text
                : new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private Failure failure(SQLException e) {
        return session.failure("comparing each " + name, e);
    }

    @Override
    public void close() {
        try {
            statement.close();
        } catch (SQLException e) {
            throw failure(e);
        }
    }
}
