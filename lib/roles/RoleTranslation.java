package lib.roles;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.talk.ShellScript;
import lib.talk.Sql;

/** The source's roles as the target may have them, and what each of them loses. Every loss is reported. */
public final class RoleTranslation {
    private final Roles source;
    private final RoleTarget target;
    private final boolean alter;
    private final RolePowers here;
    private final RoleGains gains;
    private final Set<String> apart = new TreeSet<>();
    private final Map<String, RoleOutcome> outcomes = new TreeMap<>();
    private final Map<String, RoleRules.Rule> rules = new TreeMap<>();
    private final List<Roles.Membership> memberships = new ArrayList<>();
    private final List<Roles.Setting> settings = new ArrayList<>();
    private final List<Roles.ParameterGrant> parameterGrants = new ArrayList<>();
    private final List<RoleLoss> losses = new ArrayList<>();

    /**
     * Translates all roles.
     *
     * @param alter whether roles that exist on the target are altered to be like the source's; otherwise they only get
     * memberships
     * @param passwords whether the passwords are carried, as far as they could be read
     * @param granted the roles of the target that may be granted although the members gain by it
     */
    public RoleTranslation(Roles source, RoleTarget target, boolean alter, boolean passwords,
            Collection<String> granted) {
        this.source = source;
        this.target = target;
        this.alter = alter;
        this.here = new RolePowers(
                source.roles().stream().collect(Collectors.toMap(Roles.Role::name, Roles.Role::attributes)),
                source.memberships());
        this.gains = new RoleGains(here, target, granted);
        Set<String> names = source.roles().stream().map(Roles.Role::name).collect(Collectors.toSet());
        names.add(source.bootstrap());
        names.forEach(name -> RoleRules.of(RoleRules.What.ROLE, name, target.kind(), names)
                .ifPresent(rule -> rules.put(name, rule)));
        source.roles().forEach(role -> outcomes.put(role.name(), outcome(passwords ? role : role.withoutPassword())));
        source.settings().forEach(this::translate);
        source.memberships().forEach(this::translate);
        source.parameterGrants().forEach(this::translate);
        source.elsewhere().forEach(
                item -> losses.add(new RoleLoss(null, item.what(), "it is not a role's own", item.statement())));
    }

    private RoleOutcome outcome(Roles.Role role) {
        String name = role.name();
        if (isLeftOut(name)) {
            return new RoleOutcome(role, RoleOutcome.Action.LEFT_OUT, rules.get(name).why());
        } else if (isServices(name)) {
            return new RoleOutcome(role, RoleOutcome.Action.KEPT, rules.get(name).why());
        } else if (target.exists(name) && !alter) {
            return new RoleOutcome(role, RoleOutcome.Action.KEPT, "the target has it already");
        } else if (!target.mayAlter(name) && !target.isUser(name)) {
            String why = "the target has it, and its user may not alter it";
            losses.add(new RoleLoss(name, "attributes, password, comment and settings", why,
                    target.isBootstrap(name) ? null
                            : RoleStatements.alter(role.withoutPassword(), EnumSet.allOf(Roles.Attribute.class))));
            return new RoleOutcome(role, RoleOutcome.Action.KEPT, why);
        } else if (target.isUser(name) || target.isBootstrap(name)) {
            return new RoleOutcome(role, RoleOutcome.Action.KEPT,
                    "the target's " + (target.isUser(name) ? "user" : "bootstrap superuser") + " is called that");
        }
        Set<Roles.Attribute> kept = EnumSet.noneOf(Roles.Attribute.class);
        Set<Roles.Attribute> lowered = EnumSet.noneOf(Roles.Attribute.class);
        role.attributes().forEach(attribute -> (target.givable().contains(attribute) ? kept : lowered).add(attribute));
        RoleGains.Gain more = gains.byPassword(role, kept);
        if (more != null) {
            apart.add(name);
            losses.add(new RoleLoss(name, "attributes, password, comment and settings", more.why(),
                    RoleStatements.alter(role.withoutPassword(), EnumSet.allOf(Roles.Attribute.class))));
            return new RoleOutcome(role, RoleOutcome.Action.KEPT, more.why());
        }
        if (!lowered.isEmpty()) {
            losses.add(new RoleLoss(name, "lowered, without " + attributeList(lowered, ", "),
                    "the target's user may not give " + (lowered.size() > 1 ? "them" : "it"),
                    "ALTER ROLE " + Sql.ident(name) + " " + attributeList(lowered, " ")));
        }
        return new RoleOutcome(role.with(kept),
                target.exists(name) ? RoleOutcome.Action.ALTERED : RoleOutcome.Action.CREATED, null, lowered);
    }

