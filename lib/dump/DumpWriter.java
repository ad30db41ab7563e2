//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lib.catalog.Archive;
import lib.catalog.DatabaseSettings;
import lib.catalog.Extensions;
import lib.catalog.Money;
import lib.catalog.OthersComments;
import lib.code.OwnersCode;
import lib.preflight.ArrayNulls;
import lib.preflight.DateStyleCheck;
import lib.preflight.TableChecks;
import lib.roles.RolePowers;
import lib.roles.RoleRules;
import lib.roles.TargetKind;
import lib.server.DatabaseIdentity;
import lib.server.Server;
import lib.server.Session;
import lib.source.Contents;
import lib.source.FrozenSource;
import lib.source.LeftBehind;
import lib.source.Lz4Column;
import lib.source.PathNeedSearch;
import lib.source.PathNeeds;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.ProgressLine;
import lib.talk.ShellScript;
import lib.tools.ClientTools;
import lib.tools.DumpFormat;
import lib.tools.NewerSettings;
import lib.tools.Tool;

/** Writes a dump of everything under a snapshot, and beside it the manifest that says what is in it. */
public final class DumpWriter {
    private static final long PG_USER_MAPPING = 1418;
    private static final String ARCHIVE = '"' + ShellScript.FOLDER + "/archive\"";

    private final DumpOrder order;
    private final ClientTools.Installation client;
    private final Tool tool;
    private final Console console;
    private int attempts;

    public DumpWriter(DumpOrder order, ClientTools.Installation client, Tool tool, Console console) {
        this.order = order;
        this.client = client;
        this.tool = tool;
        this.console = console;
    }

    /** @return what pg_dump is told, but for the snapshot */
    List<String> arguments(Path out) {
        return arguments(order.format(), out);
    }

    private List<String> arguments(DumpFormat format, Path out) {
        List<String> arguments = arguments(format);
        arguments.add("--file=" + out);
        return arguments;
    }

    private List<String> arguments(DumpFormat format) {
        List<String> arguments = new ArrayList<>(List.of("--format=" + format.word()));
        if (order.format() == DumpFormat.DIRECTORY && order.wanted().workers() > 1 && attempts < 2) {
            arguments.add("--jobs=" + order.wanted().workers());
        }
        if (order.compression() != null) {
            arguments.add("--compress=" + order.compression().argument(client.major()));
        }
        if (order.wanted().noOwner()) {
            arguments.add("--no-owner");
        }
        if (order.wanted().noPrivileges()) {
            arguments.add("--no-privileges");
        }
        arguments.addAll(Archive.ALWAYS);
        arguments.addAll(order.wanted().filters().argumentsWithData());
        return arguments;
    }

    /**
     * Prints the commands that make this dump, without its manifest.
     *
     * @param archive of the schema
     */
    public void print(ShellScript script, Archive archive, Contents contents) {
        script.step("The dump, without a manifest");
        Path folder = order.out().getParent();
        if (folder != null && !Files.exists(folder)) {
            script.line("mkdir -p " + ShellScript.quoted(folder.toString()));
        }
        if (Files.exists(order.out())) {
            script.line("rm -rf " + ShellScript.quoted(order.out().toString()));
        }
        if (isOrdered(contents)) {
            script.line(script.call("pg_dump", ShellScript.Side.SOURCE, arguments(DumpFormat.CUSTOM)) + " --file="
                    + ARCHIVE);
            new OrderedScript(archive, contents).print(script, ARCHIVE, order.out(), order.wanted().noOwner(),
                    order.wanted().noPrivileges());
        } else {
            script.tool("pg_dump", ShellScript.Side.SOURCE, arguments(order.out()));
        }
    }

    private boolean isOrdered(Contents contents) {
        return order.format() == DumpFormat.PLAIN && OrderedScript.wanted(contents);
    }

    /**
     * Writes the dump.
     *
     * @param source the snapshot; while it lasts, nothing can be truncated
     * @param begun is told once the place is there and is written to
     * @return its manifest, which stands beside it
     */
    public Manifest write(FrozenSource source, Contents contents, Runnable begun) {
        attempts++;
        if (attempts == 2 && order.wanted().workers() > 1) {
            // The sessions of a parallel pg_dump lock each table again, and fail where somebody waits for a stronger
            // lock.
            console.explain("trying again with one worker");
        }
        try (DumpOutput output = DumpOutput.begin(order.out(), order.format())) {
            begun.run();
            DumpFiles files = new DumpFiles();
            ProgressLine line =
                    console.progress(() -> "dump: " + Bytes.text(output.bytes()) + " written" + checked(files));
            try {
                dump(source, contents, output);
                Manifest manifest = manifest(source, contents,
                        files.read(output.partial(), order.out().getFileName().toString(), order.wanted().workers()));
                output.publish(manifest);
                return manifest;
            } finally {
                line.close();
            }
        }
    }

    private static String checked(DumpFiles files) {
        return files.done() == 0 ? "" : ", " + Bytes.text(files.done()) + " read for the checksums";
    }

