//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lib.catalog.Extensions;
import lib.dsn.Dsn;
import lib.journal.Journal;
import lib.load.LoadMethod;
import lib.server.Session;
import lib.source.Contents;
import lib.source.Inventory;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.ProgressLine;
import lib.talk.Steps;
import lib.timescale.Jobs;
import lib.tools.RefusedStatement;
import lib.tools.Tool;

/** A plain dump, which psql runs from its first line to its last. */
public final class PlainLoad implements LoadMethod {
    private final Tool tool;
    private final Dsn target;
    private final Session session;
    private final Path script;
    private final Contents contents;
    private final Console console;
    private final Steps steps;

    /** @param session a session on the target */
    public PlainLoad(Tool tool, Dsn target, Session session, Path script, Contents contents, Console console,
            Steps steps) {
        this.tool = tool;
        this.target = target;
        this.session = session;
        this.script = script;
        this.contents = contents;
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

    @Override
    public List<Extensions.Extension> extensionsBefore(List<Extensions.Extension> extensions) {
        return PlainDump.extensionsBefore(session, extensions);
    }

    @Override
    public void load(Jobs timescale, Rights rights, Journal journal) {
        steps.run("dump", () -> {
            ProgressLine line = console.progress(RestoredRows.growth(session, "dump", contents));
            try {
                journal.watching(() -> tool.connected("psql", target, arguments(script, contents)));
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