    private static String attributeList(Set<Roles.Attribute> attributes, String between) {
        return attributes.stream().map(Roles.Attribute::name).collect(Collectors.joining(between));
    }

    private boolean isLeftOut(String role) {
        return rules.containsKey(role) && rules.get(role).treatment() == RoleRules.Treatment.LEFT_OUT;
    }

    /** @return whether the target has this role and only the managed service changes it */
    boolean isServices(String role) {
        return rules.containsKey(role) && rules.get(role).treatment() == RoleRules.Treatment.KEPT
                && target.exists(role);
    }

    /** A user who may alter a role may change its settings; every user may change their own. */
    private boolean changes(RoleOutcome outcome) {
        return switch (outcome.action()) {
            case CREATED, ALTERED -> true;
            case KEPT -> alter && !apart.contains(outcome.role().name())
                    && (target.isUser(outcome.role().name())
                            || target.mayAlter(outcome.role().name()) && !isServices(outcome.role().name()));
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
                why -> losses.add(new RoleLoss(setting.role(), "the setting of " + setting.name(), why,
                        target.superuser() ? null : statement)),
                () -> settings.add(setting));
    }

    private void translate(Roles.Membership wanted) {
        if (isLeftOut(wanted.member()) || isServices(wanted.member()) && isLeftOut(wanted.role())) {
            return;
        }
        Roles.Membership membership = byCreator(wanted);
        Optional<RoleLoss> loss = loss(membership);
        if (loss.isPresent()) {
            losses.add(loss.get());
            return;
        }
        memberships.add(membership);
        if (target.major() < 16
                && (Boolean.FALSE.equals(membership.inherit()) || Boolean.FALSE.equals(membership.set()))) {
            losses.add(
                    new RoleLoss(membership.member(), "the limits of the membership in \"" + membership.role() + "\"",
                            "before PostgreSQL 16 a membership has neither INHERIT nor SET", null));
        }
    }

    /**
     * From PostgreSQL 16 on, a user who may grant a role has the ADMIN OPTION for it, and cannot grant that option to
     * themselves (PostgreSQL manual, GRANT).
     */
    private Roles.Membership byCreator(Roles.Membership wanted) {
        return target.major() >= 16 && target.isUser(wanted.member()) && !target.superuser() ? wanted.withoutAdmin()
                : wanted;
    }

    private Optional<RoleLoss> loss(Roles.Membership membership) {
        String role = membership.role();
        Optional<RoleRules.Rule> rule = target.rule(RoleRules.What.MEMBERSHIP, role);
        String statement = RoleStatements.grant(membership, target.major());
        String why = null;
        if (isLeftOut(role)) {
            why = rules.get(role).why().replaceFirst("^it ", "that ");
            statement = null;
        } else if (role.equals(source.bootstrap())) {
            why = "that is the source's bootstrap superuser";
        } else if (role.startsWith("pg_") && !target.predefined(role)) {
            why = "PostgreSQL " + target.major() + " has no such role";
            statement = null;
        } else if (rule.isPresent()) {
            why = rule.get().why();
        } else if (target.major() >= 16 && target.isUser(role) && !target.superuser()
                && target.mayGrant(membership.member())) {
            why = "from PostgreSQL 16 on whoever creates a role is a member of it, and two roles cannot be members of "
                    + "each other";
            statement = null;
        } else if (!target.mayGrant(role)) {
            why = "the target's user may not grant it";
        } else if (target.major() < 16 && Boolean.FALSE.equals(membership.inherit())
                && Boolean.FALSE.equals(membership.set())) {
            why = "before PostgreSQL 16 whoever is a member can act as the role";
        }
        String what = "the membership in \"" + role + "\"";
        RoleGains.Gain gain = gains.byMembership(membership, powers(membership.member()));
        if (gain != null && statement != null) {
            return Optional.of(new RoleLoss(membership.member(), what, why == null ? gain.why() : why, statement,
                    gain.caution(membership.member()),
                    why == null ? "--grant-anyway " + ShellScript.quoted(role) : null));
        }
        return why == null ? Optional.empty() : Optional.of(new RoleLoss(membership.member(), what, why, statement));
    }

