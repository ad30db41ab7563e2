//DEPS org.postgresql:postgresql:42.7.14
package lib.roles;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.server.Settings;

/**
 * What may be done about roles on the target: asked of the server, or assumed for a superuser who will load them later.
 */
public final class RoleTarget {
    private static final String SUPERUSER_ONLY = "only a superuser of the target may set it";

    /**
     * A role that the target has.
     *
     * @param bootstrap whether it is the cluster's first superuser
     */
    private record Existing(boolean bootstrap, boolean alterable, boolean grantable) {
    }

    private final TargetKind kind;
    private final boolean asked;
    private final int major;
    private final String user;
    private final String database;
    private final Set<Roles.Attribute> givable;
    private final Map<String, Existing> existing = new HashMap<>();
    private final Map<String, Boolean> settable = new HashMap<>();
    private RolePowers powers = new RolePowers(Map.of(), List.of());

    private RoleTarget(TargetKind kind, boolean asked, int major, String user, String database,
            Set<Roles.Attribute> givable) {
        this.kind = kind;
        this.asked = asked;
        this.major = major;
        this.user = user;
        this.database = database;
        this.givable = givable;
    }

    /**
     * A target that is not connected to. A superuser, or the administrator of the managed service, will load the roles.
     *
     * @param like a server that knows which parameters everybody may set
     * @param session a session there
     */
    static RoleTarget assumed(TargetKind kind, int major, Server like, Session session) {
        Set<Roles.Attribute> givable = EnumSet.allOf(Roles.Attribute.class);
        if (!kind.managed()) {
            return new RoleTarget(kind, false, major, null, null, givable);
        }
        givable.removeIf(attribute -> RoleRules.of(RoleRules.What.ATTRIBUTE, attribute.name(), kind).isPresent());
        RoleTarget target = new RoleTarget(kind, false, major, TargetKind.ADMINISTRATOR, null, givable);
        target.existing.put("postgres", new Existing(true, false, false));
        target.existing.put(TargetKind.ADMINISTRATOR, new Existing(false, false, major < 16));
        target.parameters(session, false);
        return target;
    }

    /** Asks a server what the user of the session may do. */
    public static RoleTarget ask(TargetKind kind, Server server, Session session) {
        Server.Facts facts = server.facts();
        RoleTarget target = new RoleTarget(kind, true, facts.major(), facts.user(), server.database(),
                givable(facts, session));
        // Before PostgreSQL 16, CREATEROLE is enough; since then, it covers only roles for which the user has ADMIN
        // OPTION (PostgreSQL manual, CREATE ROLE).
        String mayGrant = Membership.mayGrant("r.oid");
        String mayAlter = facts.superuser() ? "true" : facts.createRole() + " AND " + mayGrant
                + (facts.major() < 16 ? " AND NOT r.rolreplication" : "");
        Map<String, Set<Roles.Attribute>> attributes = new HashMap<>();
        session.list("listing the roles in reach", """
                SELECT r.rolname, r.oid = 10, %s, %s, %s FROM pg_catalog.pg_roles r""".formatted(mayAlter, mayGrant,
                Roles.ATTRIBUTES), row -> {
                    attributes.put(row.getString(1), Roles.attributes(row.getString(5)));
                    return target.existing.put(row.getString(1),
                            new Existing(row.getBoolean(2), row.getBoolean(3), row.getBoolean(4)));
                });
        target.powers = new RolePowers(attributes, Roles.memberships(session, server));
        target.parameters(session, facts.superuser());
        if (facts.major() >= 15 && !facts.superuser()) {
            session.list("listing the parameters that were granted",
                    """
                    SELECT parname FROM pg_catalog.pg_parameter_acl WHERE pg_catalog.has_parameter_privilege(parname,
                      'SET')""",
                    row -> target.settable.put(row.getString(1), true));
        }
        return target;
    }