    private void dump(FrozenSource source, Contents contents, DumpOutput output) {
        boolean deferred = isOrdered(contents);
        List<String> arguments =
                deferred ? arguments(DumpFormat.CUSTOM, output.archive()) : arguments(output.partial());
        arguments.add("--snapshot=" + source.snapshot().id());
        try {
            tool.connected("pg_dump", source.server().dsn(), arguments);
            if (deferred) {
                new OrderedScript(Archive.open(tool, output.archive()), contents).write(output.partial(),
                        order.wanted().noOwner(),
                        order.wanted().noPrivileges());
            }
            if (order.format() == DumpFormat.PLAIN
                    && NewerSettings.unknown(client.major(), source.server().facts().major())) {
                NewerSettings.remove(output.partial());
            }
        } catch (Failure e) {
            if ((e.getMessage() + e.detail()).contains("No space left on device")) {
                throw Failure.of("no space is left where \"%s\" was to be written", order.out()).because(e)
                        .hint("make room, or name a place on another disk; what was written is removed");
            }
            throw e;
        }
    }

    private Manifest manifest(FrozenSource source, Contents contents, List<Manifest.File> files) {
        Session session = source.snapshot().holder();
        Server server = source.server();
        Server.Facts facts = server.facts();
        List<Extensions.Installed> extensions = Extensions.installed(session);
        return new Manifest(Manifest.FORMAT, Console.VERSION, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                new Manifest.Dump(order.format().word(),
                        order.compression() == null ? null : order.compression().toString(),
                        !order.wanted().noOwner(), !order.wanted().noPrivileges(),
                        client.major() + "." + client.minor(), client.major()),
                new Manifest.Origin(server.dsn().display(), facts.version(), facts.major(), facts.encoding(),
                        facts.collate(), facts.ctype(), facts.sorting(),
                        DatabaseSettings.creation(session), DatabaseIdentity.withoutAddress(session)),
                new Manifest.Moment(source.snapshot().id(), session.text("asking for the time",
                        "SELECT pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', "
                                + "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")),
                order.wanted().filters().argumentsWithData(), extensions,
                LeftBehind.find(session, server, false, source.selection()).all(),
                roles(source, "s.deptype = 'a' OR s.classid = 'pg_catalog.pg_default_acl'::pg_catalog.regclass"),
                roles(source, "s.deptype = 'r' OR s.classid = " + PG_USER_MAPPING), serverRoles(source),
                OwnersCode.read(session, source.selection(), owners(contents), RolePowers.read(session, server)),
                pathNeeds(source, contents, extensions),
                Money.read(session, source.selection()), lz4(source),
                DateStyleCheck.computed(session, source.selection()),
                OthersComments.onSource(session),
                DatabaseSettings.value(contents.settings(), "array_nulls").filter(ArrayNulls::off)
                        .map(off -> ArrayNulls.read(session, source.selection())).orElse(null),
                // Sequences are outside the snapshot; the later value is the safe one.
                contents.with(source.inventory().sequences()), files);
    }

    private static PathNeeds pathNeeds(FrozenSource source, Contents contents, List<Extensions.Installed> extensions) {
        PathNeeds needs = PathNeedSearch.find(source.snapshot().holder(), source.selection(), contents.objects(),
                extensions.stream().map(Extensions.Installed::name).toList());
        return needs.evaluations().isEmpty() ? null : needs;
    }

    private static List<Lz4Column> lz4(FrozenSource source) {
        List<Lz4Column> columns =
                TableChecks.lz4(source.snapshot().holder(), source.server().facts(), source.selection());
        return columns.isEmpty() ? null : columns;
    }

    private static Set<String> owners(Contents contents) {
        Set<String> owners = new TreeSet<>();
        contents.objects().forEach(object -> owners.add(object.owner()));
        return owners;
    }

    /**
     * The roles that dump-roles does not carry: the bootstrap superuser, on whom nothing is seen to depend, and a
     * service's as far as they are named.
     */
    private static List<String> serverRoles(FrozenSource source) {
        List<String> names = source.snapshot().holder().texts("listing the roles",
                "SELECT rolname FROM pg_catalog.pg_roles ORDER BY oid <> 10, rolname");
        List<String> own = new ArrayList<>(names.subList(0, 1));
        roles(source, "true").stream()
                .filter(name -> RoleRules.of(RoleRules.What.ROLE, name, TargetKind.POSTGRES, names).isPresent())
                .forEach(own::add);
        return own;
    }

    /** The roles that what the archive holds depends on in this way (PostgreSQL manual, 53.47 "pg_shdepend"). */
    private static List<String> roles(FrozenSource source, String how) {
        Set<Archive.Address> archived = new HashSet<>();
        source.archive().entries().forEach(entry -> archived.add(entry.address()));
        Set<String> roles = new TreeSet<>();
        source.snapshot().holder().list("listing the roles that objects depend on",
                """
                SELECT s.classid, s.objid, r.rolname FROM pg_catalog.pg_shdepend s
                  JOIN pg_catalog.pg_roles r ON r.oid = s.refobjid
                 WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND (%s)
                   AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d
                     WHERE d.datname = pg_catalog.current_database())"""
                        .formatted(how),
                // The archive does not say which user mapping an entry is.
                row -> (archived.contains(new Archive.Address(row.getLong(1), row.getLong(2)))
                        || row.getLong(1) == PG_USER_MAPPING && !source.selection().selective())
                        && roles.add(row.getString(3)));
        return List.copyOf(roles);
    }
}
