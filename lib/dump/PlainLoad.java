//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import lib.catalog.Extensions;
import lib.catalog.OwnedObjects;
import lib.journal.Journal;
import lib.journal.LateObjects;
import lib.load.LoadMethod;
import lib.server.Server;
import lib.server.Session;
import lib.source.Contents;
import lib.source.Inventory;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.ProgressLine;
import lib.talk.Steps;
import lib.timescale.Jobs;
import lib.tools.RefusedStatement;
import lib.tools.Tool;

/**
 * A plain dump, which psql runs from its first line to its last: each entry in a transaction that writes into the
 * journal. So a run that goes on leaves out what is made, and nothing that comes later in the script can be there.
 */
public final class PlainLoad implements LoadMethod {
    private final Tool tool;
    private final Server target;
    private final Session session;
    private final Path script;
    private final Contents contents;
    private final int workers;
    private final Console console;
    private final Steps steps;

    /**
     * @param session a session on the target
     * @param workers how many tables are looked at at once, of those that an interrupted run has loaded
     */
    public PlainLoad(Tool tool, Server target, Session session, Path script, Contents contents, int workers,
            Console console, Steps steps) {
        this.tool = tool;
        this.target = target;
        this.session = session;
        this.script = script;
        this.contents = contents;
        this.workers = workers;
        this.console = console;
        this.steps = steps;
    }

    /** @return what psql is told to run the script */
    static List<String> arguments(Path script, Contents contents) {
        List<String> arguments =
                new ArrayList<>(List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"));
        if (contents.objects().stream().anyMatch(object -> object.kind().equals("EVENT TRIGGER"))) {
            // pg_dump creates them before it fills materialized views, on which they would fire.
            arguments.add("--command=SET session_replication_role = replica");
        }
        arguments.add("--file=" + script);
        return arguments;
    }

    private void settle(Journal journal) {
        Set<Long> own = contents.objects().stream().filter(object -> object.kind().equals("TABLE"))
                .map(OwnedObjects.Owned::oid).collect(Collectors.toSet());
        steps.run("earlier rows", () -> {
            LateObjects.dropGlobal(session, journal.units());
            return new EarlierTables(contents, target, workers, console).settle(
                    contents.tables().stream().filter(table -> !table.catalog()).toList(),
                    table -> own.contains(table.oid()), journal);
        });
    }

    private void run(Journal journal) {
        PlainEntries entries = new PlainEntries(contents, journal);
        try (InputStream dump = new PlainScript(Files.newInputStream(script), entries)) {
            entries.plan();
            journal.watching(() -> tool.fed("psql", target.dsn(), arguments(Path.of("-"), contents), dump));
        } catch (IOException e) {
            throw Failure.of("could not read \"%s\": %s", script, e.getMessage()).because(e);
        }
    }

    @Override
    public List<Extensions.Extension> extensionsBefore(List<Extensions.Extension> extensions) {
        return PlainDump.extensionsBefore(session, extensions);
    }

    @Override
    public void load(Jobs timescale, Rights rights, Journal journal) {
        if (journal.resumed()) {
            settle(journal);
        }
        steps.run("dump", () -> {
            ProgressLine line = console.progress(RestoredRows.growth(session, "dump", contents));
            try {
                run(journal);
            } finally {
                line.close();
            }
            return Count.of(contents.objects().size(), "object") + ", " + loadedRows();
        });
    }

    @Override
    public String loadAfterRestoringMode(Journal journal) {
        // A plain dump of a database with such things is refused.
        return "";
    }

    @Override
    public String loadInRestoringModeAgain(Journal journal) {
        return "";
    }

    @Override
    public boolean loadsEverything() {
        return true;
    }

    @Override
    public List<RefusedStatement> grantPrivileges(UnaryOperator<String> rewrite) {
        // The script has given them.
        return List.of();
    }

    @Override
    public void createEventTriggers(Journal journal) {
        // The script has created them.
    }

    @Override
    public List<Inventory.Relation> notAnalyzed() {
        return contents.analyzed();
    }

    @Override
    public String loadedRows() {
        return RestoredRows.movedRows(contents);
    }
}
