//DEPS org.postgresql:postgresql:42.7.14
//SOURCES ArchiveScript.java Contents.java Extensions.java Failure.java Finishing.java Grantors.java Inventory.java Loading.java OwnedObjects.java Ownership.java Rows.java
//SOURCES ScriptDelivery.java ShellScript.java Sql.java TargetDatabase.java Uncarried.java
package lib;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What {@link Loading} does, as commands of a shell. */
final class LoadingScript {
    private static final ShellScript.Side TARGET = ShellScript.Side.TARGET;

    private final ShellScript script;
    private final Loading.Order order;
    private final Contents contents;
    private final Uncarried uncarried;
    private final TargetDatabase target;
    private final Set<String> unreachable;

    /** @param unreachable the owners that the target's user cannot give objects to */
    LoadingScript(ShellScript script, Loading.Order order, Contents contents, Uncarried uncarried, TargetDatabase target, Set<String> unreachable) {
        this.script = script;
        this.order = order;
        this.contents = contents;
        this.uncarried = uncarried;
        this.target = target;
        this.unreachable = unreachable;
    }

    /**
     * Creates the database where it is missing.
     *
     * @param properties what CREATE DATABASE is told beside the name
     * @param clientMajor the version of psql
     * @throws Failure refused, when the database has TimescaleDB, whose order of restoring no script has
     */
    void database(String properties, int clientMajor) {
        if (contents.timescale() != null) {
            throw Failure.refused("there is no script for a database with TimescaleDB").hint("run the command without --dry-run; preflight looks at both sides");
        }
        if (target.missing()) {
            script.step("The database; the password of the target is looked for in ~/.pgpass and PGPASSWORD only")
                    .sql(ShellScript.quoted(target.server().dsn().conninfo(clientMajor)),
                            "CREATE DATABASE " + Sql.ident(target.dsn().database()) + " " + properties + ";");
        }
        if (order.restart()) {
            script.step("What an earlier run left is removed by --restart of the command itself, by the list that it kept");
        }
    }

    /** Creates extensions, and the schemas of tables that are wanted by name. */
    void ahead(List<Extensions.Extension> extensions) {
        List<String> statements = new ArrayList<>();
        extensions.forEach(extension -> statements.addAll(Extensions.create(extension)));
        step("Extensions", statements);
        if (contents.tablesOnly()) {
            step("Schemas", contents.schemas().stream().map(schema -> "CREATE SCHEMA IF NOT EXISTS " + Sql.ident(schema.name())).toList());
        }
    }

    /** @return the schemas that stand on the target when the archive is restored */
    Set<String> existing(Connection to, List<Extensions.Extension> created) {
        // A database that is yet to be created is not the one that is asked.
        Set<String> existing = new HashSet<>(target.missing() ? List.of("public")
                : Rows.texts(to, "target", "listing the schemas", "SELECT nspname FROM pg_catalog.pg_namespace"));
        created.stream().filter(extension -> !extension.ownSchema()).forEach(extension -> existing.add(extension.schema()));
        if (contents.tablesOnly()) {
            contents.schemas().forEach(schema -> existing.add(schema.name()));
        }
        return existing;
    }

    /**
     * Restores an archive, and all that follows.
     *
     * @param existing the schemas that stand on the target already
     * @param rows prints what brings the rows, and {@code lateRows} what brings those of tables that come late
     * @param privileges further statements that give privileges
     */
    void restore(ArchiveScript archive, Set<String> existing, Runnable rows, Runnable lateRows, List<String> privileges) {
        script.step("Types, functions, tables, views");
        archive.preData(existing);
        script.step("Rows, large objects, and where the sequences stand");
        rows.run();
        script.step("Indexes, constraints, triggers");
        archive.postData(order.jobs());
        if (!contents.late().isEmpty()) {
            script.step("Tables that name what has only now been made");
            lateRows.run();
            archive.latePostData();
        }
        archive.comments();
        sequences();
        step(target.server().facts().superuser() ? "Owners" : "Owners; who is no superuser must be a member of each, and each must be let into its schema",
                owners(object -> !Loading.isEventTrigger(object)));
        List<String> others = new ArrayList<>(contents.of(target.dsn().database(), contents.privileges()));
        others.addAll(privileges);
        if (!order.noPrivileges() && (archive.hasGrants() || !others.isEmpty())) {
            script.step(target.server().facts().superuser() ? "Privileges"
                    : "Privileges; who is no superuser must be a member of each grantor that is not the owner");
            archive.grants(target.server().facts().superuser());
            script.sql(TARGET, target.server().facts().superuser() ? others : others.stream().map(Grantors::asMember).toList());
        }
        step("Materialized views", contents.materializedViews().stream().map(view -> "REFRESH MATERIALIZED VIEW " + view.sql()).toList());
        if (archive.hasEventTriggers()) {
            script.step("Event triggers");
            archive.eventTriggers();
            script.sql(TARGET, owners(Loading::isEventTrigger));
        }
        end();
    }

    /** Runs a plain dump, and all that follows. */
    void run(Path dump) {
        script.step("The dump").tool("psql", TARGET, ScriptDelivery.arguments(dump, contents));
        sequences();
        if (!order.noPrivileges()) {
            step("Privileges on the database", contents.of(target.dsn().database(), contents.privileges()));
        }
        end();
    }

    private void sequences() {
        step("Sequences", contents.sequences().stream().map(Finishing::setting).toList());
    }

    private List<String> owners(Predicate<OwnedObjects.Owned> wanted) {
        String user = target.server().facts().user();
        return order.noOwner() ? List.of() : Loading.objects(contents, uncarried).stream()
                .filter(object -> wanted.test(object) && Ownership.isGiven(object, user) && !unreachable.contains(object.owner()))
                .map(Ownership::giving).toList();
    }

    private void end() {
        step("Statistics for the planner", contents.analyzed().stream().map(Inventory.Relation::sql).map(name -> "ANALYZE " + name).toList());
        step("Settings of the database", contents.of(target.dsn().database(), contents.settings()));
    }

    private void step(String title, List<String> statements) {
        if (!statements.isEmpty()) {
            script.step(title).sql(TARGET, statements);
        }
    }
}
