package lib.server;

/**
 * A question to the catalogs about one kind of object, which both sides answer with one row for each object. Its
 * columns are {@code kind} (as a difference names it), {@code identity} (unique within the query, the same on both
 * sides), {@code parent} (query's name and identity of the object without which this one cannot be, or several with
 * chr(31) between them, or null), then one column for each property that is compared, and one for each part of the
 * identity that somebody asks for, such as {@code of schema}.
 *
 * <p>
 * The name of a property's column says how it is compared and shown, see {@code facts/FactProperties}. Null stands for
 * nothing set.
 *
 * @param name what other queries call these objects as parents
 * @param whole whether the objects belong to the database as a whole, so that they stay out when schemas or tables are
 * named
 * @param timescale whether it asks TimescaleDB's catalog
 * @param template the query, see {@code facts/FactTemplate}
 */
public record FactQuery(String name, boolean whole, boolean timescale, String template) {
    /** A query for objects of schemas. */
    public static FactQuery inSchemas(String name, String template) {
        return new FactQuery(name, false, false, template);
    }

    /** A query for objects that belong to no schema. */
    public static FactQuery ofDatabase(String name, String template) {
        return new FactQuery(name, true, false, template);
    }

    /** A query to TimescaleDB's catalog; a side without it has no such objects. */
    public static FactQuery ofTimescale(String name, boolean whole, String template) {
        return new FactQuery(name, whole, true, template);
    }
}
