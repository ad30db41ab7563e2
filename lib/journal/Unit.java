package lib.journal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import lib.catalog.EntrySql;

/**
 * A piece of the schema that is made in one transaction, and is not made again by a run that goes on.
 *
 * @param digest the SHA-256 of all that its statements say
 * @param kind as the archive has it, such as {@code TABLE}, or one of ours
 * @param name with its schema, as the archive has it
 */
public record Unit(String digest, String kind, String name) {
    /** The kind of the second half of a foreign key: the look at the rows. */
    public static final String VALIDATE = "VALIDATE";
    /** The kind of extensions, which are made before all else and are no units that are written down. */
    static final String EXTENSION = "EXTENSION";
    /** The kind of schemas, of which some are made for extensions and are no units that are written down. */
    static final String SCHEMA = "SCHEMA";
    /** All large objects of a dump, with their contents. */
    public static final Unit LARGE_OBJECTS = of("LARGE OBJECTS", "of the dump", "");
    /** The kind of planner statistics that are collected. */
    public static final String ANALYZE = "ANALYZE";

    /** @return the unit of an entry of the archive */
    public static Unit of(EntrySql part) {
        return of(part.entry().kind(), part.name(), part.settings() + '\0' + (part.sql() == null ? "" : part.sql()));
    }

    public static Unit of(String kind, String name, String sql) {
        try {
            byte[] text = (kind + '\0' + name + '\0' + sql).getBytes(StandardCharsets.UTF_8);
            return new Unit(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text)), kind, name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** @return such as {@code table public.account} */
    @Override
    public String toString() {
        return kind.toLowerCase(Locale.ROOT) + " " + name;
    }
}
