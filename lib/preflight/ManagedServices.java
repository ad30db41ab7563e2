//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.roles.TargetKind;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Bytes;

/** What managed services do by themselves or limit, as reminders: nothing of it can be asked of their servers. */
final class ManagedServices {
    private static final Map<String, String> BY_HOST = Map.of(".tsdb.cloud.timescale.com", TargetKind.CLOUD.toString(),
            ".aivencloud.com",
            TargetKind.MST.toString(), ".rds.amazonaws.com", "Amazon RDS", ".postgres.database.azure.com", "Azure");
    /** Each with the role that only its servers have. */
    private static final String BY_ROLE = """
            SELECT CASE rolname WHEN 'rdsadmin' THEN 'Amazon RDS' ELSE '%s' END
              FROM pg_catalog.pg_roles WHERE rolname IN ('rdsadmin', '_aiven')""".formatted(TargetKind.MST);
    /** More than that the support of Timescale Cloud provides beforehand (its documents, "Migrate with downtime"). */
    private static final long MUCH = 400L << 30;

    private final Server source;
    private final Session from;
    private final Server target;
    private final TargetKind kind;
    private final String database;

    /**
     * @param from a session on the source
     * @param database the target's, which may be yet to be created
     */
    ManagedServices(Server source, Session from, Server target, TargetKind kind, String database) {
        this.source = source;
        this.from = from;
        this.target = target;
        this.kind = kind;
        this.database = database;
    }

    /** @param bytes what the source's tables and indexes take */
    List<Finding> check(long bytes) {
        List<Finding> findings = new ArrayList<>();
        byHost(source)
                .or(() -> from.texts("recognizing managed services", BY_ROLE).stream().findFirst())
                .ifPresent(service -> findings.add(maintenance("source", service)));
        byHost(target).or(() -> kind.managed() ? Optional.of(kind.toString()) : Optional.empty())
                .ifPresent(service -> findings.add(maintenance("target", service)));
        if (kind.managed()) {
            findings.add(room(bytes));
            databases().ifPresent(findings::add);
        }
        return findings;
    }

    private static Optional<String> byHost(Server server) {
        return BY_HOST.entrySet().stream().filter(host -> server.host().endsWith(host.getKey()))
                .map(Map.Entry::getValue).findFirst();
    }

    private static Finding maintenance(String side, String service) {
        return Finding.warning("maintenance", "move the maintenance window in the console of " + service,
                "the %s is at %s, which may restart it for maintenance while the migration runs", side, service);
    }

    private Finding room(long bytes) {
        String size = Bytes.text(bytes);
        if (kind == TargetKind.MST) {
            return Finding.ok("service",
                    "the plan of the target must have room for %s, and as much again while it is loaded", size);
        }
        return bytes > MUCH
                ? Finding.warning("service", "ask the support of Timescale Cloud to provide the room beforehand",
                        "the source takes %s, and the disk of a service grows only once in 6 hours", size)
                : Finding.ok("service",
                        "the disk of the target grows only once in 6 hours; the source takes %s, which is less "
                                + "than 400 GB",
                        size);
    }

    /** Both services have one database, whose name is given. */
    private Optional<Finding> databases() {
        String own = kind == TargetKind.MST ? "defaultdb" : "tsdb";
        if (!database.equals(own)) {
            return Optional.of(Finding.warning("databases", "name database \"" + own + "\" in --target",
                    "the one database of a service is called \"%s\", not \"%s\"", own, database));
        }
        List<String> others = from.texts("listing the other databases",
                """
                SELECT pg_catalog.quote_ident(datname) FROM pg_catalog.pg_database
                 WHERE NOT datistemplate AND datname NOT IN (pg_catalog.current_database(), 'postgres', 'rdsadmin',
                   '_aiven') ORDER BY 1""");
        return others.isEmpty() ? Optional.empty()
                : Optional.of(Finding.warning("databases", "move each to a service of its own",
                        "a service has one database, and the source's server has more than this one: %s",
                        String.join(", ", others)));
    }
}
