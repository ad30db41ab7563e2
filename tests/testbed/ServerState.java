package testbed;

import java.util.SortedMap;
import java.util.TreeMap;

/** All that a command could have changed on a server, as a map that can be compared and whose differences can be read. */
public final class ServerState {
    /** What belongs to the whole server; passwords and settings too. */
    private static final String BESIDE_THE_DATABASES = """
            SELECT 'role ' || rolname, to_jsonb(a)::text FROM pg_authid a
            UNION ALL SELECT format('membership %s in %s', member::regrole, roleid::regrole), to_jsonb(m)::text FROM pg_auth_members m
            UNION ALL SELECT 'settings of ' || coalesce(datname, 'all') || ' ' || setrole, setconfig::text
                        FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = setdatabase
            UNION ALL SELECT 'database ' || datname, concat_ws(' ', datdba, datacl::text, datconnlimit) FROM pg_database
            """;

    private ServerState() {
    }

    /** @param database the one that is looked into; it may be missing */
    public static SortedMap<String, String> of(ServerAccess server, String database) {
        SortedMap<String, String> state = new TreeMap<>();
        server.rows("postgres", BESIDE_THE_DATABASES).forEach(row -> state.put(row.get(0), row.get(1)));
        if (state.containsKey("database " + database)) {
            Oracle.schema(server, database).ifPresent(schema -> state.put("schema", schema));
            state.putAll(Oracle.data(server, database));
        }
        return state;
    }
}
