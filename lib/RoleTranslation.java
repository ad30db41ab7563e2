//SOURCES RoleStatements.java RoleTarget.java Roles.java Sql.java
package lib;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The source's roles as the target may have them, and what each of them loses. Nothing is lost that is not said. */
public final class RoleTranslation {
    /** What becomes of a role. */
    public enum Fate {
        /** The target has none of this name. */
        CREATED,
        /** The target has one, which gets the attributes, the password, the comment and the settings. */
        ALTERED,
        /** The target has one, which keeps its attributes and its password. */
        KEPT,
        /** The target does not get it. */
        LEFT_OUT
    }

    /**
     * A role and what becomes of it.
     *
     * @param role with the attributes and the password that it will have
     * @param why the reason if it is kept or left out, else null
     */
    public record Outcome(Roles.Role role, Fate fate, String why) {
    }

    /**
     * Something that does not arrive.
     *
     * @param role the role that goes without, or null if it is nobody's in particular
     * @param statement what a superuser of the target would have to run, or null where nothing helps
     */
    public record Loss(String role, String what, String why, String statement) {
        @Override
        public String toString() {
            return (role == null ? "" : "role \"" + role + "\": ") + what + ": " + why;
        }
    }

    private final Roles source;
    private final RoleTarget target;
    private final boolean alter;
    private final Map<String, Outcome> outcomes = new TreeMap<>();
    private final Map<String, String> platforms = new TreeMap<>();
    private final List<Roles.Membership> memberships = new ArrayList<>();
    private final List<Roles.Setting> settings = new ArrayList<>();
    private final List<Roles.ParameterGrant> parameterGrants = new ArrayList<>();
    private final List<Loss> losses = new ArrayList<>();

    /**
     * Translates all roles.
     *
     * @param alter whether roles that the target has become like the source's; otherwise they keep all they are, and get memberships only
     * @param passwords whether the passwords that could be read come along
     */
    public RoleTranslation(Roles source, RoleTarget target, boolean alter, boolean passwords) {
        this.source = source;
        this.target = target;
        this.alter = alter;
        Set<String> names = source.roles().stream().map(Roles.Role::name).collect(Collectors.toSet());
        names.add(source.bootstrap());
        names.forEach(name -> target.kind().platformOf(name, names).ifPresent(platform -> platforms.put(name, platform)));
        source.roles().forEach(role -> outcomes.put(role.name(), outcome(passwords ? role : role.withoutPassword())));
        source.settings().forEach(this::translate);
        source.memberships().forEach(this::translate);
        source.parameterGrants().forEach(this::translate);
        source.elsewhere().forEach(thing -> losses.add(new Loss(null, thing.what(), "it is not a role's own", thing.statement())));
    }

    private Outcome outcome(Roles.Role role) {
        String name = role.name();
        if (platforms.containsKey(name)) {
            return new Outcome(role, Fate.LEFT_OUT, "it belongs to " + platforms.get(name));
        } else if (target.exists(name) && !alter) {
            return new Outcome(role, Fate.KEPT, "the target has it already");
        } else if (!target.mayAlter(name) && !target.isUser(name)) {
            String why = "the target has it, and its user may not alter it";
            losses.add(new Loss(name, "attributes, password, comment and settings", why, target.isBootstrap(name) ? null
                    : RoleStatements.alter(role.withoutPassword(), EnumSet.allOf(Roles.Attribute.class))));
            return new Outcome(role, Fate.KEPT, why);
        } else if (target.isUser(name) || target.isBootstrap(name)) {
            return new Outcome(role, Fate.KEPT, "the target's " + (target.isUser(name) ? "user" : "bootstrap superuser") + " is called that");
        }
        Set<Roles.Attribute> kept = EnumSet.noneOf(Roles.Attribute.class);
        for (Roles.Attribute attribute : role.attributes()) {
            if (target.givable().contains(attribute)) {
                kept.add(attribute);
            } else {
                losses.add(new Loss(name, attribute.name(), "the target's user may not give it", "ALTER ROLE " + Sql.ident(name) + " " + attribute));
            }
        }
        return new Outcome(role.with(kept), target.exists(name) ? Fate.ALTERED : Fate.CREATED, null);
    }

