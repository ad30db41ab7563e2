//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.MigrationOptions;
import lib.server.DatabaseIdentity;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * What a run has in common with one that goes on with it.
 *
 * @param source the source's database, whatever its address is, or the dump that is loaded
 * @param options those that change what arrives, a line each
 */
public record RunIdentity(String source, String options) {
    private static final String ANEW = "to begin anew, run with --restart in place of --resume";

    /** @param source a session on the source */
    public static RunIdentity of(Session source, MigrationOptions wanted) {
        return new RunIdentity(DatabaseIdentity.withoutAddress(source), String.join("\n", wanted.changingArrivals()));
    }

    /**
     * @param digest of the dump's manifest, which no other dump has
     * @param time of its snapshot
     */
    public static RunIdentity ofDump(String digest, String time, MigrationOptions wanted) {
        return new RunIdentity(UnfinishedRun.DUMP + digest + " of " + time,
                String.join("\n", wanted.changingArrivals()));
    }

    /** @return the values that the journal keeps of it */
    String values() {
        return Sql.literal(source) + ", " + Sql.literal(options);
    }

    /**
     * Refuses to go on with another run's work.
     *
     * @param target a session on the target, which has a journal
     * @throws Failure saying what differs
     */
    public void refuseOther(Session target) {
        RunIdentity begun = target.list("reading the journal",
                "SELECT source, options FROM " + JournalTables.RUN.sql(),
                row -> new RunIdentity(row.getString(1), row.getString(2))).get(0);
        if (UnfinishedRun.isDump(source) != UnfinishedRun.isDump(begun.source)) {
            throw (UnfinishedRun.isDump(source)
                    ? Failure.of("the interrupted run on the target copied rows from a server, %s, and this one loads "
                            + "%s", begun.source, source)
                    : Failure.of("the interrupted run on the target loaded %s, and this one copies rows from a server, "
                            + "%s", begun.source, source))
                    .hint("go on with it: %s; %s", UnfinishedRun.of(target).resuming(), ANEW);
        }
        if (!source.equals(begun.source)) {
            throw Failure.of("the interrupted run on the target has another source: %s, and this one is %s",
                    begun.source, source)
                    .hint("check %s and --target; %s", UnfinishedRun.isDump(source) ? "the dump" : "--source", ANEW);
        }
        if (!options.equals(begun.options)) {
            List<String> differing = new ArrayList<>();
            lines(begun.options).filter(word -> lines(options).noneMatch(word::equals))
                    .map(word -> word + " is missing")
                    .forEach(differing::add);
            lines(options).filter(word -> lines(begun.options).noneMatch(word::equals)).map(word -> word + " is new")
                    .forEach(differing::add);
            throw Failure.of("the interrupted run had other options: %s",
                    new TreeSet<>(differing).stream().collect(Collectors.joining(", ")))
                    .hint("give the options of that run; %s", ANEW);
        }
    }

    private static Stream<String> lines(String text) {
        return text.lines();
    }
}
