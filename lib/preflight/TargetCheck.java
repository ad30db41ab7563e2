//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import lib.catalog.Extensions;
import lib.catalog.MigrationOptions;
import lib.catalog.OwnedObjects;
import lib.catalog.Selection;
import lib.catalog.UnrelatedObject;
import lib.journal.TargetContents;
import lib.journal.UnfinishedRun;
import lib.journal.UnrelatedObjects;
import lib.roles.RoleRecord;
import lib.server.DatabaseCreation;
import lib.server.Finding;
import lib.server.JournalTables;
import lib.server.Leftovers;
import lib.server.OwnSchema;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.server.TargetLock;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Sql;

/** Whether the target can take what the source holds, as far as that can be known without the source. */
public final class TargetCheck {
    /** What one question asks: whether the user may create in the database, and whether that has default privileges. */
    private record Rights(boolean create, boolean defaults) {
    }

    private final Server target;
    private final Session to;
    private final TargetDatabase database;
    private final String command;
    private final MigrationOptions wanted;
    private OwnSchema.Found journal;
    private DefaultPrivileges defaults = DefaultPrivileges.none();

    /**
     * @param to a session on the target
     * @param command the command that will load it, for hints
     */
    public TargetCheck(TargetDatabase database, Session to, String command, MigrationOptions wanted) {
        this.database = database;
        target = database.server();
        this.to = to;
        this.command = command;
        this.wanted = wanted;
    }

    /**
     * What the server says of encryption is about its own end of the connection, which with a pooler is not ours. Ours
     * and that of the client programs follow from the connection string, which knows since the first connection whether
     * there is TLS.
     *
     * @return whether the connection is encrypted, or stays on this machine
     */
    public static Finding tls(Server server, Session session) {
        String cipher = session.text("asking for TLS", """
                SELECT coalesce((SELECT version || ' ' || cipher FROM pg_catalog.pg_stat_ssl
                  WHERE pid = pg_catalog.pg_backend_pid() AND ssl),
                                (SELECT 'GSSAPI' FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_catalog.pg_backend_pid()
                                  AND encrypted),
                                CASE pg_catalog.current_setting('ssl') WHEN 'off' THEN 'off' END)""");
        boolean encrypted = server.isEncrypted() || "GSSAPI".equals(cipher);
        if (encrypted) {
            return Finding.ok("tls", "the connection to the %s is encrypted%s", server.side(),
                    cipher == null || cipher.equals("off") ? "" : " (" + cipher + ")");
        } else if (Set.of("localhost", "127.0.0.1", "::1").contains(server.host())) {
            return Finding.ok("tls", "the connection to the %s stays on this machine", server.side());
        }
        return Finding.warning("tls",
                ("off".equals(cipher) ? "enable TLS there (ssl = on), then " : "")
                        + "add sslmode=require to the connection string of the " + server.side(),
                "the connection to the %s is not encrypted", server.side());
    }

    /** @return whether the target can be written to and is empty, or will be once the failed run is undone */
    public List<Finding> state() {
        List<Finding> findings = new ArrayList<>();
        if (target.facts().recovery()) {
            findings.add(Finding.stop("target", "connect to the primary",
                    "the target is a standby and cannot be written to"));
        } else if (database.missing()) {
            findings.add(target.facts().superuser() || target.facts().createDatabase()
                    ? Finding.ok("target", "database \"%s\" will be created", database.name())
                    : Finding.stop("target", "ALTER ROLE " + Sql.ident(target.facts().user()) + " CREATEDB;",
                            "user \"%s\" may not create databases on the target", target.facts().user()));
        } else {
            findings.add(switch (journal().state()) {
                case OURS -> interrupted();
                // Nothing is read from there, least of all what to remove.
                case FOREIGN, OTHER_VERSION -> Finding.stop("target", journal.hint(), "%s", journal.text("target"));
                case ABSENT -> empty();
            });
        }
        String readOnly =
                target.facts().recovery() ? null : to.text("asking whether sessions may write",
                        """
                SELECT source FROM pg_catalog.pg_settings
                 WHERE name = 'default_transaction_read_only' AND pg_catalog.current_setting('transaction_read_only') =
                   'on'""");
        if (readOnly != null) {
            findings.add(Finding.stop("target", writable(readOnly),
                    "sessions on the target are read-only (default_transaction_read_only)"));
        }
        Rights rights = database.missing() ? new Rights(true, false)
                : to.list("asking for the right to create",
                        "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), "
                                + DefaultPrivileges.ANY,
                        row -> new Rights(row.getBoolean(1), row.getBoolean(2))).get(0);
        if (rights.defaults) {
            defaults = ofJournal(() -> DefaultPrivileges.of(to, true), null);
            defaults = defaults == null ? DefaultPrivileges.of(to, false) : defaults;
            findings.addAll(defaults.check());
        }
        if (!rights.create) {
            findings.add(Finding.stop("target",
                    "GRANT CREATE ON DATABASE " + Sql.ident(target.database()) + " TO "
                            + Sql.ident(target.facts().user()) + ";",
                    "user \"%s\" may not create in the target's database", target.facts().user()));
        }
        return findings;
    }

    /** @return the default privileges that the target has, once {@link #state} has been asked */
    DefaultPrivileges defaults() {
        return defaults;
    }

    private OwnSchema.Found journal() {
        if (journal == null) {
            journal = JournalTables.find(to);
        }
        return journal;
    }

