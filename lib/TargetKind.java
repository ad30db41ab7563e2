package lib;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The kinds of target, and what each makes of roles that come from elsewhere. A further kind is a further constant, with the roles that it
 * has no use for and the predefined roles that it gives to nobody.
 */
public enum TargetKind {
    /** Any PostgreSQL server. What may be given there depends on the user who loads the roles, and on nothing else. */
    POSTGRES(List.of(Platform.RDS, Platform.MST));

    /**
     * A managed service whose own roles a source can have.
     *
     * @param marker a role that every source of this service has, and no other server
     * @param roles the names of the service's own roles
     */
    record Platform(String name, String marker, Pattern roles) {
        static final Platform RDS = new Platform("Amazon RDS", "rdsadmin", Pattern.compile("rds.*"));
        static final Platform MST = new Platform("Managed Service for TimescaleDB", "_aiven", Pattern.compile("_aiven|_tsdbadmin_.*|tsdbadmin_group"));
    }

    /** Predefined roles that are younger than PostgreSQL 12, and the version that brought each (PostgreSQL manual, 22.5). */
    private static final Map<String, Integer> PREDEFINED = Map.ofEntries(Map.entry("pg_read_all_data", 14), Map.entry("pg_write_all_data", 14),
            Map.entry("pg_database_owner", 14), Map.entry("pg_checkpoint", 15), Map.entry("pg_create_subscription", 16),
            Map.entry("pg_use_reserved_connections", 16), Map.entry("pg_maintain", 17), Map.entry("pg_signal_autovacuum_worker", 18));

    private final List<Platform> useless;

    TargetKind(List<Platform> useless) {
        this.useless = useless;
    }

    /**
     * @param all the names of all roles of the source
     * @return the service whose own this role is, if it is of no use on this kind of target
     */
    public Optional<String> platformOf(String role, Collection<String> all) {
        return useless.stream().filter(platform -> all.contains(platform.marker) && platform.roles.matcher(role).matches())
                .map(Platform::name).findFirst();
    }

    /** @return whether a predefined role exists in this major version */
    public static boolean predefined(String role, int major) {
        return major >= PREDEFINED.getOrDefault(role, 0);
    }
}
