//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.List;
import java.util.stream.Stream;
import lib.catalog.Extensions;
import lib.rebuild.AggregateCode;
import lib.rebuild.UnsupportedFeatures;
import lib.server.Finding;
import lib.server.Session;
import lib.source.LeftBehind;
import lib.talk.Count;
import lib.timescale.Timescale;
import lib.timescale.TimescaleExtension;

/** What cannot be made anew of a source's hypertables and aggregates. */
public final class NewerTimescale {
    /** The class of these, as {@code --leave-out} takes it. */
    private static final String KIND = "newer-timescaledb";

    /** The class of aggregates that would run somebody's code. */
    private static final String CODE_KIND = "aggregates-with-code";
    private static final long PG_CLASS = 1259;

    private NewerTimescale() {
    }

    /** @return a stop where the target has jobs, whose numbers those of the source are to have */
    static List<Finding> jobs(Session target) {
        int jobs = TimescaleExtension.of(target) == null ? 0 : Timescale.countJobs(target);
        return jobs == 0 ? List.of() : List.of(Finding.stop("jobs", null,
                "the target has %s of TimescaleDB already, and those of the source keep their numbers",
                Count.of(jobs, "job")));
    }

    /**
     * @param source a session on the source, which has the extension
     * @param user of the target
     * @return everything of the source that is not made
     */
    static List<LeftBehind.Item> of(Session source, Extensions extensions, String user) {
        return Stream.concat(lacking(source, extensions).stream(), running(source, user).stream()).toList();
    }

    /** @return whether something stays behind because it cannot be made anew */
    public static boolean isOne(LeftBehind.Item item) {
        return item.kind().equals(KIND) || item.kind().equals(CODE_KIND);
    }

    /**
     * @param source a session on the source, which has the extension
     * @param user of the target, whose own functions run with his rights anyway
     */
    private static List<LeftBehind.Item> running(Session source, String user) {
        return AggregateCode.of(source).stream().filter(aggregate -> !aggregate.owner().equals(user))
                .map(aggregate -> new LeftBehind.Item(CODE_KIND, aggregate.name(), "making it runs function "
                        + aggregate.function() + " of role \"" + aggregate.owner()
                        + "\" with the rights of the connecting user", PG_CLASS, aggregate.oid()))
                .toList();
    }

    /** @return what the target's version of TimescaleDB does not have */
    private static List<LeftBehind.Item> lacking(Session source, Extensions extensions) {
        return extensions.all().stream().filter(extension -> extension.name().equals(TimescaleExtension.NAME))
                .map(extension -> extension.installed() == null ? extension.chosen() : extension.installed())
                .filter(version -> version != null)
                .flatMap(version -> UnsupportedFeatures.of(source, version).stream())
                .map(feature -> new LeftBehind.Item(KIND, feature.name(), feature.reason(), feature.catalog(),
                        feature.oid()))
                .toList();
    }
}
