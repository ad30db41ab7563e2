//DEPS org.postgresql:postgresql:42.7.14
package lib.roles;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.server.Finding;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Which of the source's roles a migration creates, as far as the target's user may. A role that exists is kept as it
 * is.
 */
public final class RolePlan {
    private final Roles source;
    private final Map<String, Roles.Role> existing;
    private final String bootstrap;
    private final RoleDifferences differences;
    private final Server.Facts facts;
    private final Set<String> owners;
    private final Set<String> reachable;
    private final Set<String> unreachable;
    private final RoleTarget target;
    private final RoleTranslation translation;
    private final RoleCreation creation;
    private final Set<String> made;

    /**
     * @param owners the roles that own objects of the source's database, which cannot do without them
     * @param kind of target
     * @param session a session on the target
     * @param granted the roles of the target that may be granted although they can do more there than on the source
     * @param made those that the interrupted run has created with which this one goes on: they are to be as on the
     * source now
     */
    public RolePlan(Roles source, Set<String> owners, TargetKind kind, Server server, Session session,
            Collection<String> granted, Collection<String> made) {
        this.source = source;
        this.made = Set.copyOf(made);
        Roles there = Roles.read(session, server);
        this.existing = there.byName();
        this.bootstrap = there.bootstrap();
        this.differences = new RoleDifferences(source, there);
        this.facts = server.facts();
        this.owners = owners;
        this.target = RoleTarget.ask(kind, server, session);
        this.translation = new RoleTranslation(source, target, false, true, granted);
        this.creation = new RoleCreation(translation, mayCreate() ? missing() : List.of(), facts);
        this.reachable = new TreeSet<>(session.texts("listing the roles in reach",
                "SELECT r.rolname FROM pg_catalog.pg_roles r WHERE " + Membership.mayServe("r.oid")));
        if (mayCreate()) {
            missing().forEach(role -> reachable.add(role.name()));
        }
        this.unreachable = new TreeSet<>(owners);
        unreachable.removeAll(reachable);
    }

    /**
     * @param grantors the roles of the source that have granted privileges on objects of other owners
     * @return a warning for each role that the target's user cannot SET ROLE to
     */
    public List<Finding> grantors(List<String> grantors) {
        return grantors.stream().filter(role -> !facts.superuser() && !reachable.contains(role))
                .map(role -> Finding.warning("privileges",
                        existing.containsKey(role) && !existing.get(role).has(Roles.Attribute.SUPERUSER)
                                ? granting(role) : null,
                        "privileges granted by role \"%s\" will be granted by the owners instead: \"%s\" cannot act "
                                + "as it on "
                                + "the target",
                        role, facts.user()))
                .toList();
    }

    private String granting(String role) {
        return Membership.granting(role, facts.user(), existing.get(facts.user()).has(Roles.Attribute.INHERIT),
                facts.major());
    }

    /** @return the roles to create, as the target may have them */
    public List<Roles.Role> missing() {
        return translation.roles(RoleOutcome.Action.CREATED);
    }

    /** @return what may be done about roles on the target */
    public RoleTarget target() {
        return target;
    }

    private boolean mayCreate() {
        return facts.superuser() || facts.createRole();
    }