    /** What a role can do on the target, or will be able to do once it is created. */
    private Set<String> powers(String role) {
        return target.exists(role) || !outcomes.containsKey(role) ? target.powers().of(role)
                : target.powers().of(role, outcomes.get(role).role().attributes());
    }

    private void translate(Roles.ParameterGrant grant) {
        String what = "the grant on parameter " + grant.parameter();
        Optional<RoleRules.Rule> rule = target.rule(RoleRules.What.PARAMETER_GRANT, grant.parameter());
        if (grant.role() != null && isLeftOut(grant.role())) {
            return;
        } else if (target.major() < 15) {
            losses.add(new RoleLoss(grant.role(), what, "PostgreSQL " + target.major() + " has no such grants", null));
        } else if (rule.isPresent() || !target.superuser()) {
            losses.add(new RoleLoss(grant.role(), what,
                    rule.map(RoleRules.Rule::why).orElse("the target's user may not give it"),
                    RoleStatements.grant(grant)));
        } else {
            parameterGrants.add(grant);
        }
    }

    RoleTarget target() {
        return target;
    }

    /** @return what the source's roles can do there */
    RolePowers here() {
        return here;
    }

    /** @return every role of the source with what becomes of it, by name */
    List<RoleOutcome> outcomes() {
        return List.copyOf(outcomes.values());
    }

    /** @return the roles with this fate */
    List<Roles.Role> roles(RoleOutcome.Action action) {
        return outcomes.values().stream().filter(outcome -> outcome.action() == action).map(RoleOutcome::role).toList();
    }

    /** @return the roles that are created or altered with fewer attributes than on the source */
    List<RoleOutcome> lowered() {
        return outcomes.values().stream().filter(outcome -> !outcome.lowered().isEmpty()).toList();
    }

    /** @return the roles that get a comment */
    List<Roles.Role> commented() {
        return outcomes.values().stream()
                .filter(outcome -> changes(outcome) && target.mayAlter(outcome.role().name())
                        && !isServices(outcome.role().name())
                        && outcome.role().comment() != null)
                .map(RoleOutcome::role).toList();
    }

    List<Roles.Membership> memberships() {
        return memberships;
    }

    /** @param database whether to return the settings for a single database, or those for all databases */
    List<Roles.Setting> settings(boolean database) {
        return settings.stream().filter(setting -> setting.database() == database).toList();
    }

    List<Roles.ParameterGrant> parameterGrants() {
        return parameterGrants;
    }

    /** @return what is lost, in the order of roles, settings, memberships, grants on parameters and the rest */
    List<RoleLoss> losses() {
        return losses;
    }

    /** @return the names of the roles that will differ from the source */
    public Set<String> changed() {
        Set<String> names =
                new TreeSet<>(losses.stream().filter(loss -> loss.role() != null).map(RoleLoss::role).toList());
        outcomes.values().stream()
                .filter(outcome -> outcome.action() == RoleOutcome.Action.LEFT_OUT || isServices(outcome.role().name())
                        || target.isBootstrap(outcome.role().name()))
                .forEach(outcome -> names.add(outcome.role().name()));
        return names;
    }
}
