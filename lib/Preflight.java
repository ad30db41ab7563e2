//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Capacity.java ClientTools.java Collations.java Extensions.java Failure.java Finding.java Journal.java OwnedObjects.java Peculiarities.java
//SOURCES Readability.java RolePlan.java Roles.java Rows.java Selection.java Server.java Sql.java Surroundings.java Uncarried.java
package lib;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Looks at both sides before anything is changed, and says what would stop a migration or should make the operator think. */
public final class Preflight {
    /**
     * How the migration is meant to be run.
     *
     * @param createdLater the name of the target's database when it has yet to be created, else null; the target is then asked through
     *        another database
     * @param restart what a failed run left on the target is to be removed first
     */
    public record Plan(Selection selection, int jobs, Collection<String> leaveOut, String createdLater, boolean restart) {
        private boolean create() {
            return createdLater != null;
        }
    }

    private final Server source;
    private final Server target;
    private final Connection from;
    private final Connection to;
    private final Plan plan;
    private final List<Finding> findings = new ArrayList<>();
    private ClientTools.Installation tools;
    private Extensions extensions;
    private Uncarried uncarried;
    private RolePlan roles;

    /** @param from a session on the source, {@code to} one on the target */
    public Preflight(Server source, Connection from, Server target, Connection to, Plan plan) {
        this.source = source;
        this.target = target;
        this.from = from;
        this.to = to;
        this.plan = plan;
    }

    /** Runs every check; later ones that need what an earlier one has stopped are left away. */
    public List<Finding> run(ClientTools installed) {
        tls(source);
        tls(target);
        versions(installed);
        if (!plan.create() && sameDatabase()) {
            return findings;
        }
        target();
        encoding();
        findings.addAll(new Readability(from, source.facts().user(), plan.selection).check());
        findings.addAll(Collations.check(from, to));
        boolean intoUtf8 = !plan.create() && target.facts().encoding().equals("UTF8");
        findings.addAll(new Peculiarities(from, source.facts(), to, plan.selection).check(source, intoUtf8));
        checkExtensions();
        uncarried = Uncarried.find(from, source, target, plan.selection);
        findings.addAll(uncarried.check(plan.leaveOut));
        roles();
        findings.addAll(new Surroundings(source, from, target, to).check());
        findings.addAll(new Capacity(source, from, target, to, plan.selection, plan.jobs).check());
        return findings;
    }

    /** @return whether nothing stops the migration */
    public static boolean go(List<Finding> findings) {
        return findings.stream().noneMatch(finding -> finding.level() == Finding.Level.STOP);
    }

    public ClientTools.Installation tools() {
        return tools;
    }

    public Extensions extensions() {
        return extensions;
    }

    public Uncarried uncarried() {
        return uncarried;
    }

    public RolePlan rolePlan() {
        return roles;
    }

    private void tls(Server server) {
        Connection session = server == source ? from : to;
        String cipher = Rows.text(session, server.side(), "asking for TLS",
                "SELECT version || ' ' || cipher FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid() AND ssl");
        boolean local = Set.of("localhost", "127.0.0.1", "::1").contains(server.dsn().host());
        if (cipher == null && !local) {
            findings.add(Finding.warning("tls", "add sslmode=require to the connection string of the " + server.side(),
                    "the connection to the %s is not encrypted", server.side()));
        } else {
            findings.add(Finding.ok("tls", "the connection to the %s %s", server.side(),
                    cipher == null ? "stays on this machine" : "is encrypted (" + cipher + ")"));
        }
    }

    private void versions(ClientTools installed) {
        int from = source.facts().major();
        int to = target.facts().major();
        if (from < 12) {
            findings.add(Finding.stop("versions", "upgrade the source to PostgreSQL 12 or newer", "the source is PostgreSQL %s, older than 12",
                    source.facts().version()));
        } else if (to < from) {
            findings.add(Finding.stop("versions", "create the target as PostgreSQL " + from + " or newer",
                    "the target is PostgreSQL %s, older than the source, which is %s", target.facts().version(), source.facts().version()));
        } else {
            findings.add(Finding.ok("versions", "source %s, target %s", source.facts().version(), target.facts().version()));
            clients(installed);
        }
    }

    private void clients(ClientTools installed) {
        try {
            tools = installed.pick(source.facts().major(), target.facts().major());
            findings.add(Finding.ok("client tools", "pg_dump and pg_restore %s", tools));
        } catch (Failure e) {
            findings.add(Finding.stop("client tools", e.hint(), "%s (%s)", e.getMessage(), e.detail()));
        }
    }

    /** Server addresses lie (poolers, tunnels, several names); a lock taken on one side and seen on the other does not. */
    private boolean sameDatabase() {
        long key = System.nanoTime();
        String seen = """
                SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l
                 WHERE l.locktype = 'advisory' AND (l.classid::bigint << 32 | l.objid::bigint) = %d
                   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())""".formatted(key);
        Rows.text(from, "source", "marking the source", "SELECT pg_catalog.pg_advisory_lock(" + key + ")");
        boolean same = !Rows.text(to, "target", "looking for the mark of the source", seen).equals("0");
        Rows.text(from, "source", "marking the source", "SELECT pg_catalog.pg_advisory_unlock(" + key + ")");
        if (same) {
            findings.add(Finding.stop("target", "check --source and --target", "source and target are the same database (%s)", target.dsn()));
        }
        return same;
    }

