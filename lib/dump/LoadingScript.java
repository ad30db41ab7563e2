//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.DatabaseSettings;
import lib.catalog.Extensions;
import lib.catalog.MigrationOptions;
import lib.catalog.OwnedObjects;
import lib.load.AfterLoad;
import lib.load.ArchiveScript;
import lib.load.Grantors;
import lib.load.Loading;
import lib.load.OwnerScript;
import lib.load.OwnersAndPrivileges;
import lib.load.RestoringScript;
import lib.roles.MissingRoles;
import lib.server.DatabaseCreation;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.source.Contents;
import lib.source.Inventory;
import lib.source.LeftBehind;
import lib.talk.ShellScript;
import lib.talk.Sql;

/** What {@link Loading} does, as commands of a shell. */
public final class LoadingScript {
    /** The commands that load the rows. */
    public interface RowCommands {
        /** @return an archive with the rows of TimescaleDB's catalog, quoted for the shell */
        String catalog();

        void rows();

        /** Loads the rows of the deferred tables. */
        void deferredRows();
    }

    private static final ShellScript.Side TARGET = ShellScript.Side.TARGET;

    private final ShellScript script;
    private final MigrationOptions wanted;
    private final Contents contents;
    private final TargetDatabase target;
    private final Session to;
    private final OwnerScript owners;
    private final MissingRoles gone;
    private final RestoringScript restoring;

    /**
     * @param to a session on the target
     * @param gone the roles that own nothing on the target, and that nothing is granted to
     */
    public LoadingScript(ShellScript script, MigrationOptions wanted, Contents contents, LeftBehind leftBehind,
            TargetDatabase target, Session to,
            MissingRoles gone) {
        this.script = script;
        this.wanted = wanted;
        this.contents = contents;
        this.target = target;
        this.to = to;
        owners = new OwnerScript(script, contents, leftBehind, to, target.server().facts(), gone.replaced());
        this.gone = gone;
        restoring = new RestoringScript(script, contents);
    }

    /**
     * Creates the database where it is missing.
     *
     * @param properties what CREATE DATABASE is told beside the name
     * @param clientMajor the version of psql
     */
    public void database(String properties, int clientMajor) {
        if (target.missing()) {
            script.step("The database; the password of the target is looked for in ~/.pgpass and PGPASSWORD only")
                    .sql(ShellScript.quoted(target.server().dsn().conninfo(clientMajor)),
                            "CREATE DATABASE " + Sql.ident(target.dsn().database()) + " "
                                    + DatabaseCreation.on(to, properties) + ";");
        }
        if (wanted.restart()) {
            script.step(
                    "Objects of an earlier run are removed only by the command itself, with --restart");
        }
    }

    /**
     * Creates extensions, and the schemas of tables that are wanted by name; and becomes a member of the owners.
     *
     * @param created the roles that the script has created
     * @param plain whether a plain dump follows, which is for somebody who can give objects away
     */
    public void prepare(List<Extensions.Extension> extensions, Collection<String> created, boolean plain) {
        List<String> statements = new ArrayList<>();
        extensions.forEach(extension -> statements.addAll(Extensions.create(extension)));
        step("Extensions", statements);
        if (contents.tablesOnly()) {
            step("Schemas", contents.schemas().stream()
                    .map(schema -> "CREATE SCHEMA IF NOT EXISTS " + Sql.ident(schema.name())).toList());
        }
        settings("Settings of the database, before anything is computed under them",
                setting -> !DatabaseSettings.disturbsLoad(setting));
        owners.joinRoles(!wanted.noOwner() && !plain,
                contents.timescale() == null ? Set.of() : contents.timescale().jobOwners(), created);
    }

    /** @return the schemas that stand on the target when the archive is restored */
    private Set<String> existing(List<Extensions.Extension> created) {
        // A database that is yet to be created is not the one that is asked.
        Set<String> existing = new HashSet<>(target.missing() ? List.of("public")
                : to.texts("listing the schemas", "SELECT nspname FROM pg_catalog.pg_namespace"));
        created.stream().filter(extension -> !extension.ownSchema())
                .forEach(extension -> existing.add(extension.schema()));
        if (contents.tablesOnly()) {
            contents.schemas().forEach(schema -> existing.add(schema.name()));
        }
        return existing;
    }

