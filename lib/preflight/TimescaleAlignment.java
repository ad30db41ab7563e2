//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import lib.catalog.Extensions;
import lib.catalog.UnrelatedObject;
import lib.journal.TargetContents;
import lib.server.Server;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.server.Versions;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.timescale.Timescale;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleVersions;

/**
 * How timescaledb gets the same version on both sides, which its catalogs need to be restored: an empty target's
 * extension is created anew in the source's version; the update of a side that holds data has to be allowed.
 */
public final class TimescaleAlignment {
    /**
     * What a side has and could have.
     *
     * @param major of PostgreSQL
     * @param version null where the extension is not installed
     * @param offers the versions that the server can create
     * @param updates those that the installed one can be updated to
     * @param holds what would be lost with the extension, or depends on it; null for nothing
     */
    public record Side(String name, int major, String version, String schema, Set<String> offers, Set<String> updates,
            String holds) {
    }

    /**
     * One change.
     *
     * @param result what becomes of it, such as {@code created anew: 2.13.1}
     * @param statements to be run in a session of their own, in which nothing has run before
     */
    public record Step(String side, String result, List<String> statements) {
        /**
         * @param console is told that work has begun, unless the user may not do this
         * @throws Failure when it cannot be done; this side is as it was then
         */
        void run(Server server, Console console) {
            // What waits for a lock here keeps everybody else waiting behind it.
            try (Session session =
                    server.untouchedSession("search_path=", "statement_timeout=0", "lock_timeout=30s")) {
                statements.forEach(sql -> session.run("changing the version of timescaledb", sql));
                console.begin();
            } catch (Failure e) {
                if (e.getCause() instanceof SQLException refused && "42501".equals(refused.getSQLState())) {
                    throw Failure
                            .of("user \"%s\" may not change the version of timescaledb on the %s: %s",
                                    server.facts().user(), side,
                                    SqlFailures.message(refused))
                            .hint("as a superuser of the %s, first in a session such as psql -X: %s;", side,
                                    String.join("; ", statements))
                            .because(e);
                }
                console.begin();
                throw e.hint("%sthe %s is as it was", new Printable(e.hint() == null ? "" : e.hint() + "\n"), side);
            }
        }
    }

    /**
     * What makes both sides equal.
     *
     * @param version the one that both sides will have
     */
    public record Plan(String version, List<Step> steps) {
    }

    private final Side source;
    private final Side target;
    private final List<String> ways = new ArrayList<>();

    /** Of two sides that are known. */
    public TimescaleAlignment(Side source, Side target) {
        this.source = source;
        this.target = target;
    }

    /**
     * Asks both sides.
     *
     * @param source null where there is only a dump of it; then no plan can be made
     * @param extension timescaledb, which the source has
     */
    static TimescaleAlignment of(Session source, Session target, Extensions.Extension extension) {
        Extensions.Installed here =
                new Extensions.Installed(TimescaleExtension.NAME, extension.version(), extension.schema(), null);
        Extensions.Installed there = extension.installed() == null ? null
                : new Extensions.Installed(TimescaleExtension.NAME, extension.installed(), extension.installedSchema(),
                        null);
        return new TimescaleAlignment(source == null
                ? new Side("source", 0, extension.version(), extension.schema(), Set.of(), Set.of(), null)
                : side(source, "source", here), side(target, "target", there));
    }

    /** @param installed the extension on this side, or null */
    private static Side side(Session session, String name, Extensions.Installed installed) {
        int major =
                Integer.parseInt(session.text("asking for the version", "SHOW server_version_num")) / 10000;
        Set<String> offers = sorted(TimescaleExtension.offers(session));
        if (installed == null) {
            return new Side(name, major, null, null, offers, Set.of(), null);
        }
        Set<String> updates = sorted(TimescaleExtension.updates(session, installed.version()));
        updates.removeIf(version -> Versions.ORDER.compare(version, installed.version()) <= 0);
        return new Side(name, major, installed.version(), installed.schema(), offers, updates,
                name.equals("source") ? null : holds(session));
    }

    private static String holds(Session target) {
        TimescaleExtension.of(target);
        List<UnrelatedObject> objects = TargetContents.list(target);
        int jobs = Timescale.countJobs(target);
        return !objects.isEmpty() ? Count.some(objects) : jobs == 0 ? null : jobs + " jobs";
    }

    private static Set<String> sorted(List<String> versions) {
        Set<String> sorted = new TreeSet<>(Versions.ORDER);
        sorted.addAll(versions);
        return sorted;
    }

    /**
     * Decides what to do.
     *
     * @param on the side that may be updated, if any
     * @throws Failure with what each side offers and the ways that are left
     */
    public Plan plan(Optional<String> on) {
        if (target.version == null ? target.offers.contains(source.version)
                : source.version.equals(target.version) && sameSchema()) {
            return new Plan(source.version, List.of());
        } else if (recreatable() && target.offers.contains(source.version)) {
            return new Plan(source.version, List.of(recreation(source.version)));
        } else if (sameSchema() && target.updates.contains(source.version)) {
            if (on.equals(Optional.of("target"))) {
                return new Plan(source.version, List.of(update(target, source.version)));
            }
            ways.add("align-version --on target, which updates the target to " + source.version);
        }
        String common = common();
        if (common != null) {
            if (on.equals(Optional.of("source"))) {
                return updated(common);
            }
            ways.add("align-version --on source, which updates the source to " + common);
        }
        throw refusal();
    }

