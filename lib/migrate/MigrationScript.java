//DEPS org.postgresql:postgresql:42.7.14
package lib.migrate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Archive;
import lib.catalog.DatabaseSettings;
import lib.catalog.Extensions;
import lib.catalog.Grants;
import lib.catalog.MigrationOptions;
import lib.dump.DumpOrder;
import lib.dump.DumpWriter;
import lib.dump.LoadingScript;
import lib.dump.PlainDump;
import lib.load.ArchiveScript;
import lib.preflight.Preflight;
import lib.roles.RolePlan;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.source.Contents;
import lib.source.FrozenSource;
import lib.source.Inventory;
import lib.source.Schema;
import lib.talk.ShellScript;
import lib.talk.Sql;
import lib.tools.ClientTools;
import lib.tools.DumpFormat;

/**
 * What a migration does, as a shell script with PostgreSQL's own programs: slower, since one session carries the rows,
 * and the same in the end.
 */
final class MigrationScript {
    private static final String SCHEMA = '"' + ShellScript.FOLDER + "/schema\"";

    private static final String CATALOG = '"' + ShellScript.FOLDER + "/catalog\"";

    private final ShellScript script;
    private final FrozenSource source;
    private final Contents contents;
    private final TargetDatabase target;
    private final Preflight preflight;
    private final List<Extensions.Extension> extensions;
    private final MigrationOptions wanted;
    private final ClientTools.Installation client;

    /** @param extensions those to create */
    MigrationScript(FrozenSource source, Contents contents, TargetDatabase target, Preflight preflight,
            List<Extensions.Extension> extensions, MigrationOptions wanted) {
        this.source = source;
        this.contents = contents;
        this.target = target;
        this.preflight = preflight;
        this.extensions = extensions;
        this.wanted = wanted;
        client = preflight.tools();
        script = new ShellScript("migrate: from %s to %s, while nothing writes to the source"
                .formatted(source.server().dsn(), target.dsn()), Server.loading())
                .programs(client.folder().toString());
    }

    /**
     * @param dump writes the dump that the rows take their way through, or null when they are streamed
     * @param files where and how, or null
     * @return the script
     */
    String text(DumpWriter dump, DumpOrder files) {
        try (Session to = target.server().session()) {
            LoadingScript loading = new LoadingScript(script, wanted, contents, preflight.leftBehind(), target, to,
                    preflight.rolePlan().gone());
            boolean plain = files != null && files.format() == DumpFormat.PLAIN;
            if (contents.timescale() != null) {
                script.comment(
                        "The source's own jobs write too: pause them there with alter_job(..., scheduled => false) "
                                + "while this runs");
            }
            if (dump != null) {
                dump.print(script, source.archive(), contents);
            }
            loading.database(DatabaseSettings.creation(source.snapshot().holder()), client.major());
            roles();
            loading.prepare(plain ? PlainDump.extensionsBefore(to, extensions) : extensions,
                    preflight.rolePlan().created(), plain);
            if (plain) {
                loading.run(files.out());
            } else {
                archive(loading, to, files == null ? null : files.out());
            }
        }
        return script.text();
    }

    private void roles() {
        RolePlan roles = preflight.rolePlan();
        List<String> statements = roles.statements();
        if (!statements.isEmpty()) {
            script.step("Roles" + (roles.hasPasswords()
                    ? "; their passwords are left out, and dump-roles --out writes them to a file" : ""))
                    .sql(ShellScript.Side.TARGET, together(statements));
        }
    }

    private static List<String> together(List<String> statements) {
        List<String> all = new ArrayList<>(statements);
        all.add(0, "BEGIN");
        all.add("COMMIT");
        return all;
    }

