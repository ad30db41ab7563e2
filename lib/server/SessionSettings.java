package lib.server;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The settings that every session of ours begins with, so that nothing that we read or write depends on those of roles
 * and databases.
 */
public final class SessionSettings {
    /**
     * Those that the head of a script of pg_dump makes (_doSetFixedOutputState in the source of pg_restore), and
     * row_security, which it makes too where that is wanted. With these and the server's own a value is computed as a
     * restore with psql computes it.
     */
    static final List<String> LOADING =
            List.of("search_path=''", "row_security=off", "standard_conforming_strings=on", "check_function_bodies=off",
                    "xmloption=content", "client_min_messages=warning", "statement_timeout=0", "lock_timeout=0",
                    "idle_in_transaction_session_timeout=0");

    /**
     * The settings that pg_dump pins (setup_connection in its source), and those that text output of the built-in types
     * depends on.
     */
    public static final List<String> PINNED = Stream.concat(
            Stream.of("DateStyle=ISO", "IntervalStyle=postgres", "extra_float_digits=3", "TimeZone='UTC'",
                    "bytea_output=hex", "lc_monetary='C'", "synchronize_seqscans=off", "quote_all_identifiers=off"),
            LOADING.stream()).toList();

    /**
     * With array_nulls=off, NULL in the text of an array is a word like any other; with another level of isolation, an
     * index sees too little.
     */
    private static final List<String> HINDERING = List.of("array_nulls=on",
            "default_transaction_isolation='read committed'", "default_transaction_deferrable=off");

    /**
     * For sessions that load: a commit need not wait for the disk, for the run's last one does, and with it all before
     * are safe (PostgreSQL manual, 30.4).
     */
    public static final String COMMITTING_LATER = "SET synchronous_commit = off";

    private SessionSettings() {
    }

    /** @return the statement that sets what makes text comparable, on a server of this major version */
    public static String comparing(int major) {
        return statement(PINNED, major);
    }

    /** @return the statement for a session in which values are computed; what it leaves open is the database's */
    public static String computing(int major) {
        return statement(Stream.concat(LOADING.stream(), HINDERING.stream()).toList(), major);
    }

    /** A single statement, because the driver sends several one by one. */
    private static String statement(List<String> pinned, int major) {
        List<String> settings = new ArrayList<>(pinned);
        // Queries of catalogs look so costly that the server compiles them, which takes longer than to run them.
        settings.add("jit=off");
        // Else to plan a query may run the CHECK constraints of tables that others own (PostgreSQL manual, 20.7.4).
        settings.add("constraint_exclusion=off");
        if (major >= 14) {
            settings.add("idle_session_timeout=0");
        }
        if (major >= 17) {
            settings.add("transaction_timeout=0");
        }
        StringBuilder statement = new StringBuilder("SELECT ");
        for (String setting : settings) {
            int sign = setting.indexOf('=');
            String value = setting.substring(sign + 1);
            statement.append(statement.length() > 7 ? ", " : "").append("pg_catalog.set_config('")
                    .append(setting, 0, sign).append("', ")
                    .append(value.startsWith("'") ? value : "'" + value + "'").append(", false)");
        }
        return statement.toString();
    }
}