    private Plan updated(String common) {
        List<Step> steps = new ArrayList<>(List.of(update(source, common)));
        if (target.version != null && !(common.equals(target.version) && sameSchema())) {
            steps.add(recreation(common));
        }
        return new Plan(common, steps);
    }

    /**
     * @return the version that the source can be updated to and the target has or can have: its own, else the newest;
     * null if there is none
     */
    private String common() {
        Set<String> possible = new TreeSet<>(Versions.ORDER);
        if (target.version == null || recreatable()) {
            possible.addAll(target.offers);
        }
        if (target.version != null && sameSchema()) {
            possible.add(target.version);
        }
        possible.retainAll(source.updates);
        return target.version != null && possible.contains(target.version) ? target.version
                : possible.stream().max(Versions.ORDER).orElse(null);
    }

    private boolean recreatable() {
        return target.version != null && target.holds == null;
    }

    private boolean sameSchema() {
        return target.version == null || source.schema.equals(target.schema);
    }

    private Step recreation(String version) {
        return new Step("target", "created anew: " + version, TimescaleExtension.recreation(source.schema, version));
    }

    private static Step update(Side side, String version) {
        return new Step(side.name, side.name + " updated: " + version,
                List.of(TimescaleExtension.update(version)));
    }

    /** @return what is different, in one line */
    String difference() {
        if (target.version == null) {
            return "timescaledb is " + source.version + " on the source, and the target does not offer this version";
        }
        return source.version.equals(target.version)
                ? "timescaledb is in schema \"" + source.schema + "\" on the source and in schema \"" + target.schema
                        + "\" on the target"
                : "timescaledb is " + source.version + " on the source and " + target.version + " on the target";
    }

    /** @return how the target gets the version of a dump, of which no source is at hand */
    String onTargetAlone() {
        List<String> statements =
                recreatable() && target.offers.contains(source.version) ? recreation(source.version).statements()
                        : sameSchema() && target.updates.contains(source.version)
                                ? update(target, source.version).statements()
                        : List.of();
        return !statements.isEmpty() ? "as a superuser of the target, first in a session such as psql -X: "
                + String.join("; ", statements) + ";"
                : target.offers.contains(source.version) ? "name an empty database"
                : "install TimescaleDB " + source.version + " on the target's server";
    }

    private Failure refusal() {
        if (ways.isEmpty()) {
            otherWays();
        }
        return Failure.of("%s", difference()).detail("%s", detail()).hint("%s", String.join("; or ", ways));
    }

    private String detail() {
        Set<String> both = new TreeSet<>(source.offers);
        both.retainAll(target.offers);
        return "the source (PostgreSQL " + source.major + ") offers " + some(source.offers)
                + "; the target (PostgreSQL " + target.major + ") offers "
                + some(target.offers) + "; both offer " + some(both)
                + (target.holds == null ? "" : "; the target is not empty: " + target.holds)
                + (TimescaleVersions.runsOn(source.version, target.major) ? ""
                        : "; TimescaleDB " + source.version + " runs on " + TimescaleVersions.majors(source.version));
    }

    /** Where neither side can be changed as it is. */
    private void otherWays() {
        String both = TimescaleVersions.onBoth(source.major, target.major);
        if (target.holds != null && target.offers.contains(source.version)) {
            ways.add("empty the target and run align-version again");
        } else if (TimescaleVersions.runsOn(source.version, target.major)) {
            ways.add("install TimescaleDB " + source.version + " on the target's server and run align-version again");
            Stream<String> had = target.holds == null ? target.offers.stream() : Stream.of(target.version);
            had.filter(version -> Versions.ORDER.compare(version, source.version) > 0
                    && TimescaleVersions.runsOn(version, source.major)).max(Versions.ORDER)
                    .ifPresent(version -> ways.add("install TimescaleDB " + version
                            + " on the source's server and run align-version --on source"));
        } else if (both != null) {
            ways.add("install TimescaleDB " + both + " on both servers, which runs on PostgreSQL " + source.major
                    + " and " + target.major
                    + ", and run align-version --on source");
        } else {
            List<String> steps = TimescaleVersions.upgradePath(source.version, source.major, target.major);
            ways.add("no version of TimescaleDB runs on both"
                    + (steps.isEmpty() ? "" : "; on the source: " + String.join(", then ", steps)));
            ways.add("take a target of " + TimescaleVersions.majors(source.version));
        }
    }

    private static String some(Set<String> versions) {
        List<String> newest = new ArrayList<>(versions).subList(Math.max(0, versions.size() - 5), versions.size());
        return versions.isEmpty() ? "none"
                : (versions.size() > 5 ? (versions.size() - 5) + " older ones, " : "") + String.join(", ", newest);
    }
}
