//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.List;
import java.util.stream.Stream;
import lib.server.JournalTables;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.talk.Failure;
import lib.timescale.TimescaleExtension;

/**
 * A run whose journal stands on a target where nobody is at work, and how it goes on.
 *
 * @param command that goes on with it, or one that does the same
 * @param pass whether it was to end before the downtime ({@code --prepare})
 * @param prepared whether it has, and waits for the next one
 */
public record UnfinishedRun(String command, boolean pass, boolean prepared) {
    /** How one begins anew that cannot go on, be it with a pass or with --resume. */
    public static final String ANEW =
            "begin anew: run the same command with --restart, in place of --resume if that was given";
    /** How the source of a run is called that is a dump. */
    static final String DUMP = "dump ";
    private static final String MIGRATE = "migrate";

    private record Written(String source, boolean pass, boolean prepared) {
    }

    /** @param target a session on the target, which has a journal */
    public static UnfinishedRun of(Session target) {
        Written run = target.list("reading the journal",
                "SELECT source, pass, prepared IS NOT NULL FROM " + JournalTables.RUN.sql(),
                row -> new Written(row.getString(1), row.getBoolean(2), row.getBoolean(3))).stream().findFirst()
                .orElseThrow(() -> Failure.of("the journal in schema \"%s\" on the target names no run", OwnSchema.NAME)
                        .hint("begin anew: migrate --restart"));
        String command = !isDump(run.source) ? MIGRATE
                : TimescaleExtension.of(target) == null ? "restore-postgres" : "restore-timescale";
        return new UnfinishedRun(command, run.pass, run.prepared);
    }

    /** @return whether the source of a run is a dump */
    static boolean isDump(String source) {
        return source.startsWith(DUMP);
    }

    /** @return what the target holds, in words */
    public String contents() {
        return prepared ? "objects of a pass before the downtime"
                : pass ? "objects of an interrupted pass before the downtime" : "objects of an interrupted run";
    }

    /** @return the commands that can come next */
    List<String> commands() {
        return Stream.concat(pass ? Stream.of(command + " --prepare", command + " --resume")
                : Stream.of(command + " --resume"),
                Stream.of(command + " --restart")).toList();
    }

    /**
     * @param other the command that has found it
     * @return what goes on with it, and what begins anew
     */
    public String choices(String other) {
        String anew = other + " --restart, which begins anew";
        return pass ? command + " --prepare for a further pass, " + command + " --resume for the last one, or " + anew
                : (other.startsWith(command) ? other + " --resume" : resuming()) + ", which goes on, or " + anew;
    }

    /** @return the command that goes on with it, without what only its user knows */
    String resuming() {
        return command + " --resume"
                + (command.equals(MIGRATE) ? "" : ", or migrate --via-files --resume if that was the command");
    }

    /**
     * @param name how the command is called that it was begun with
     * @return what to do with it
     */
    public String onward(String name) {
        return pass
                ? name + " again with --prepare, or, when nothing writes to the source any more, with "
                        + "--resume in its place" + (prepared ? "" : "; with --restart in its place it begins anew")
                : name + " with --resume goes on, and with --restart it begins anew";
    }
}