    private void archive(LoadingScript loading, Session to, Path dump) {
        if (dump == null) {
            script.step("The schema");
            List<String> arguments = new ArrayList<>(List.of("--format=custom", "--schema-only"));
            arguments.addAll(Archive.ALWAYS);
            arguments.addAll(wanted.filters().arguments());
            script.line(script.call("pg_dump", ShellScript.Side.SOURCE, arguments) + " --file=" + SCHEMA);
        }
        Schema schema = new Schema(source.archive(), contents, preflight.leftBehind(),
                extensions.stream().map(Extensions.Extension::name).toList(), to);
        ArchiveScript archive =
                new ArchiveScript(script, dump == null ? SCHEMA : ShellScript.quoted(dump.toString()), dump != null,
                        source.archive().entries(), schema, contents);
        archive.skipRows(unsent());
        // An archive with rows holds these privileges too.
        List<String> privileges =
                dump != null || contents.selective() ? List.of() : Grants.onLargeObjects(source.snapshot().holder());
        loading.restore(archive, extensions, dump == null ? new StreamedRowCommands() : loading.of(archive),
                privileges);
    }

    /** Rows out of the source. */
    private final class StreamedRowCommands implements LoadingScript.RowCommands {
        @Override
        public String catalog() {
            List<String> arguments = new ArrayList<>(List.of("--format=custom", "--data-only"));
            arguments.addAll(Archive.ALWAYS);
            catalogTables().forEach(table -> arguments.add("--table=" + table));
            script.line(script.call("pg_dump", ShellScript.Side.SOURCE, arguments) + " --file=" + CATALOG);
            return CATALOG;
        }

        @Override
        public void rows() {
            List<String> arguments = new ArrayList<>(wanted.filters().argumentsWithData());
            deferred().forEach(table -> arguments.add("--exclude-table-data=" + table));
            catalogTables().forEach(table -> arguments.add("--exclude-table-data=" + table));
            List<Contents.Table> turned = contents.orderedTables();
            unsent().forEach(table -> arguments.add("--exclude-table-data=" + table.sql()));
            turned.forEach(table -> arguments.add("--exclude-table-data=" + name(table)));
            stream(arguments);
            inOrder(turned);
        }

        @Override
        public void deferredRows() {
            inOrder(contents.deferredInOrder());
        }

        private void inOrder(List<Contents.Table> tables) {
            tables.stream()
                    .collect(Collectors.groupingBy(Contents.Table::turn, TreeMap::new,
                            Collectors.mapping(table -> "--table=" + name(table), Collectors.toList())))
                    .values().forEach(MigrationScript.this::stream);
        }
    }

    private Stream<Inventory.Table> unsent() {
        Set<Long> leftOut = preflight.leftBehind().objects(0);
        return Stream.concat(source.inventory().unfilled().stream(),
                source.inventory().tables().stream().filter(table -> leftOut.contains(table.oid())));
    }

    private List<String> deferred() {
        return names(Contents.Table::deferred);
    }

    private List<String> catalogTables() {
        return names(Contents.Table::catalog);
    }

    private List<String> names(Predicate<Contents.Table> wanted) {
        return contents.tables().stream().filter(wanted).map(MigrationScript::name).toList();
    }

    private static String name(Contents.Table table) {
        return Sql.name(table.schema(), table.name());
    }

    /**
     * A custom archive that breaks off is an error for pg_restore; a script that breaks off would be the end for psql.
     */
    private void stream(List<String> which) {
        List<String> arguments = new ArrayList<>(List.of("--format=custom", "--compress=0", "--data-only"));
        arguments.addAll(Archive.ALWAYS);
        arguments.addAll(which);
        script.comment("pg_dump may warn of circular foreign keys: they are made after the rows");
        // Materialized views are filled later; large objects are made in pre-data.
        script.line(script.call("pg_dump", ShellScript.Side.SOURCE, arguments) + " |")
                .tool("pg_restore", ShellScript.Side.TARGET, List.of("--exit-on-error", "--section=pre-data",
                        "--section=data", "--no-owner", "--no-privileges"));
    }
}