    private void parameters(Session session, boolean all) {
        session.list("listing the parameters in reach", """
                SELECT name, %1$s FROM pg_catalog.pg_settings""".formatted(all ? "true" : "context = 'user'"),
                row -> settable.put(row.getString(1).toLowerCase(Locale.ROOT), row.getBoolean(2)));
        // These are listed nowhere, and every user may set them.
        Set.of("role", "session_authorization", "seed").forEach(setting -> settable.put(setting, true));
    }

    /**
     * Since PostgreSQL 16, a user may grant only attributes that the user has (PostgreSQL manual, CREATE ROLE,
     * "Notes").
     */
    private static Set<Roles.Attribute> givable(Server.Facts facts, Session session) {
        Set<Roles.Attribute> givable = EnumSet.allOf(Roles.Attribute.class);
        if (!facts.superuser()) {
            boolean proxy = facts.major() >= 16;
            boolean replication = proxy && "t".equals(session.text("asking for the right to replicate",
                    "SELECT rolreplication FROM pg_catalog.pg_roles WHERE rolname = current_user"));
            givable.remove(Roles.Attribute.SUPERUSER);
            givable.removeIf(attribute -> attribute == Roles.Attribute.REPLICATION && !replication
                    || attribute == Roles.Attribute.BYPASSRLS && !(proxy && facts.bypassRls())
                    || attribute == Roles.Attribute.CREATEDB && proxy && !facts.createDatabase());
        }
        return givable;
    }

    public TargetKind kind() {
        return kind;
    }

    int major() {
        return major;
    }

    /** @return the attributes that the user may grant to a role or remove from it */
    Set<Roles.Attribute> givable() {
        return givable;
    }

    /** @return whether the user is a superuser */
    public boolean superuser() {
        return givable.contains(Roles.Attribute.SUPERUSER);
    }

    public boolean exists(String role) {
        return existing.containsKey(role);
    }

    /** @return the user who is or will be connected; empty where that may be any superuser */
    Optional<String> user() {
        return Optional.ofNullable(user);
    }

    /** @return the database that was connected to, if the target was asked */
    Optional<String> database() {
        return Optional.ofNullable(database);
    }

    /** @return whether it is the connecting user, whose attributes and password must not change */
    public boolean isUser(String role) {
        return role.equals(user);
    }

    /** @return whether it is the bootstrap superuser, which must stay a superuser */
    public boolean isBootstrap(String role) {
        return exists(role) && existing.get(role).bootstrap;
    }

    /**
     * @return whether the attributes and the comment of a role can be changed; true for a role that is yet to be
     * created
     */
    public boolean mayAlter(String role) {
        return !exists(role) || existing.get(role).alterable;
    }

    /** @return whether membership in a role can be granted; true for a role that is yet to be created */
    boolean mayGrant(String role) {
        return !exists(role) || existing.get(role).grantable;
    }

    /** @return what the target's roles can do, as far as it was asked */
    RolePowers powers() {
        return powers;
    }

    /** @return whether there is such a predefined role */
    boolean predefined(String role) {
        return asked ? exists(role) : TargetKind.predefined(role, major);
    }

    /** @return the rule of this kind of target, unless the answer of the server itself counts */
    Optional<RoleRules.Rule> rule(RoleRules.What what, String name) {
        return RoleRules.of(what, name, kind).filter(rule -> !asked || rule.treatment() != RoleRules.Treatment.ASKED);
    }

    /** @return why this setting cannot be made for a role; empty if it can */
    public Optional<String> refusal(String setting) {
        Optional<String> ruled = rule(RoleRules.What.SETTING, setting).map(RoleRules.Rule::why);
        if (ruled.isPresent()) {
            return ruled;
        } else if (Settings.removed(setting, major)) {
            return Optional.of("PostgreSQL " + major + " has no such setting");
        } else if (user == null) {
            return Optional.empty();
        }
        Boolean may = settable.get(setting.toLowerCase(Locale.ROOT));
        if (may == null && superuser()) {
            // A name with a dot may belong to a module that is not loaded; a superuser may set it anyway.
            return setting.contains(".") ? Optional.empty() : Optional.of("the target has no such setting");
        }
        return may != null && may ? Optional.empty() : Optional.of(SUPERUSER_ONLY);
    }
}
