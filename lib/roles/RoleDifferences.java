package lib.roles;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import lib.server.Settings;
import lib.talk.Sql;

/**
 * How roles that exist on both sides differ, apart from memberships and from settings for a single database.
 */
final class RoleDifferences {
    /** A property in which two roles can differ, as messages name it. */
    enum Property {
        ATTRIBUTES("other attributes"),
        CONNECTION_LIMIT("another connection limit"),
        PASSWORD(
                "another stored password"),
        VALID_UNTIL(
                "another VALID UNTIL"),
        COMMENT("another comment"),
        SETTINGS("other settings");

        private final String words;

        Property(String words) {
            this.words = words;
        }
    }

    private final Roles source;
    private final Roles target;
    private final Map<String, Roles.Role> existing;

    RoleDifferences(Roles source, Roles target) {
        this.source = source;
        this.target = target;
        this.existing = target.byName();
    }

    /**
     * @return how the target's role of this name differs; empty where it does not exist. Passwords are compared if both
     * sides show them
     */
    List<Property> of(Roles.Role role) {
        Roles.Role there = existing.get(role.name());
        if (there == null) {
            return List.of();
        }
        Map<Property, Boolean> same = new EnumMap<>(Property.class);
        same.put(Property.ATTRIBUTES, there.attributes().equals(role.attributes()));
        same.put(Property.CONNECTION_LIMIT, there.connectionLimit() == role.connectionLimit());
        same.put(Property.PASSWORD,
                !source.readable() || !target.readable() || Objects.equals(there.verifier(), role.verifier()));
        same.put(Property.VALID_UNTIL, Objects.equals(there.validUntil(), role.validUntil()));
        same.put(Property.COMMENT, Objects.equals(there.comment(), role.comment()));
        same.put(Property.SETTINGS, settings(target, role).equals(settings(source, role)));
        same.values().removeIf(Boolean::booleanValue);
        return List.copyOf(same.keySet());
    }

    /** @return the differences in words, such as {@code other attributes, another comment} */
    String description(Roles.Role role) {
        return String.join(", ", of(role).stream().map(property -> property.words).toList());
    }

    /** @return the attributes that only one of the two roles has */
    Set<Roles.Attribute> attributes(Roles.Role role) {
        Set<Roles.Attribute> different = EnumSet.noneOf(Roles.Attribute.class);
        for (Roles.Attribute attribute : Roles.Attribute.values()) {
            if (role.has(attribute) != existing.get(role.name()).has(attribute)) {
                different.add(attribute);
            }
        }
        return different;
    }

    /**
     * @param named the attributes to be spoken of
     * @return the statements, one after another, that make the target's role like the source's, but for its password;
     * the command where that is all
     */
    String corrections(Roles.Role role, Set<Roles.Attribute> named) {
        // A stored password has no business in a message.
        List<String> statements = statements(role.withoutPassword(), named);
        if (role.verifier() == null && of(role).contains(Property.PASSWORD)) {
            statements.add(head(role) + " PASSWORD NULL");
        }
        return statements.isEmpty() ? "dump-roles --apply" : String.join("; ", statements) + ";";
    }

    /**
     * @param named the attributes to be spoken of
     * @return the statements that make the target's role like the source's, its password, too, where only the source
     * shows it
     */
    List<String> all(Roles.Role role, Set<Roles.Attribute> named) {
        List<String> statements = statements(role, named);
        if (of(role).contains(Property.PASSWORD) || source.readable() && !target.readable()) {
            statements.add(head(role) + " PASSWORD "
                    + (role.verifier() == null ? "NULL" : Sql.literal(role.verifier())));
        }
        return statements;
    }

    private static String head(Roles.Role role) {
        return "ALTER ROLE " + Sql.ident(role.name());
    }

    private List<String> statements(Roles.Role role, Set<Roles.Attribute> named) {
        List<Property> different = of(role);
        List<String> statements = new ArrayList<>();
        if (different.contains(Property.ATTRIBUTES) || different.contains(Property.CONNECTION_LIMIT)
                || different.contains(Property.VALID_UNTIL) && role.validUntil() != null) {
            statements.add(RoleStatements.alter(role.withoutPassword(), named));
        }
        if (different.contains(Property.VALID_UNTIL) && role.validUntil() == null) {
            statements.add(head(role) + " VALID UNTIL 'infinity'");
        }
        if (different.contains(Property.COMMENT)) {
            statements.add("COMMENT ON ROLE " + Sql.ident(role.name()) + " IS "
                    + (role.comment() == null ? "NULL" : Sql.literal(role.comment())));
        }
        settings(statements, head(role), settings(source, role), settings(target, role));
        return statements;
    }

    private static void settings(List<String> statements, String head, Map<String, String> wanted,
            Map<String, String> there) {
        for (String name : new TreeSet<>(there.keySet())) {
            if (!wanted.containsKey(name)) {
                statements.add(head + " RESET " + Settings.name(name));
            }
        }
        wanted.forEach((name, value) -> {
            if (!value.equals(there.get(name))) {
                statements.add(head + " SET " + Settings.name(name) + " TO " + value);
            }
        });
    }

    private static Map<String, String> settings(Roles roles, Roles.Role role) {
        Map<String, String> settings = new TreeMap<>();
        roles.settings().stream().filter(setting -> setting.role().equals(role.name()) && !setting.database())
                .forEach(setting -> settings.put(setting.name(), setting.value()));
        return settings;
    }
}
