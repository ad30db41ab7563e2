package lib.facts;

/**
 * Which object it is, on both sides alike. The names are as the catalogs have them, without quotes; each is null where
 * an object of this kind has none, or nobody asks for it.
 *
 * @param text what it is called for the operator, unique among its kind
 * @param schema that it is in
 * @param name its own, that of a column's table, of a setting's parameter, of the group of a membership, or of the kind
 * of objects that default privileges are for
 * @param column of that table
 * @param role whose membership, setting or default privileges it is, to whom a parameter is granted, or the role itself
 * @param inDatabase whether a setting is of the database, or of a role in the database
 */
public record FactIdentity(String text, String schema, String name, String column, String role, boolean inDatabase) {
    /** @return that of something that is known by its text alone */
    public static FactIdentity of(String text) {
        return new FactIdentity(text, null, null, null, null, false);
    }

    /** For the operator. */
    @Override
    public String toString() {
        return text;
    }
}
