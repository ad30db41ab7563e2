//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.List;
import java.util.stream.Stream;
import lib.server.JournalTables;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.talk.Failure;

/**
 * A run whose journal stands on a target where nobody is at work, and how it goes on.
 *
 * @param continued whether a run can go on with it
 * @param pass whether it was to end before the downtime ({@code --prepare})
 * @param prepared whether it has, and waits for the next one
 */
public record UnfinishedRun(boolean continued, boolean pass, boolean prepared) {
    /** @param target a session on the target, which has a journal */
    public static UnfinishedRun of(Session target) {
        return target.list("reading the journal",
                "SELECT source <> '', pass, prepared IS NOT NULL FROM " + JournalTables.RUN.sql(),
                row -> new UnfinishedRun(row.getBoolean(1), row.getBoolean(2), row.getBoolean(3))).stream().findFirst()
                .orElseThrow(() -> Failure.of("the journal in schema \"%s\" on the target names no run", OwnSchema.NAME)
                        .hint("begin anew: migrate --restart"));
    }

    /** @return what the target holds, in words */
    public String contents() {
        return prepared ? "objects of a pass before the downtime"
                : pass ? "objects of an interrupted pass before the downtime" : "objects of an interrupted run";
    }

    /** @return the commands that can come next */
    public List<String> commands(String command) {
        return Stream.concat(pass ? Stream.of(command + " --prepare", command + " --resume")
                : continued ? Stream.of(command + " --resume") : Stream.of(),
                Stream.of(command + " --restart")).toList();
    }

    /** @return these commands with what each is for */
    public String choices(String command) {
        return pass ? command + " --prepare for a further pass, " + command + " --resume for the last one, or "
                + command + " --restart, which begins anew"
                : continued ? command + " --resume, which goes on, or " + command + " --restart, which begins anew"
                : command + " --restart";
    }

    /**
     * @param command what it is called
     * @return what to do with the command that it was begun with
     */
    public String onward(String command) {
        return pass
                ? command + " again with --prepare, or, when nothing writes to the source any more, with "
                        + "--resume in its place" + (prepared ? "" : "; with --restart in its place it begins anew")
                : continued ? command + " with --resume goes on, and with --restart it begins anew"
                : command + " with --restart begins anew";
    }
}
