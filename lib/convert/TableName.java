package lib.convert;

import java.util.regex.Pattern;
import lib.talk.Sql;

/** The name of a table; as text it is quoted where SQL needs that. */
record TableName(String schema, String table) {
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    String sql() {
        return Sql.name(schema, table);
    }

    /** @return an identifier as psql shows it */
    static String shown(String name) {
        return PLAIN.matcher(name).matches() ? name : Sql.ident(name);
    }

    @Override
    public String toString() {
        return shown(schema) + '.' + shown(table);
    }
}