    private void target() {
        if (target.facts().recovery()) {
            findings.add(Finding.stop("target", "connect to the primary", "the target is a standby and cannot be written to"));
        } else if (plan.create()) {
            findings.add(target.facts().superuser() || target.facts().createDatabase()
                    ? Finding.ok("target", "database \"%s\" will be created", plan.createdLater)
                    : Finding.stop("target", "ALTER ROLE " + Sql.ident(target.facts().user()) + " CREATEDB;",
                            "user \"%s\" may not create databases on the target", target.facts().user()));
        } else if (Journal.exists(to)) {
            interrupted();
        } else {
            empty();
        }
        if (!target.facts().recovery() && "on".equals(Rows.text(to, "target", "asking whether sessions may write", "SHOW transaction_read_only"))) {
            findings.add(Finding.stop("target", "ALTER DATABASE " + Sql.ident(target.dsn().database()) + " RESET default_transaction_read_only;",
                    "sessions on the target are read-only (default_transaction_read_only)"));
        }
        if (!plan.create() && "f".equals(Rows.text(to, "target", "asking for the right to create",
                "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"))) {
            findings.add(Finding.stop("target", "GRANT CREATE ON DATABASE " + Sql.ident(target.dsn().database()) + " TO "
                    + Sql.ident(target.facts().user()) + ";", "user \"%s\" may not create in the target's database", target.facts().user()));
        }
    }

    private void interrupted() {
        if (Journal.locked(to)) {
            findings.add(Finding.stop("target", Journal.IN_USE_HINT, "another migration is at work on the target"));
        } else if (!plan.restart) {
            findings.add(Finding.stop("target", "migrate --restart", "the target holds what an interrupted run left there"));
        } else {
            List<OwnedObjects.Owned> strangers = Journal.strangers(to);
            findings.add(strangers.isEmpty() ? Finding.ok("target", "what an interrupted run left there will be removed")
                    : Finding.stop("target", "move or drop them, then run again with --restart",
                            "the target holds objects that the interrupted run did not make: %s", some(strangers)));
        }
    }

    private void empty() {
        List<OwnedObjects.Owned> objects = OwnedObjects.list(to, "target").stream()
                .filter(object -> !isPublic(object)).toList();
        if (objects.isEmpty()) {
            findings.add(Finding.ok("target", "database \"%s\" is empty", target.dsn().database()));
        } else {
            findings.add(Finding.stop("target", "name an empty database, or create one with --create-database",
                    "the target is not empty: %s", some(objects)));
        }
    }

    private static boolean isPublic(OwnedObjects.Owned object) {
        return object.kind().equals("SCHEMA") && object.identity().equals("public");
    }

    private static String some(List<OwnedObjects.Owned> objects) {
        return objects.stream().limit(5).map(OwnedObjects.Owned::toString).collect(Collectors.joining(", "))
                + (objects.size() > 5 ? " and " + (objects.size() - 5) + " more" : "");
    }

    private void encoding() {
        String from = source.facts().encoding();
        String to = plan.create() ? from : target.facts().encoding();
        if (from.equals(to)) {
            findings.add(Finding.ok("encoding", "%s on both sides", from));
        } else if (!to.equals("UTF8")) {
            findings.add(Finding.stop("encoding", "create the target with ENCODING 'UTF8' TEMPLATE template0",
                    "the source's encoding is %s and the target's %s: not every text can be converted", from, to));
        } else {
            findings.add(Finding.warning("encoding", null, "the source's encoding is %s, the target's UTF8: texts are converted", from));
        }
        if (!plan.create() && !source.facts().collate().equals(target.facts().collate())) {
            findings.add(Finding.warning("collation", "create the target with LC_COLLATE '" + source.facts().collate() + "' TEMPLATE template0",
                    "texts sort by %s on the source and by %s on the target", source.facts().collate(), target.facts().collate()));
        }
    }

    private void checkExtensions() {
        Set<String> removed = plan.restart && Journal.exists(to) ? Journal.extensions(to) : Set.of();
        // A database that is yet to be created has none, whatever the one has through which the server is asked.
        extensions = Extensions.compare(from, to, name -> !plan.create() && !removed.contains(Sql.ident(name)));
        for (Extensions.Extension extension : extensions.all()) {
            if (plan.leaveOut.contains(extension.name())) {
                findings.add(Finding.warning("left out", null, "extension %s", extension.name()));
            } else if (extension.installed() == null && extension.chosen() == null) {
                findings.add(Finding.stop("extensions", "install " + extension.name() + " on the target's server, or drop it on the source",
                        "extension %s is not available on the target", extension.name()));
            } else if (extension.installed() == null && extension.needsSuperuser() && !target.facts().superuser()) {
                findings.add(Finding.stop("extensions", "as a superuser of the target: " + String.join("; ", Extensions.create(extension)) + ";",
                        "extension %s can be created on the target by a superuser only", extension.name()));
            } else if (!extension.same()) {
                findings.add(Finding.warning("extensions", null, "extension %s is %s on the source and will be %s on the target", extension.name(),
                        extension.version(), extension.installed() == null ? extension.chosen() : extension.installed()));
            } else {
                findings.add(Finding.ok("extensions", "%s %s", extension.name(), extension.version()));
            }
        }
    }

    private void roles() {
        // The schema public is there already and keeps the owner that it has on the target.
        Set<String> owners = OwnedObjects.list(from, "source").stream().filter(object -> !isPublic(object)).map(OwnedObjects.Owned::owner)
                .collect(Collectors.toCollection(TreeSet::new));
        roles = new RolePlan(Roles.read(from, source), target, to, owners);
        findings.addAll(roles.check());
    }
}
