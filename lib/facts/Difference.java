package lib.facts;

import java.util.Comparator;
import java.util.Set;

/**
 * Something of the source that the target lacks or has in another form.
 *
 * @param property that differs, as its query names it; null where the object itself does
 * @param entry of a property that is a list: who is granted something, as {@link FactTemplate#quoted} has it, or which
 * setting or option; else null
 * @param source how it is on the source, or {@link #MISSING}
 * @param target how it is on the target, or {@link #MISSING}
 */
public record Difference(FactKind kind, String property, FactIdentity object, String entry, String source,
        String target) implements Comparable<Difference> {
    /** Stands for the value of a side that lacks the object, or has nothing set. */
    public static final String MISSING = "missing";

    public static final String OWNER = "owner";
    public static final String COMMENT = "comment";
    /** A list, of which each grantee is an entry. */
    public static final String GRANT = "grant";
    /** Those of a chunk, as a whole. */
    public static final String GRANTS = "grants";

    private static final Set<FactKind> BESIDE_ROWS = Set.of(FactKind.ROLE, FactKind.MEMBERSHIP, FactKind.SETTING,
            FactKind.DEFAULT_PRIVILEGES, FactKind.PARAMETER_GRANT, FactKind.INDEX);
    private static final Set<String> PROPERTIES_BESIDE_ROWS = Set.of(OWNER, COMMENT, GRANT, GRANTS);

    private static final Comparator<Difference> ORDER =
            Comparator.comparing(Difference::named).thenComparing(Difference::what)
                    .thenComparing(Difference::source).thenComparing(Difference::target);

    /** Of an object as such. */
    public Difference(FactKind kind, FactIdentity object, String source, String target) {
        this(kind, null, object, null, source, target);
    }

    /** A difference of which only the text is known. */
    public Difference(FactKind kind, String object, String source, String target) {
        this(kind, FactIdentity.of(object), source, target);
    }

    /** @return what differs, for the operator, such as {@code table} or {@code column default} */
    public String what() {
        return kind.word() + (property == null ? "" : " " + property);
    }

    /** @return the object, with the entry of it that differs, for the operator */
    public String named() {
        return entry == null ? object.text() : object.text() + (GRANT.equals(property) ? " to " : ": ") + entry;
    }

    /** @return whether it is one of privileges */
    public boolean ofPrivileges() {
        return GRANT.equals(property) || GRANTS.equals(property) || kind == FactKind.DEFAULT_PRIVILEGES
                || kind == FactKind.PARAMETER_GRANT;
    }

    /** @return whether the rows of a view could differ because of it */
    public boolean bearsOnRows() {
        return !BESIDE_ROWS.contains(kind) && (property == null || !PROPERTIES_BESIDE_ROWS.contains(property));
    }

    /** By object, so that all that is said about one stands together. */
    @Override
    public int compareTo(Difference other) {
        return ORDER.compare(this, other);
    }
}
