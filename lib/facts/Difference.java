package lib.facts;

import java.util.Comparator;

/**
 * Something of the source that the target lacks or has in another form.
 *
 * @param kind what differs, such as {@code table} or {@code column default}
 * @param object its name, qualified and quoted where it must be
 * @param entry of a list that the object has: who is granted something, or which setting or option; null where the
 * object itself differs
 * @param source how it is on the source, or {@link #MISSING}
 * @param target how it is on the target, or {@link #MISSING}
 */
public record Difference(String kind, String object, String entry, String source, String target)
        implements Comparable<Difference> {
    /** Stands for the value of a side that lacks the object, or has nothing set. */
    public static final String MISSING = "missing";

    private static final Comparator<Difference> ORDER =
            Comparator.comparing(Difference::named).thenComparing(Difference::kind)
                    .thenComparing(Difference::source).thenComparing(Difference::target);

    public Difference(String kind, String object, String source, String target) {
        this(kind, object, null, source, target);
    }

    /** @return the object, with the entry of it that differs */
    public String named() {
        return entry == null ? object : object + (kind.endsWith(" grant") ? " to " : ": ") + entry;
    }

    /** @return a name as it can be compared where it is quoted if it must be on one side, and always on the other */
    public static String plain(String name) {
        return name.replace("\"", "");
    }

    /** By object, so that all that is said about one stands together. */
    @Override
    public int compareTo(Difference other) {
        return ORDER.compare(this, other);
    }
}
