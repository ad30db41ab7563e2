package lib.timescale;

import java.util.ArrayList;
import java.util.List;
import lib.server.Versions;

/**
 * Which major versions of PostgreSQL each version of TimescaleDB runs on, and how to get from one to the other where no
 * version runs on both (CMakeLists.txt and CHANGELOG.md of every release from 2.9.0 to 2.29.2).
 */
public final class TimescaleVersions {
    /** Older sources are refused. */
    public static final String OLDEST = "2.9";

    /** Hypertables of an older version are not made anew, nor are those of a newer one made on it. */
    public static final String OLDEST_REBUILT = "2.13";

    /** Those that this toolkit was tried with, in order. */
    public static final List<String> TRIED = List.of("2.13.1", "2.19.3", "2.22.1", "2.29.2");

    /**
     * A run of minor versions, up to the next one's first, and the first and last major version of PostgreSQL that they
     * run on.
     */
    private record Line(String first, int from, int to) {
        private boolean runsOn(int major) {
            return from <= major && major <= to;
        }
    }

    /** The last line also applies to newer versions, about which nothing is known yet. */
    private static final List<Line> LINES = List.of(
            new Line("2.9", 12, 15),
            new Line("2.12", 13, 15),
            new Line("2.13", 13, 16),
            new Line("2.16", 14, 16),
            new Line("2.17", 14, 17),
            new Line("2.20", 15, 17),
            new Line("2.23", 15, 18),
            new Line("2.29", 16, 18));

    private TimescaleVersions() {
    }

    /** @return whether a version is one that can be moved */
    public static boolean isKnown(String version) {
        return Versions.ORDER.compare(version, OLDEST) >= 0;
    }

    /** @return whether hypertables of a version, or on it, can be made anew */
    public static boolean isRebuilt(String version) {
        return Versions.ORDER.compare(version, OLDEST_REBUILT) >= 0;
    }

    /** @return whether a version runs on a major version of PostgreSQL; newer ones than the table knows may */
    public static boolean runsOn(String version, int major) {
        Line line = line(version);
        return line.runsOn(major) || line == newest() && major > line.to;
    }

    /** @return what a version runs on, such as {@code PostgreSQL 13 to 16} */
    public static String majors(String version) {
        Line line = line(version);
        return "PostgreSQL " + line.from + " to " + line.to;
    }

    /**
     * @return the versions that run on both, such as {@code 2.17-2.28} or {@code 2.23 or newer}; null if there are none
     */
    public static String onBoth(int one, int other) {
        List<Line> both = LINES.stream().filter(line -> line.runsOn(one) && line.runsOn(other)).toList();
        if (both.isEmpty()) {
            return null;
        }
        Line last = both.get(both.size() - 1);
        return both.get(0).first + (last == newest() ? " or newer" : "-" + lastOf(last));
    }

    /**
     * The way from one major version of PostgreSQL to another where no version of TimescaleDB runs on both: the source
     * is upgraded in between.
     *
     * @param version the source's
     * @return what to do on the source, in order; nothing where no way is known
     */
    public static List<String> upgradePath(String version, int source, int target) {
        List<String> steps = new ArrayList<>();
        int at = source;
        while (onBoth(at, target) == null) {
            int major = at;
            int next = LINES.stream().filter(line -> line.runsOn(major)).mapToInt(Line::to).max().orElse(at);
            if (next <= at || next > target) {
                return List.of();
            }
            if (at > source || !runsOn(version, next)) {
                steps.add("update timescaledb to " + onBoth(at, next));
            }
            steps.add("upgrade PostgreSQL to " + next + " (pg_upgrade)");
            at = next;
        }
        steps.add("update timescaledb to " + onBoth(at, target));
        return steps;
    }

    private static Line line(String version) {
        return LINES.stream().filter(line -> Versions.ORDER.compare(version, line.first) >= 0)
                .reduce((older, newer) -> newer).orElse(LINES.get(0));
    }

    private static Line newest() {
        return LINES.get(LINES.size() - 1);
    }

    /** The minor version before the next line's first. */
    private static String lastOf(Line line) {
        String next = LINES.get(LINES.indexOf(line) + 1).first;
        int dot = next.indexOf('.');
        return next.substring(0, dot + 1) + (Integer.parseInt(next.substring(dot + 1)) - 1);
    }
}