    /**
     * How to make sessions of the user writable again. The session that runs it is read-only itself, too.
     *
     * @param source where the setting comes from (PostgreSQL manual, 54.24)
     */
    private String writable(String source) {
        String database = Sql.ident(target.database());
        String user = Sql.ident(target.facts().user());
        String reset = switch (source) {
            case "database" -> "ALTER DATABASE " + database;
            case "user" -> "ALTER ROLE " + user;
            case "database user" -> "ALTER ROLE " + user + " IN DATABASE " + database;
            default -> null;
        };
        return reset != null ? "BEGIN READ WRITE; " + reset + " RESET default_transaction_read_only; COMMIT;"
                : source.equals("client") ? "take it out of the options of the connection string, or of PGOPTIONS"
                : source.equals("command line") ? "start the server of the target without that option"
                : "ALTER SYSTEM SET default_transaction_read_only = off; SELECT pg_reload_conf();";
    }

    private Finding interrupted() {
        if (TargetLock.isTaken(to)) {
            return Finding.stop("target", TargetLock.IN_USE_HINT, "another migration is running on the target");
        } else if (!wanted.takesOver()) {
            return Finding.stop("target",
                    UnfinishedRun.of(to).choices(command), "the target holds %s", UnfinishedRun.of(to).contents());
        }
        List<UnrelatedObject> unrelated =
                ofJournal(() -> Leftovers.work(to) ? List.of() : UnrelatedObjects.list(to), null);
        return unrelated == null ? Finding.stop("target", "read the output of that run, then run this command again",
                "the run that was at work on the target has just ended")
                : unrelated.isEmpty() ? Finding.ok("target",
                        wanted.restart() ? "the objects of an interrupted run will be removed"
                                : "the run goes on with what an interrupted run has made")
                : Finding.stop("target",
                        UnrelatedObjects.hint(to, unrelated, wanted.resume() ? "--resume" : "--restart"),
                        "the target holds objects that the interrupted run did not make: %s",
                        Count.some(unrelated));
    }

    private Finding empty() {
        List<UnrelatedObject> objects = TargetContents.list(to);
        if (objects.isEmpty()) {
            return Finding.ok("target", "database \"%s\" is empty", target.database());
        } else if (wanted.resume()) {
            // The journal goes before the process ends, and with it what a run could go on with.
            return Finding.stop("target",
                    "verify, which compares both sides: where a run was cut off at its very end, everything has "
                            + "arrived; for another migration, name an empty database",
                    "no interrupted run is on the target to go on with, and it is not empty: %s", Count.some(objects));
        }
        return Finding.stop("target", "name an empty database, or create one with --create-database",
                "the target is not empty: %s", Count.some(objects));
    }

    /**
     * @param sorting as {@link Server.Facts} has it
     * @param creation what CREATE DATABASE has to be told to make one like the source's
     * @return whether the target can hold the source's texts, and sorts them alike
     */
    public List<Finding> encoding(String encoding, String collate, String ctype, String sorting,
            Supplier<String> creation) {
        List<Finding> findings = new ArrayList<>();
        String to = database.missing() ? encoding : target.facts().encoding();
        if (encoding.equals(to)) {
            findings.add(Finding.ok("encoding", "%s on both sides", encoding));
        } else if (!to.equals("UTF8")) {
            findings.add(Finding.stop("encoding", DatabaseCreation.like(this.to, encoding, collate, ctype),
                    "the source's encoding is %s and the target's %s: not every text can be converted", encoding, to));
        } else {
            findings.add(Finding.warning("encoding", null,
                    "the source's encoding is %s, the target's UTF8: texts are converted", encoding));
        }
        if (!database.missing() && !sorting.equals(target.facts().sorting())) {
            findings.add(Finding.warning("collation",
                    sorting.equals(collate) ? DatabaseCreation.like(this.to, encoding, collate, ctype)
                            : "create the target with " + creation.get(),
                    "texts sort by %s on the source and by %s on the target", sorting, target.facts().sorting()));
        }
        return findings;
    }

    /**
     * @param objects that are about to be created on a target that can be used
     * @param from a session on the source, or null where there is only a dump of it
     * @param selection what is wanted of the source
     * @return a stop that names what has one of their names already, if anything
     */
    public List<Finding> namesakes(Collection<OwnedObjects.Owned> objects, Session from, Selection selection) {
        Predicate<UnrelatedObject> staying = ofJournal(() -> UnrelatedObjects.staying(to), object -> true);
        return database.missing() ? List.of() : from == null ? NameConflicts.check(objects, to, staying)
                : NameConflicts.check(objects, from, selection, to, staying);
    }

    /**
     * @param without what holds where nothing is to be undone, or not any more: a run that ends well takes its journal
     * along
     */
    private <T> T ofJournal(Supplier<T> reading, T without) {
        if (!wanted.takesOver() || database.missing() || journal().state() != OwnSchema.State.OURS) {
            return without;
        }
        try {
            return reading.get();
        } catch (Failure e) {
            if (JournalTables.exist(to)) {
                throw e;
            }
            journal = JournalTables.find(to);
            return without;
        }
    }

    /** @return whether there is an interrupted run to be taken over */
    boolean interruptedBefore() {
        return ofJournal(() -> true, false);
    }

    /** @return the roles that an interrupted run has created, if there is one to be taken over */
    List<String> rolesMade() {
        return ofJournal(() -> RoleRecord.created(to), List.of());
    }

    /** @return what the target offers of the source's extensions */
    public Extensions extensions(List<Extensions.Installed> source) {
        List<String> removed = ofJournal(() -> UnrelatedObjects.extensions(to), List.of());
        // A database that is yet to be created has none, whatever the one has through which the server is asked.
        return Extensions.compare(source, to, name -> !database.missing() && !removed.contains(name));
    }
}
