//DEPS org.postgresql:postgresql:42.7.14
package lib.catalog;

import java.sql.Array;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import lib.server.Session;
import lib.server.Versions;
import lib.talk.Sql;

/**
 * The extensions of the source, each after those that it needs on the target, and what the target can offer for each
 * (pg_available_extension_versions).
 */
public final class Extensions {
    /** The extension that every database has. */
    private static final String BUILT_IN = "plpgsql";

    /**
     * An extension on both sides.
     *
     * @param installed the version that the target's database has already, or null
     * @param installedSchema where it stands there, or null
     * @param chosen the version to create, by {@link Versions#nearest}; null when the target has none
     * @param ownSchema whether the extension makes its schema by itself
     * @param needsSuperuser whether only a superuser may create it on the target
     * @param requires the extensions that it needs there
     * @param missing those of them that neither the source nor the target's database has
     * @param owner who owns it on the source, or null where that is the bootstrap superuser or not known
     * @param installedOwner who owns it on the target, or null
     * @param before what is run before it is created, and {@code after} what is run then
     */
    public record Extension(String name, String version, String schema, String installed, String installedSchema,
            String chosen, boolean ownSchema,
            boolean needsSuperuser, Set<String> requires, Set<String> missing, String owner, String installedOwner,
            List<String> before, List<String> after) {
        public Extension by(List<String> first, List<String> last) {
            return new Extension(name, version, schema, installed, installedSchema, chosen, ownSchema, needsSuperuser,
                    requires, missing, owner, installedOwner, first, last);
        }

        /** @return whether both sides have the same version, once the extension is created */
        public boolean same() {
            return version.equals(installed == null ? chosen : installed);
        }
    }

    /**
     * An extension as a database has it; {@code ownedBy} is null where that is the bootstrap superuser or not known.
     */
    public record Installed(String name, String version, String schema, String ownedBy) {
        /** @return this extension in another version */
        public Installed in(String other) {
            return new Installed(name, other, schema, ownedBy);
        }
    }

    private record AvailableVersion(boolean superuser, boolean ownSchema, Set<String> requires) {
    }

    private final Map<String, Map<String, AvailableVersion>> offers = new TreeMap<>();
    private final Map<String, Installed> installed = new TreeMap<>();
    private final Map<String, Installed> present = new LinkedHashMap<>();
    private final List<Extension> extensions = new ArrayList<>();

    private Extensions() {
    }

    /**
     * Compares what the source has with what the target offers.
     *
     * @param stays whether an extension that the target's session sees will still be there when the extensions are
     * created
     */
    public static Extensions compare(Session source, Session target, Predicate<String> stays) {
        return compare(installed(source), target, stays);
    }

    /** Compares the extensions of a source that have been read before with what the target offers. */
    public static Extensions compare(List<Installed> source, Session target, Predicate<String> stays) {
        Extensions both = new Extensions();
        source.forEach(extension -> both.present.put(extension.name, extension));
        both.present.remove(BUILT_IN);
        installed(target).forEach(extension -> both.installed.put(extension.name, extension));
        both.installed.keySet().removeIf(stays.negate());
        // What pgextwlist lists there it creates in the name of a superuser, as on Timescale Cloud.
        target.list("listing the available extensions", """
                SELECT name, version, superuser AND NOT coalesce((pg_catalog.to_jsonb(v)->>'trusted')::boolean, false)
                         AND name <> ALL
                           (pg_catalog.regexp_split_to_array(coalesce(pg_catalog.current_setting('extwlist.extensions',
                           true), ''), '[ ",]+')),
                       schema IS NOT NULL, requires
                  FROM pg_catalog.pg_available_extension_versions v""",
                row -> both.offers.computeIfAbsent(row.getString(1), name -> new TreeMap<>())
                        .put(row.getString(2),
                                new AvailableVersion(row.getBoolean(3), row.getBoolean(4), names(row.getArray(5)))));
        Set<String> ordered = new LinkedHashSet<>();
        both.present.keySet().forEach(name -> both.order(name, new TreeSet<>(), ordered));
        ordered.forEach(name -> both.extensions.add(both.extension(name)));
        return both;
    }

