//DEPS info.picocli:picocli:4.7.7
package lib.dump;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lib.catalog.Filters;
import lib.catalog.MigrationOptions;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.server.Server;
import lib.server.StepFile;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.Report;
import lib.tools.ClientTools;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every command takes that loads a dump. */
public final class RestoreOptions {
    @Parameters(paramLabel = "DUMP", description = "the file or folder of the dump")
    private Path in;
    @Option(names = {"-j", "--jobs"}, paramLabel = "NUM", order = 10, defaultValue = "4",
            description = "load and index this many tables at once (default: 4)")
    private int jobs;
    @Option(names = "--create-database", order = 11,
            description = "create the target's database if it is missing, like the source's")
    private boolean createDatabase;
    @Option(names = "--resume", order = 12,
            description = "go on where a failed run ended: what it has loaded of the same dump is kept")
    private boolean resume;
    @Option(names = "--restart", order = 12,
            description = "first remove from the target what a failed run created there")
    private boolean restart;
    @Option(names = "--leave-out", paramLabel = "CLASS|NAME", order = 14,
            description = "accept that this cannot be restored and stays behind")
    private List<String> leaveOut = new ArrayList<>();
    @Option(names = "--grant-anyway", paramLabel = "ROLE", order = 14,
            description = "let this role of the target own code even where it can do more than on the source")
    private List<String> grantAnyway = new ArrayList<>();
    @Option(names = "--no-owner", order = 30, description = "make the connecting user the owner of everything")
    private boolean noOwner;
    @Option(names = {"-x", "--no-privileges"}, order = 31, description = "do not restore privileges (grant/revoke)")
    private boolean noPrivileges;
    @Option(names = "--dry-run", order = 33,
            description = "change nothing; print a shell script that does the same with pg_restore and psql")
    private boolean dryRun;
    @Mixin
    private StepFile step = new StepFile();

    /**
     * Loads the dump.
     *
     * @param timescale whether the command is the one for databases with TimescaleDB
     * @throws Failure usage, when there is no dump; refused, step or differences, as {@link Restoration#run} has it
     */
    public void restore(Endpoints endpoints, Console console, boolean timescale) {
        if (jobs < 1) {
            throw Failure.usage("--jobs must be at least 1, got %d", jobs);
        }
        if (resume && restart) {
            throw Failure.usage("--resume keeps what a failed run has loaded, and --restart removes it: give one of "
                    + "them");
        }
        if (!Files.exists(in)) {
            throw Failure.usage("\"%s\" does not exist", in);
        }
        Dsn target = endpoints.target(console);
        if (step.wanted()) {
            Server server = Server.connect(target);
            if (step.isDone(console, server)) {
                return;
            }
            target = server.dsn();
        }
        Restoration restoration = new Restoration(console,
                new RestoreCheck.Order(in,
                        new MigrationOptions(new Filters(), jobs, leaveOut, grantAnyway, createDatabase, restart,
                                resume && !dryRun, false,
                                noOwner, noPrivileges, false, false, null),
                        timescale));
        ClientTools clients = ClientTools.find(endpoints.environment());
        if (dryRun) {
            console.out(Printable.multiline(restoration.script(target, clients)));
        } else {
            restore(restoration, target, clients, console);
            step.write();
        }
    }

    private static void restore(Restoration restoration, Dsn target, ClientTools clients, Console console) {
        try {
            restoration.run(target, clients);
        } finally {
            if (restoration.complete()) {
                Report report = restoration.report();
                (console.quiet() ? report.lines() : report.outline()).forEach(line -> console.out("%s", line));
            }
        }
    }
}
