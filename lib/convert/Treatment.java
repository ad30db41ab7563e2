package lib.convert;

import java.util.Locale;

/** What becomes of something that cannot stay as it is when its table becomes a hypertable. */
enum Treatment {
    /** A key gets the columns by which the hypertable is divided. */
    EXTENDED,
    /** A key or an exclusion constraint becomes an index of the same columns that is not unique. */
    INDEX,
    /** A CHECK that is NO INHERIT becomes one that chunks inherit. */
    INHERITED,
    /** A trigger that is disabled, or fires only in or also in replicas, becomes an enabled one. */
    ENABLED,
    /** An unlogged table becomes a logged one. */
    LOGGED,
    /** A publication gets the hypertable, whose chunks it publishes under their own names. */
    KEPT,
    DROPPED,
    /** The table stays a plain one, for this. */
    NOT_CONVERTED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