    /**
     * Restores an archive, and all that follows.
     *
     * @param created the extensions that the script has created
     * @param privileges further statements that give privileges
     */
    public void restore(ArchiveScript archive, List<Extensions.Extension> created, RowCommands rows,
            List<String> privileges) {
        restoring.turnOn();
        script.step("Types, functions, tables, views");
        archive.preData(existing(created));
        Set<Archive.Address> addresses = archive.postDataAddresses();
        Predicate<OwnedObjects.Owned> later =
                object -> addresses.contains(new Archive.Address(object.catalog(), object.oid()));
        if (!wanted.noOwner()) {
            owners.setOwners("Owners, before the server computes anything with their rights",
                    later.negate().and(OwnersAndPrivileges::isSetEarly));
        }
        if (contents.timescale() != null) {
            script.step("TimescaleDB's catalog of hypertables, chunks and jobs, one table after another");
            restoring.catalogRows(rows.catalog());
        }
        script.step("Rows, large objects, and the values of the sequences");
        rows.rows();
        script.step("Indexes, constraints, triggers");
        boolean withOwners = !wanted.noOwner() && owners.superuserCanSetOwners(later);
        archive.postData(wanted.workers(), withOwners);
        if (contents.hasDeferredAtOnce()) {
            script.step("Rows that refer to objects that exist only now");
            rows.deferredRows();
            archive.deferredPostData();
        }
        archive.comments();
        sequences();
        if (!wanted.noOwner()) {
            owners.setOwners("Owners of what was made since",
                    object -> !OwnersAndPrivileges.isEventTrigger(object) && !OwnersAndPrivileges.isSetEarly(object)
                            || later.test(object) && !withOwners);
        }
        List<String> others = new ArrayList<>(contents.of(target.dsn().database(), contents.privileges()));
        others.addAll(privileges);
        if (!wanted.noPrivileges() && (archive.hasGrants() || !others.isEmpty())) {
            boolean superuser = target.server().facts().superuser();
            script.step(superuser ? "Privileges"
                    : "Privileges; a user who is not a superuser must be a member of each grantor but the owner");
            archive.grants(superuser, gone);
            attempt(superuser ? others : others.stream().map(Grantors::withSetRole).toList());
        }
        restoring.turnOff();
        if (contents.hasAfterRestoringMode()) {
            script.step("Objects that read hypertables, whose rows restoring mode hides");
            if (!contents.deferred().isEmpty()) {
                rows.deferredRows();
            }
            archive.afterRestoringMode();
            if (!contents.onHypertables().isEmpty()) {
                restoring.turnOnAgain(archive::inRestoringModeAgain);
            }
        }
        materializedViews();
        if (archive.hasEventTriggers()) {
            script.step("Event triggers");
            archive.eventTriggers();
            if (!wanted.noOwner()) {
                owners.setOwners("Owners of event triggers", OwnersAndPrivileges::isEventTrigger);
            }
        }
        end();
    }

    /** @return the commands that load the rows of an archive that holds them */
    public RowCommands of(ArchiveScript archive) {
        return new RowCommands() {
            @Override
            public String catalog() {
                return archive.file();
            }

            @Override
            public void rows() {
                archive.rows(wanted.workers());
            }

            @Override
            public void deferredRows() {
                archive.deferredRows();
            }
        };
    }

    /** Runs a plain dump, and all that follows. */
    public void run(Path dump) {
        restoring.turnOn();
        script.step("The dump").tool("psql", TARGET, PlainLoad.arguments(dump, contents));
        sequences();
        if (!wanted.noPrivileges()) {
            List<String> statements = contents.of(target.dsn().database(), contents.privileges());
            if (!statements.isEmpty()) {
                script.step("Privileges on the database");
                attempt(statements);
            }
        }
        restoring.turnOff();
        if (contents.timescale() != null) {
            // The dump has filled them, in restoring mode, where they see only what is not compressed.
            materializedViews();
        }
        end();
    }

    private void sequences() {
        step("Sequences", contents.sequences().stream().map(AfterLoad::setSequence).toList());
    }

    private void materializedViews() {
        step("Materialized views",
                contents.materializedViews().stream().map(view -> "REFRESH MATERIALIZED VIEW " + view.sql()).toList());
    }

    private void end() {
        step("Statistics for the planner",
                contents.analyzed().stream().map(Inventory.Relation::sql).map(name -> "ANALYZE " + name).toList());
        settings("Settings of the database that would hinder all that before", DatabaseSettings::disturbsLoad);
        restoring.resume();
    }

    private void settings(String title, Predicate<String> which) {
        List<String> settings = contents.of(target.dsn().database(), contents.settings()).stream().filter(which)
                .filter(setting -> !DatabaseSettings.makesReadOnly(setting)).toList();
        if (!settings.isEmpty()) {
            script.step(title);
            attempt(settings);
        }
    }

    /** What the target does not permit a user who is not a superuser stays behind. */
    private void attempt(List<String> statements) {
        if (!target.server().facts().superuser() && !statements.isEmpty()) {
            script.comment("What psql is refused here is for a superuser, and stays behind").sql(TARGET,
                    "\\set ON_ERROR_STOP off\n"
                            + statements.stream().map(sql -> sql + ';').collect(Collectors.joining("\n")));
        } else {
            script.sql(TARGET, statements);
        }
    }

    private void step(String title, List<String> statements) {
        if (!statements.isEmpty()) {
            script.step(title).sql(TARGET, statements);
        }
    }
}
