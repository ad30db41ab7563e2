//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Rows.java Sql.java
package lib;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The extensions of the source, in the order in which they were created, so that each stands after those it needs, and what the target
 * can offer for each (pg_available_extension_versions).
 */
public final class Extensions {
    /** Comes with every database. */
    private static final String BUILT_IN = "plpgsql";

    /**
     * @param installed the version that the target's database has already, or null
     * @param chosen the version to create: the source's own if the target has it, else the target's default; null when it has none
     * @param ownSchema whether the extension makes its schema by itself
     * @param needsSuperuser whether only a superuser may create it on the target
     */
    public record Extension(String name, String version, String schema, String installed, String chosen, boolean ownSchema,
            boolean needsSuperuser) {
        /** @return whether both sides have the same version, once the extension is created */
        public boolean same() {
            return version.equals(installed == null ? chosen : installed);
        }
    }

    private record Offer(String version, boolean isDefault, boolean superuser, boolean ownSchema) {
    }

    private final List<Extension> extensions;

    private Extensions(List<Extension> extensions) {
        this.extensions = extensions;
    }

    /**
     * Compares what the source has with what the target offers.
     *
     * @param stays whether an extension that the target's session sees will still be there when the extensions are created
     */
    public static Extensions compare(Connection source, Connection target, Predicate<String> stays) {
        Map<String, String> installed = new LinkedHashMap<>();
        Rows.list(target, "target", "listing the extensions", "SELECT extname, extversion FROM pg_catalog.pg_extension",
                row -> installed.put(row.getString(1), row.getString(2)));
        installed.keySet().removeIf(stays.negate());
        Map<String, List<Offer>> offers = new LinkedHashMap<>();
        Rows.list(target, "target", "listing the available extensions", """
                SELECT v.name, v.version, v.version = e.default_version,
                       v.superuser AND NOT coalesce((pg_catalog.to_jsonb(v)->>'trusted')::boolean, false), v.schema IS NOT NULL
                  FROM pg_catalog.pg_available_extension_versions v
                  JOIN pg_catalog.pg_available_extensions e ON e.name = v.name""",
                row -> offers.computeIfAbsent(row.getString(1), name -> new ArrayList<>())
                        .add(new Offer(row.getString(2), row.getBoolean(3), row.getBoolean(4), row.getBoolean(5))));
        return new Extensions(Rows.list(source, "source", "listing the extensions", """
                SELECT e.extname, e.extversion, n.nspname
                  FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                 WHERE e.extname <> '%s' ORDER BY e.oid""".formatted(BUILT_IN),
                row -> choose(row.getString(1), row.getString(2), row.getString(3), installed.get(row.getString(1)),
                        offers.getOrDefault(row.getString(1), List.of()))));
    }

    private static Extension choose(String name, String version, String schema, String installed, List<Offer> offers) {
        Offer best = null;
        for (Offer offer : offers) {
            if (offer.version.equals(version) || best == null && offer.isDefault) {
                best = offer;
            }
        }
        return best == null ? new Extension(name, version, schema, installed, null, false, false)
                : new Extension(name, version, schema, installed, best.version, best.ownSchema, best.superuser);
    }

    public List<Extension> all() {
        return extensions;
    }

    /** @return the names of those that have the same version on both sides */
    public Set<String> same() {
        Set<String> names = new TreeSet<>();
        extensions.stream().filter(Extension::same).forEach(extension -> names.add(extension.name));
        return names;
    }

    /** @return the statements that create one extension in the source's schema, at the chosen version */
    public static List<String> create(Extension extension) {
        List<String> statements = new ArrayList<>();
        if (!extension.ownSchema && !extension.schema.equals("pg_catalog")) {
            statements.add("CREATE SCHEMA IF NOT EXISTS " + Sql.ident(extension.schema));
        }
        statements.add("CREATE EXTENSION IF NOT EXISTS " + Sql.ident(extension.name) + " WITH"
                + (extension.ownSchema ? "" : " SCHEMA " + Sql.ident(extension.schema)) + " VERSION " + Sql.literal(extension.chosen));
        return statements;
    }
}
