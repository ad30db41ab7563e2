package lib.roles;

import java.util.Locale;
import java.util.Map;

/** The kinds of target. {@link RoleRules} says what becomes of roles on each. */
public enum TargetKind {
    /** Any PostgreSQL server. Only the rights of the user who loads the roles limit what can be granted. */
    POSTGRES("PostgreSQL"),
    /** A service of Timescale Cloud. */
    CLOUD("Timescale Cloud"),
    /** A service of Managed Service for TimescaleDB. */
    MST("Managed Service for TimescaleDB");

    /** The administrator role that a managed service gives to its customers. */
    static final String ADMINISTRATOR = "tsdbadmin";

    /**
     * Predefined roles that are younger than PostgreSQL 12, and the version that brought each (PostgreSQL manual,
     * 22.5).
     */
    private static final Map<String, Integer> PREDEFINED = Map.ofEntries(Map.entry("pg_read_all_data", 14),
            Map.entry("pg_write_all_data", 14),
            Map.entry("pg_database_owner", 14), Map.entry("pg_checkpoint", 15), Map.entry("pg_create_subscription", 16),
            Map.entry("pg_use_reserved_connections", 16), Map.entry("pg_maintain", 17),
            Map.entry("pg_signal_autovacuum_worker", 18));

    private final String words;

    TargetKind(String words) {
        this.words = words;
    }

    /** @return as the option names it */
    String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @return whether only the service itself has superusers */
    public boolean managed() {
        return this != POSTGRES;
    }

    /** @return who can help where the connecting user lacks the rights */
    public String helper() {
        return managed() ? "the support of " + words : "a superuser of the target";
    }

    /** @return whether a predefined role exists in this major version */
    static boolean predefined(String role, int major) {
        return major >= PREDEFINED.getOrDefault(role, 0);
    }

    @Override
    public String toString() {
        return words;
    }
}
