package lib.tools;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.talk.Failure;

/**
 * How the rows of a dump are compressed, in the words of pg_dump 16 and newer; older ones know only the level of gzip
 * (pg_dump manual, {@code --compress}).
 *
 * @param method {@code none}, {@code gzip}, {@code lz4} or {@code zstd}
 * @param detail such as a level, or empty
 */
public record Compression(String method, String detail) {
    /** The first major version whose pg_dump has other methods than gzip. */
    private static final int METHODS = 16;
    private static final Pattern SPEC = Pattern.compile("(none|gzip|lz4|zstd)(?::([a-z0-9=,]+))?");
    private static final Pattern LEVEL = Pattern.compile("(?:level=)?(\\d)");

    /** @throws Failure usage, when pg_dump would not understand it */
    public static Compression of(String spec) {
        if (spec.matches("\\d")) {
            return spec.equals("0") ? new Compression("none", "") : new Compression("gzip", spec);
        }
        Matcher parts = SPEC.matcher(spec);
        if (!parts.matches() || parts.group(1).equals("none") && parts.group(2) != null
                || parts.group(1).equals("gzip") && parts.group(2) != null
                        && !LEVEL.matcher(parts.group(2)).matches()) {
            throw Failure.usage(
                    "invalid compression \"%s\": must be a level of 0 to 9, or none, gzip, lz4 or zstd with an "
                            + "optional :LEVEL",
                    spec);
        }
        return new Compression(parts.group(1), parts.group(2) == null ? "" : parts.group(2));
    }

    /** @return the oldest major version of pg_dump that can do it */
    public int clientMajor() {
        return method.equals("lz4") || method.equals("zstd") ? METHODS : 0;
    }

    /** @return the value of {@code --compress} for a pg_dump of this major version */
    public String argument(int major) {
        if (major >= METHODS) {
            return toString();
        }
        Matcher level = LEVEL.matcher(detail);
        return method.equals("none") ? "0" : level.matches() ? level.group(1) : "6";
    }

    @Override
    public String toString() {
        return detail.isEmpty() ? method : method + ":" + detail;
    }
}