    /** @return the findings of preflight about the roles */
    public List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        for (RoleOutcome outcome : translation.outcomes()) {
            if (outcome.action() == RoleOutcome.Action.LEFT_OUT) {
                findings.add(
                        Finding.warning("roles", null, "role \"%s\" is left out: %s", outcome.role(), outcome.why()));
            } else if (translation.isServices(outcome.role().name())) {
                findings.add(Finding.ok("roles", "role \"%s\" is kept as it is: %s", outcome.role(), outcome.why()));
            } else if (target.isBootstrap(outcome.role().name())) {
                findings.add(Finding.warning("roles", null,
                        "role \"%s\" is kept as it is: the target's bootstrap superuser is called that",
                        outcome.role()));
            } else if (differs(outcome.role()) && !made.contains(outcome.role().name())) {
                findings.add(Finding.warning("roles", corrections(outcome.role()),
                        "role \"%s\" exists on the target with %s and is kept as it is", outcome.role(),
                        differences.description(outcome.role())));
            }
        }
        if (mayCreate()) {
            translation.losses().forEach(loss -> findings.add(
                    Finding.warning(
                            "roles", loss.remedy(target.kind().managed()
                                    ? "afterwards, " + target.kind().helper() + " may run" : "afterwards"),
                            "%s", loss)));
        } else {
            missing().forEach(role -> findings.add(cannotCreate(role)));
        }
        findings.addAll(owners());
        if (!source.readable() && !missing().isEmpty()) {
            String logins = missing().stream().filter(role -> role.has(Roles.Attribute.LOGIN))
                    .map(role -> " \\password " + Sql.ident(role.name()))
                    .collect(Collectors.joining());
            findings.add(Finding.warning("roles",
                    logins.isEmpty() ? null
                            : "afterwards: mst-passwords --out passwords.csv, or in psql on the target:" + logins,
                    "the passwords of the source cannot be read: %d role(s) are created without a password",
                    missing().size()));
        }
        if (findings.stream().allMatch(finding -> finding.level() == Finding.Level.OK)) {
            findings.add(Finding.ok("roles", "%d to create, %d exist", missing().size(),
                    source.roles().size() - missing().size()));
        }
        return findings;
    }

    private String corrections(Roles.Role role) {
        boolean own = target.givable().containsAll(differences.attributes(role)) && source.settings().stream()
                .filter(setting -> setting.role().equals(role.name()) && !setting.database())
                .allMatch(setting -> target.refusal(setting.name()).isEmpty());
        return own ? differences.corrections(role, target.givable())
                : by(differences.corrections(role, EnumSet.allOf(Roles.Attribute.class)));
    }

    /** On a managed service, only its own administrators may run the statement. */
    private String by(String statement) {
        return target.kind().managed() ? target.kind().helper() + " may run: " + statement : statement;
    }

    private boolean differs(Roles.Role role) {
        return !differences.of(role).isEmpty();
    }

    private Finding cannotCreate(Roles.Role role) {
        if (!owners.contains(role.name())) {
            return Finding.warning("roles", null, "role \"%s\" cannot be created on the target and is left out", role);
        }
        unreachable.remove(role.name());
        return Finding.stop("roles",
                RoleStatements.create(role.withoutPassword(), EnumSet.allOf(Roles.Attribute.class)) + ";",
                "role \"%s\" owns objects, does not exist on the target and cannot be created by \"%s\"", role,
                facts.user());
    }

    /** A user who is not a superuser can give objects only to roles that they are or can become a member of. */
    private List<Finding> owners() {
        List<Finding> findings = new ArrayList<>();
        for (String owner : unreachable) {
            boolean superuser = !existing.containsKey(owner) || existing.get(owner).has(Roles.Attribute.SUPERUSER);
            // Nobody on a managed service could run the GRANT, and most likely the role is one of the service.
            findings.add(superuser || target.kind().managed()
                    ? Finding.warning("roles", null, "what role \"%s\" owns on the source will belong to \"%s\"", owner,
                            facts.user())
                    : Finding.stop("roles", granting(owner),
                            "role \"%s\" owns objects, and \"%s\" cannot act as it on the target", owner,
                            facts.user()));
        }
        return findings;
    }

    /** @return what the source's roles, except its bootstrap superuser, can do there */
    public RolePowers powers() {
        return translation.here();
    }

    /** @return what the roles of the target can do */
    public RolePowers targetPowers() {
        return target.powers();
    }

    /** @return the owners whose objects will belong to the connecting user */
    public Set<String> unreachable() {
        return unreachable;
    }

    /**
     * @return the roles that {@link #check} has said will differ: kept with other attributes, without something, or not
     * created
     */
    public Set<String> announced() {
        Set<String> names = new TreeSet<>(translation.changed());
        // What this user cannot give, no run has given.
        source.roles().stream().filter(this::differs)
                .filter(role -> !facts.superuser() || !made.contains(role.name()))
                .forEach(role -> names.add(role.name()));
        source.databaseSettings().stream().filter(setting -> target.refusal(setting.name()).isPresent())
                .forEach(setting -> names.add(setting.role()));
        if (!mayCreate()) {
            missing().forEach(role -> names.add(role.name()));
        }
        return names;
    }

    /** @return the powers that each of the target's roles has already */
    public Map<String, Set<Roles.Attribute>> powersThere() {
        Map<String, Set<Roles.Attribute>> powers = new HashMap<>();
        existing.values().forEach(role -> powers.put(role.name(), role.attributes()));
        // The first superuser is in no list of roles, and has them all.
        powers.put(bootstrap, Set.of(Roles.Attribute.values()));
        return powers;
    }

    /**
     * @return the roles of the source that will not exist on the target or are the managed service's own there, and the
     * owners that the user cannot give objects to
     */
    public MissingRoles gone() {
        Set<String> replaced = new TreeSet<>(unreachable);
        translation.roles(RoleOutcome.Action.LEFT_OUT).forEach(role -> replaced.add(role.name()));
        if (!reachable.contains(source.bootstrap())) {
            replaced.add(source.bootstrap());
        }
        if (!mayCreate()) {
            missing().forEach(role -> replaced.add(role.name()));
        }
        return new MissingRoles(
                replaced.stream().filter(role -> !target.exists(role)).collect(Collectors.toCollection(TreeSet::new)),
                replaced);
    }

    /**
     * The result of applying the plan; {@code leftOut} lists the statements that the target refused unexpectedly.
     */
    public record Outcome(String roles, List<String> leftOut) {
    }

    /** @return how many roles of the source were created, existed or were left out, in words */
    private String account(int created) {
        int leftOut = translation.roles(RoleOutcome.Action.LEFT_OUT).size() + (mayCreate() ? 0 : missing().size());
        long lowered = mayCreate() ? translation.lowered().size() : 0;
        return created + " created" + (lowered == 0 ? "" : " (" + lowered + " lowered)") + ", "
                + (source.roles().size() - created - leftOut) + " existed"
                + (leftOut == 0 ? "" : ", " + leftOut + " left out");
    }

    /**
     * Creates the missing roles and makes all settings and grants, in one transaction.
     *
     * @param session of a run whose journal has begun
     */
    public Outcome apply(Session session) {
        List<String> corrections = source.roles().stream()
                .filter(role -> made.contains(role.name()) && existing.containsKey(role.name()))
                .flatMap(role -> differences.all(role, target.givable()).stream()).toList();
        RoleCreation.Result done = creation.apply(session, corrections);
        return new Outcome(account(done.created()), done.refused());
    }

    /** @return the roles that {@link #apply} creates */
    public Set<String> created() {
        return creation.roles().stream().map(Roles.Role::name).collect(Collectors.toCollection(TreeSet::new));
    }

    /** @return the statements of {@link #apply}, without the passwords */
    public List<String> statements() {
        return creation.statements();
    }

    /** @return whether {@link #apply} gives passwords that {@link #statements()} leaves out */
    public boolean hasPasswords() {
        return creation.roles().stream().anyMatch(role -> role.verifier() != null);
    }
}