    /** @return the extensions of a database */
    public static List<Installed> installed(Session session) {
        return session.list("listing the extensions",
                """
                SELECT e.extname, e.extversion, n.nspname, CASE WHEN e.extowner <> 10
                  THEN pg_catalog.pg_get_userbyid(e.extowner) END
                  FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                    ORDER BY e.oid""",
                row -> new Installed(row.getString(1), row.getString(2), row.getString(3), row.getString(4)));
    }

    private static Set<String> names(Array array) throws SQLException {
        return array == null ? Set.of() : new TreeSet<>(List.of((String[]) array.getArray()));
    }

    /**
     * Puts an extension of the source behind those that it needs. The order of creation is no guide: an update may need
     * what came later.
     */
    private void order(String name, Set<String> waiting, Set<String> ordered) {
        if (present.containsKey(name) && !ordered.contains(name) && waiting.add(name)) {
            offer(name).requires.forEach(required -> order(required, waiting, ordered));
            ordered.add(name);
        }
    }

    private String chosen(String name) {
        return offers.containsKey(name)
                ? Versions.nearest(present.get(name).version, offers.get(name).keySet()).orElse(null) : null;
    }

    private AvailableVersion offer(String name) {
        String chosen = chosen(name);
        return chosen == null ? new AvailableVersion(false, false, Set.of()) : offers.get(name).get(chosen);
    }

    private Extension extension(String name) {
        Installed here = present.get(name);
        Installed there = installed.getOrDefault(name, new Installed(name, null, null, null));
        AvailableVersion offer = offer(name);
        Set<String> missing = new TreeSet<>(offer.requires);
        missing.removeIf(required -> present.containsKey(required) || installed.containsKey(required));
        boolean superuser = offer.superuser
                || missing.stream().anyMatch(required -> offers.getOrDefault(required, Map.of()).values().stream()
                        .anyMatch(AvailableVersion::superuser));
        return new Extension(name, here.version, here.schema, there.version, there.schema, chosen(name),
                offer.ownSchema, superuser,
                offer.requires, missing, here.ownedBy, there.ownedBy, List.of(), List.of());
    }

    /** @return every extension of the source but the built-in one */
    public List<Extension> all() {
        return extensions;
    }

    /** @return whether the target's server has any version of an extension */
    public boolean isOffered(String name) {
        return offers.containsKey(name);
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
        statements.addAll(extension.before);
        statements.add("CREATE EXTENSION IF NOT EXISTS " + Sql.ident(extension.name) + " WITH"
                + (extension.ownSchema ? "" : " SCHEMA " + Sql.ident(extension.schema)) + " VERSION "
                + Sql.literal(extension.chosen)
                + (extension.missing.isEmpty() ? "" : " CASCADE"));
        statements.addAll(extension.after);
        return statements;
    }

    /**
     * @return the statements that bring an extension that is there to the version and the schema that it is to have;
     * none where it has them
     */
    public static List<String> follow(Extension extension, Installed there) {
        List<String> statements = new ArrayList<>();
        String change = "ALTER EXTENSION " + Sql.ident(extension.name);
        if (!there.version.equals(extension.chosen)) {
            statements.addAll(extension.before);
            statements.add(change + " UPDATE TO " + Sql.literal(extension.chosen));
            statements.addAll(extension.after);
        }
        if (!extension.ownSchema && !there.schema.equals(extension.schema)) {
            // Not as the extension's owner: what belongs to a trusted one is the bootstrap superuser's.
            statements.add("CREATE SCHEMA IF NOT EXISTS " + Sql.ident(extension.schema));
            statements.add(change + " SET SCHEMA " + Sql.ident(extension.schema));
        }
        return statements;
    }
}
