package lib.roles;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What becomes of roles and their parts by name, for each kind of target. The table is the rule: it is read here, and
 * stands in docs/managed-roles.md as it is. The first row that fits counts.
 */
public final class RoleRules {
    /**
     * A row that names roles of the source applies only to sources that have at least one of them. {@code asked} is
     * left out unless the target permits it when it is asked.
     */
    public static final String TABLE = """
            | what | named | on a source with | for | becomes | because | source |
            | --- | --- | --- | --- | --- | --- | --- |
            | role | `rds*` | `rdsadmin` | cloud, mst, postgres | left out | it belongs to Amazon RDS | guide for \
            Amazon RDS |
            | role | `_aiven`, `_tsdbadmin_*`, `tsdbadmin_group` | `_aiven` | cloud, mst, postgres | left out | it \
            belongs to Managed Service for TimescaleDB | guide for MST |
            | role | `tsdbowner`, `tsdbexplorer` | `tsdbadmin` | cloud, mst | left out | it belongs to Timescale Cloud \
            | timescaledb-docker-ha, tsdbadmin.sql |
            | role | `postgres` | | cloud, mst | left out | it is the superuser of the service there | all guides |
            | role | `tsdbadmin` | | cloud, mst | kept | it is the administrator whom the service has made | all \
            guides |
            | attribute | `SUPERUSER`, `REPLICATION`, `BYPASSRLS` | | cloud, mst | asked | the administrator of the \
            service may not give it | all guides |
            | membership | `pg_execute_server_program`, `pg_read_server_files`, `pg_write_server_files` | | cloud, mst \
            | left out | it reaches the machine of the service | guide for MST |
            | membership | `pg_*` | | cloud, mst | asked | the administrator of the service may not grant it | guide \
            for MST |
            | setting | `pg_stat_statements.*`, `pg_stat_monitor.*` | | cloud, mst | left out | it is for the service \
            to set | guide for MST |
            | parameter grant | `*` | | cloud, mst | left out | the administrator of the service may not give it | \
            guide for MST |
            """;

    /** What a rule is about. */
    public enum What {
        ROLE,
        ATTRIBUTE,
        MEMBERSHIP,
        SETTING,
        PARAMETER_GRANT
    }

    /** What becomes of it. */
    enum Treatment {
        LEFT_OUT,
        KEPT,
        ASKED
    }

    /**
     * One row.
     *
     * @param markers roles of which the source must have one; empty for a rule that applies to every source
     * @param why a clause that begins with "it", or "the"
     */
    public record Rule(What what, List<Pattern> names, Set<String> markers, Set<TargetKind> kinds, Treatment treatment,
            String why) {
        private boolean fits(What item, String name, TargetKind kind, Collection<String> roles) {
            return item == what && kinds.contains(kind)
                    && names.stream().anyMatch(pattern -> pattern.matcher(name).matches())
                    && (markers.isEmpty() || markers.stream().anyMatch(roles::contains));
        }
    }

    private static final List<Rule> RULES = TABLE.lines().skip(2).map(RoleRules::parse).toList();

    private RoleRules() {
    }

    /**
     * @param roles the names of all roles of the source
     * @return the rule for something of this name on this kind of target
     */
    public static Optional<Rule> of(What what, String name, TargetKind kind, Collection<String> roles) {
        return RULES.stream().filter(rule -> rule.fits(what, name, kind, roles)).findFirst();
    }

    /** @return the rule for something of this name on this kind of target, whatever roles the source has */
    static Optional<Rule> of(What what, String name, TargetKind kind) {
        return of(what, name, kind, Set.of());
    }

    private static Rule parse(String row) {
        String[] cells = Arrays.stream(row.split("\\|")).skip(1).map(String::strip).toArray(String[]::new);
        return new Rule(What.valueOf(constant(cells[0])), names(cells[1]).stream().map(RoleRules::pattern).toList(),
                Set.copyOf(names(cells[2])),
                names(cells[3]).stream().map(kind -> TargetKind.valueOf(constant(kind))).collect(Collectors.toSet()),
                Treatment.valueOf(constant(cells[4])), cells[5]);
    }

    private static List<String> names(String cell) {
        return Arrays.stream(cell.replace("`", "").split(", ")).filter(name -> !name.isEmpty()).toList();
    }

    private static Pattern pattern(String name) {
        return Pattern.compile(
                Arrays.stream(name.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
                Pattern.DOTALL);
    }

    private static String constant(String words) {
        return words.replace(' ', '_').toUpperCase(Locale.ROOT);
    }
}
