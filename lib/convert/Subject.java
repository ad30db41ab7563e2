package lib.convert;

import java.util.List;
import java.util.Locale;

/** The kinds of things that may be unable to stay as they are, with what can become of them. */
enum Subject {
    CONSTRAINT(null, Treatment.EXTENDED, Treatment.INDEX, Treatment.INHERITED, Treatment.DROPPED,
            Treatment.NOT_CONVERTED),
    /** A unique index that is no constraint's. */
    UNIQUE_INDEX(null, Treatment.EXTENDED, Treatment.INDEX, Treatment.DROPPED, Treatment.NOT_CONVERTED),
    RULE(null, Treatment.DROPPED, Treatment.NOT_CONVERTED),
    TRIGGER(null, Treatment.ENABLED, Treatment.DROPPED, Treatment.NOT_CONVERTED),
    PUBLICATION(null, Treatment.KEPT, Treatment.DROPPED, Treatment.NOT_CONVERTED),
    PERSISTENCE("unlogged", Treatment.LOGGED, Treatment.NOT_CONVERTED),
    /** What single partitions have and their partitioned table has not. */
    PARTITIONS("own_objects", Treatment.DROPPED, Treatment.NOT_CONVERTED);

    private final String only;
    private final List<Treatment> treatments;

    Subject(String only, Treatment... treatments) {
        this.only = only;
        this.treatments = List.of(treatments);
    }

    /** @return the one name that stands for it, or null where each thing has a name of its own */
    String only() {
        return only;
    }

    List<Treatment> treatments() {
        return treatments;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
