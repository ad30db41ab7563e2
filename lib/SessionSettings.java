package lib;

import java.util.ArrayList;
import java.util.List;

/** The settings that every session of ours begins with, so that nothing that we read or write depends on those of roles and databases. */
final class SessionSettings {
    /** The settings that pg_dump pins (setup_connection in its source), and those that text output of the built-in types depends on. */
    static final List<String> PINNED = List.of("DateStyle=ISO", "IntervalStyle=postgres", "extra_float_digits=3", "TimeZone='UTC'",
            "bytea_output=hex", "xmloption=content", "lc_monetary='C'", "search_path=''", "row_security=off", "synchronize_seqscans=off",
            "standard_conforming_strings=on", "quote_all_identifiers=off", "check_function_bodies=off", "client_min_messages=warning",
            "statement_timeout=0", "lock_timeout=0", "idle_in_transaction_session_timeout=0");

    private SessionSettings() {
    }

    /** @return the statement that sets them on a server of this major version: one, for of several the driver sends and reads each by itself */
    static String statement(int major) {
        List<String> settings = new ArrayList<>(PINNED);
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
            statement.append(statement.length() > 7 ? ", " : "").append("pg_catalog.set_config('").append(setting, 0, sign).append("', ")
                    .append(value.startsWith("'") ? value : "'" + value + "'").append(", false)");
        }
        return statement.toString();
    }
}