    /** Whoever may alter a role may change its settings, and everybody their own. */
    private boolean changes(Outcome outcome) {
        return switch (outcome.fate) {
            case CREATED, ALTERED -> true;
            case KEPT -> alter && (target.isUser(outcome.role.name()) || target.mayAlter(outcome.role.name()));
            case LEFT_OUT -> false;
        };
    }

    private void translate(Roles.Setting setting) {
        if (!changes(outcomes.get(setting.role()))) {
            return;
        }
        String statement = setting.database() ? RoleStatements.set(setting, target.database().orElse(source.database()))
                : RoleStatements.set(setting);
        target.refusal(setting.name()).ifPresentOrElse(
                why -> losses.add(new Loss(setting.role(), "the setting of " + setting.name(), why, target.superuser() ? null : statement)),
                () -> settings.add(setting));
    }

    private void translate(Roles.Membership membership) {
        String role = membership.role();
        String what = "the membership in \"" + role + "\"";
        String statement = RoleStatements.grant(membership, target.major());
        String why = null;
        if (role.equals(source.bootstrap())) {
            why = "that is the source's bootstrap superuser";
        } else if (platforms.containsKey(role)) {
            why = "that belongs to " + platforms.get(role);
            statement = null;
        } else if (role.startsWith("pg_") && !target.predefined(role)) {
            why = "PostgreSQL " + target.major() + " has no such role";
            statement = null;
        } else if (!target.mayGrant(role)) {
            why = "the target's user may not grant it";
        } else if (target.major() < 16 && Boolean.FALSE.equals(membership.inherit()) && Boolean.FALSE.equals(membership.set())) {
            why = "before PostgreSQL 16 whoever is a member can act as the role";
        }
        if (platforms.containsKey(membership.member())) {
            return;
        } else if (why != null) {
            losses.add(new Loss(membership.member(), what, why, statement));
            return;
        }
        memberships.add(membership);
        if (target.major() < 16 && (Boolean.FALSE.equals(membership.inherit()) || Boolean.FALSE.equals(membership.set()))) {
            losses.add(new Loss(membership.member(), "the limits of " + what, "before PostgreSQL 16 a membership has neither INHERIT nor SET", null));
        }
    }

    private void translate(Roles.ParameterGrant grant) {
        String what = "the grant on parameter " + grant.parameter();
        if (grant.role() != null && platforms.containsKey(grant.role())) {
            return;
        } else if (target.major() < 15) {
            losses.add(new Loss(grant.role(), what, "PostgreSQL " + target.major() + " has no such grants", null));
        } else if (!target.superuser()) {
            losses.add(new Loss(grant.role(), what, "the target's user may not give it", RoleStatements.grant(grant)));
        } else {
            parameterGrants.add(grant);
        }
    }

    public RoleTarget target() {
        return target;
    }

    /** @return every role of the source with what becomes of it, by name */
    public List<Outcome> outcomes() {
        return List.copyOf(outcomes.values());
    }

    /** @return the roles that come to this */
    public List<Roles.Role> roles(Fate fate) {
        return outcomes.values().stream().filter(outcome -> outcome.fate == fate).map(Outcome::role).toList();
    }

    /** @return the roles that get a comment */
    public List<Roles.Role> commented() {
        return outcomes.values().stream().filter(outcome -> changes(outcome) && target.mayAlter(outcome.role.name())
                && outcome.role.comment() != null).map(Outcome::role).toList();
    }

    public List<Roles.Membership> memberships() {
        return memberships;
    }

    /** @param database whether of those that hold in one database only, or of those that hold in all */
    public List<Roles.Setting> settings(boolean database) {
        return settings.stream().filter(setting -> setting.database() == database).toList();
    }

    public List<Roles.ParameterGrant> parameterGrants() {
        return parameterGrants;
    }

    /** @return what does not arrive, in the order of roles, settings, memberships, grants on parameters and the rest */
    public List<Loss> losses() {
        return losses;
    }

    /** @return the names of the roles that will not be on the target what they are on the source */
    public Set<String> changed() {
        Set<String> names = new TreeSet<>(losses.stream().filter(loss -> loss.role != null).map(Loss::role).toList());
        outcomes.values().stream().filter(outcome -> outcome.fate == Fate.LEFT_OUT).forEach(outcome -> names.add(outcome.role.name()));
        return names;
    }
}
