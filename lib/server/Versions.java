package lib.server;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order of extension versions, which are mere names to the server (PostgreSQL manual, 38.17.1): number by number,
 * so that 1.10 comes after 1.9; what adds a number comes after, and what adds a word, such as 2.0-dev or 3.0beta1,
 * before.
 */
public final class Versions {
    /** Oldest first. */
    public static final Comparator<String> ORDER = Versions::compare;

    private static final Pattern PART = Pattern.compile("\\d+|\\p{Alpha}+");

    private Versions() {
    }

    /**
     * @return the version itself if it is available, else the oldest of the newer ones, else the newest of the older
     * ones
     */
    public static Optional<String> nearest(String version, Collection<String> offers) {
        if (offers.contains(version)) {
            return Optional.of(version);
        }
        return offers.stream().filter(offer -> compare(offer, version) >= 0).min(ORDER)
                .or(() -> offers.stream().max(ORDER));
    }

    private static int compare(String one, String other) {
        List<String> left = parts(one);
        List<String> right = parts(other);
        for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
            int difference = i == left.size() ? -weight(right.get(i)) : i == right.size() ? weight(left.get(i))
                    : comparePart(left.get(i), right.get(i));
            if (difference != 0) {
                return difference;
            }
        }
        return 0;
    }

    private static int comparePart(String one, String other) {
        return isNumber(one) && isNumber(other) ? new BigInteger(one).compareTo(new BigInteger(other))
                : isNumber(one) != isNumber(other) ? weight(one) : one.compareToIgnoreCase(other);
    }

    /** Something more: a number makes a version newer, a word older. */
    private static int weight(String part) {
        return isNumber(part) ? 1 : -1;
    }

    private static boolean isNumber(String part) {
        return Character.isDigit(part.charAt(0));
    }

    private static List<String> parts(String version) {
        List<String> parts = new ArrayList<>();
        for (Matcher part = PART.matcher(version); part.find();) {
            parts.add(part.group());
        }
        return parts;
    }
}
