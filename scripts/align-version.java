///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/Console.java ../lib/Dsn.java ../lib/Endpoints.java ../lib/ExtensionCheck.java ../lib/Extensions.java ../lib/Failure.java
//SOURCES ../lib/Finding.java ../lib/Rows.java ../lib/Server.java ../lib/Sql.java
//MAIN AlignVersion
//DESCRIPTION Make extension versions equal on both sides, or say why they cannot be

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lib.Console;
import lib.Dsn;
import lib.Endpoints;
import lib.ExtensionCheck;
import lib.Extensions;
import lib.Failure;
import lib.Finding;
import lib.Rows;
import lib.Server;
import lib.Sql;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "align-version", description = "Make extension versions equal on both sides, or say why they cannot be", sortOptions = false,
        synopsisHeading = "%nUsage:%n  ", customSynopsis = "align-version [OPTION]...", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the target has every extension, less what --leave-out accepted", "1:an extension could not be created, and none was",
            "2:wrong usage", "3:an extension is not to be had on the target, or a side cannot be reached"},
        footer = {"", "Extensions that the target lacks are created there, in the version of the source",
            "or the nearest one. Those that it has are not changed.", "",
            "Example:", "  align-version --source service=old --target service=new"})
class AlignVersion implements Callable<Integer> {
    private static final String ROW = "%-24s %-12s %-12s %s";

    @Mixin
    Console console;
    @Mixin
    Endpoints endpoints;
    @Option(names = "--leave-out", paramLabel = "NAME", order = 14, description = "accept that the target goes without this extension")
    List<String> leaveOut = new ArrayList<>();
    @Option(names = "--dry-run", order = 34, description = "print the SQL that would be run, change nothing")
    boolean dryRun;

    public static void main(String... args) {
        System.exit(Console.run(new AlignVersion(), args));
    }

    @Override
    public Integer call() throws SQLException {
        Dsn from = endpoints.source(console);
        Dsn to = endpoints.target(console);
        Server source = Server.connect(from);
        Server target = Server.connect(to);
        try (Connection here = source.session(); Connection there = target.session()) {
            Extensions extensions = Extensions.compare(here, there, name -> true);
            judge(new ExtensionCheck(here, there, target.facts(), extensions, leaveOut).run());
            List<Extensions.Extension> create = extensions.all().stream()
                    .filter(extension -> extension.installed() == null && !leaveOut.contains(extension.name())).toList();
            Map<String, String> statements = new LinkedHashMap<>();
            create.forEach(extension -> Extensions.create(extension).forEach(sql -> statements.putIfAbsent(sql, extension.name())));
            if (!create.isEmpty()) {
                mayCreate(target, there);
                foreignSchemas(create, here, there, target.facts().user());
            }
            if (dryRun) {
                console.out("BEGIN;");
                statements.keySet().forEach(sql -> console.out("%s;", sql));
                console.out("COMMIT;");
            } else {
                create(statements, there);
            }
            table(extensions.all());
        }
        return Failure.OK;
    }

    /** Says what was found, and goes on only when nothing stops the work. */
    private void judge(List<Finding> findings) {
        List<Finding> stops = findings.stream().filter(finding -> finding.level() == Finding.Level.STOP).toList();
        // What was accepted to be left out stands in the table.
        for (Finding finding : findings.stream().filter(each -> each.level() == Finding.Level.WARNING && !each.check().equals("left out")).toList()) {
            console.warn("%s", finding.text());
            if (finding.fix() != null) {
                console.hint("%s", finding.fix());
            }
        }
        if (stops.size() == 1) {
            throw Failure.refused("%s", stops.get(0).text()).hint("%s", stops.get(0).fix());
        }
        for (Finding stop : stops) {
            console.error("%s", stop.text());
            console.hint("%s", stop.fix());
        }
        if (!stops.isEmpty()) {
            throw Failure.refused("%d extensions stand in the way; nothing was changed", stops.size());
        }
    }

    private static void mayCreate(Server target, Connection session) {
        if ("f".equals(Rows.text(session, "target", "asking for the right to create",
                "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"))) {
            throw Failure.refused("user \"%s\" may not create in the target's database", target.facts().user())
                    .hint("GRANT CREATE ON DATABASE %s TO %s;", Sql.ident(target.dsn().database()), Sql.ident(target.facts().user()));
        }
    }

    /** A schema that is created here belongs to whoever creates it. */
    private void foreignSchemas(List<Extensions.Extension> create, Connection here, Connection there, String user) {
        Set<String> wanted = create.stream().filter(extension -> !extension.ownSchema()).map(Extensions.Extension::schema)
                .collect(Collectors.toCollection(TreeSet::new));
        wanted.removeAll(Rows.texts(there, "target", "listing the schemas", "SELECT nspname FROM pg_catalog.pg_namespace"));
        for (String schema : wanted) {
            String owner = Rows.text(here, "source", "asking for the owner of schema " + schema,
                    "SELECT pg_catalog.pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace WHERE nspname = " + Sql.literal(schema));
            if (!owner.equals(user)) {
                console.warn("schema \"%s\" belongs to \"%s\" on the source and to \"%s\" on the target", schema, owner, user);
                console.hint("on the target: ALTER SCHEMA %s OWNER TO %s;", Sql.ident(schema), Sql.ident(owner));
            }
        }
    }

    /** All of them or none. */
    private static void create(Map<String, String> extensions, Connection session) {
        Rows.run(session, "target", "creating extensions", "BEGIN");
        try {
            extensions.forEach((sql, extension) -> Rows.run(session, "target", "creating extension " + extension, sql));
        } catch (Failure e) {
            throw e.hint("%sno extension was created", e.hint() == null ? "" : e.hint() + "\n");
        }
        Rows.run(session, "target", "creating extensions", "COMMIT");
    }

    private void table(List<Extensions.Extension> extensions) {
        line(ROW.formatted("extension", "source", "target", "result"));
        for (Extensions.Extension extension : extensions) {
            String has = extension.installed() == null ? "-" : extension.installed();
            String result = leaveOut.contains(extension.name()) ? "left out"
                    : extension.installed() == null ? (dryRun ? "to be created: " : "created: ") + extension.chosen()
                    : extension.same() ? "equal" : "not changed";
            line(ROW.formatted(extension.name(), extension.version(), has, result));
        }
    }

    /** With --dry-run, stdout is for SQL that can be pasted. */
    private void line(String text) {
        if (dryRun) {
            console.say("%s", text);
        } else {
            console.out("%s", text);
        }
    }
}
