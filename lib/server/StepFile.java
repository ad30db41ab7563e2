//DEPS info.picocli:picocli:4.7.7
package lib.server;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.OutputFile;
import lib.talk.ShellScript;
import picocli.CommandLine.Option;

/**
 * The file that a step of a runbook leaves when it is done: it names the databases that it was done for. A folder has
 * such files for one source and one target only, so that what was done for others is never taken for done here (the
 * Makefile's runbook).
 */
public final class StepFile {
    private static final String ENDING = ".done";

    @Option(names = "--step-file", paramLabel = "FILE" + ENDING, order = 35,
            description = "do nothing if FILE says that this was done for these databases; write it when it is done")
    private Path path;

    private final List<DatabaseIdentity> databases = new ArrayList<>();

    /** @return whether the option is given */
    public boolean wanted() {
        return path != null;
    }

    /**
     * Checks whether the step was done before. Without the option it never was.
     *
     * @param sides the databases that this step is for: the source, the target, or both in this order
     * @return whether this step was done for them
     * @throws Failure usage, for another name than FILE.done or a folder that is not there; refused, when both sides
     * are one database, or a step in this folder was done for other databases
     */
    public boolean isDone(Console console, Server... sides) {
        if (!wanted()) {
            return false;
        }
        if (!path.toString().endsWith(ENDING)) {
            throw Failure.usage("--step-file must end in %s, got \"%s\"", ENDING, path);
        }
        new OutputFile(path, true).check();
        if (sides.length == 2) {
            SameDatabase.refuse(sides[0], sides[1]);
        }
        for (Server side : sides) {
            databases.add(DatabaseIdentity.of(side));
        }
        try (DirectoryStream<Path> steps = Files.newDirectoryStream(folder(), "*" + ENDING)) {
            for (Path step : steps) {
                compare(step);
            }
        } catch (IOException e) {
            throw Failure.of("could not read the folder \"%s\": %s", folder(), e.getMessage()).because(e);
        }
        if (!Files.exists(path)) {
            return false;
        }
        console.say("already done for these databases, according to \"%s\"", path);
        return true;
    }

    /** Records that the step is done. */
    public void write() {
        if (wanted()) {
            StringBuilder text = new StringBuilder();
            databases.forEach(database -> text.append(database.line()).append('\n'));
            new OutputFile(path, true).write(text.toString());
        }
    }

    private Path folder() {
        return Optional.ofNullable(path.getParent()).orElse(Path.of("."));
    }

    private void compare(Path step) throws IOException {
        List<String> lines = Files.readAllLines(step);
        List<DatabaseIdentity> earlier = lines.stream().flatMap(line -> DatabaseIdentity.parse(line).stream()).toList();
        if (earlier.isEmpty() || earlier.size() != lines.size()) {
            throw elsewhere(Failure.of("\"%s\" does not say for which databases the step was done", step));
        }
        for (DatabaseIdentity database : databases) {
            for (DatabaseIdentity other : earlier) {
                if (other.side().equals(database.side()) && !other.same(database)) {
                    throw elsewhere(
                            Failure.of("\"%s\" was done for another %s: %s", step, other.side(), other.text()))
                            .detail("the %s is %s%s", database.side(), database.text(),
                                    other.address().equals(database.address())
                                            ? ", which was made since under the same name" : "");
                }
            }
        }
    }

    private Failure elsewhere(Failure failure) {
        return failure.hint("use another folder, with make: DIR=FOLDER, or remove this one: rm -r %s",
                ShellScript.quoted(folder().toString()));
    }
}
