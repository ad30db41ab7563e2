package lib.passwords;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.roles.RecognizedKind;
import lib.roles.RoleRules;
import lib.roles.RoleTarget;
import lib.roles.Roles;
import lib.roles.TargetKind;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.PrintableSql;
import lib.talk.ShellScript;
import lib.talk.Sql;

/**
 * Which roles of the target lack a password. Only a superuser can see whether a role has one. For other users the
 * source decides: where its passwords cannot be read, none has been migrated.
 */
public final class PasswordRoles {
    private final TargetKind kind;
    private final Server.Facts facts;
    private final RoleTarget rights;
    private final Roles target;
    private final Map<String, Roles.Role> there;
    private final Roles source;

    private PasswordRoles(TargetKind kind, Server.Facts facts, RoleTarget rights, Roles target, Roles source) {
        this.kind = kind;
        this.facts = facts;
        this.rights = rights;
        this.target = target;
        this.there = target.byName();
        this.source = source;
    }

    /**
     * Asks both sides.
     *
     * @param from the source, or null
     * @throws Failure if the user of the target may give no passwords
     */
    public static PasswordRoles read(Server to, Server from) {
        Roles source = null;
        if (from != null) {
            try (Session session = from.session()) {
                source = Roles.read(session, from);
            }
        }
        Server.Facts facts = to.facts();
        if (!facts.superuser() && !facts.createRole()) {
            throw Failure.of("user \"%s\" of the target may not give passwords to other roles", facts.user())
                    .hint("name another user in --target, or have a superuser run: ALTER ROLE %s CREATEROLE;",
                            Sql.ident(facts.user()));
        }
        try (Session session = to.session()) {
            TargetKind kind = RecognizedKind.of(null, to, session).kind();
            return new PasswordRoles(kind, facts, RoleTarget.ask(kind, to, session), Roles.read(session, to), source);
        }
    }

    /** @return whether the target says which roles have a password */
    boolean known() {
        return target.readable();
    }

    /** @return whether the target has a role of this name, of whatever kind */
    boolean exists(String role) {
        return rights.exists(role);
    }

    /** @return whether the target's user is connected as this role */
    boolean isUser(String role) {
        return rights.isUser(role);
    }

    /** @return whether a role is known to have a password on the target */
    boolean hasPassword(String role) {
        return there.get(role).verifier() != null;
    }

    /**
     * The roles that need a password: login roles that exist on both sides if the source was asked, except the
     * connecting user, superusers and the roles of the managed service.
     *
     * @param all whether to include roles that have a password
     * @throws Failure if neither side tells which roles have a password
     */
    List<String> lacking(boolean all) {
        if (!known() && source == null) {
            throw Failure.of("user \"%s\" of the target cannot see which roles have a password", facts.user())
                    .hint("use --source, whose roles are meant then, or name roles with --roles");
        }
        Map<String, Roles.Role> before = source == null ? there : source.byName();
        return there.keySet().stream()
                .filter(role -> exclusionReason(role).isEmpty() && before.containsKey(role)
                        && isOrdinaryLogin(before.get(role)))
                .filter(role -> all || (known() ? !hasPassword(role) : !source.readable()))
                // A role without a password on the source needs none on the target.
                .filter(role -> all || source == null || !source.readable() || before.get(role).verifier() != null)
                .toList();
    }

    private boolean isOrdinaryLogin(Roles.Role role) {
        return role.has(Roles.Attribute.LOGIN) && (source == null || service(role.name(), source).isEmpty());
    }

    /** @throws Failure naming all of these roles that cannot be given a password */
    void check(Collection<String> roles) {
        List<String> reasons = new ArrayList<>();
        List<String> remedies = new ArrayList<>();
        for (String role : roles) {
            exclusionReason(role).ifPresent(why -> reasons.add("role \"%s\": %s".formatted(role, why)));
            if (exclusionReason(role).isEmpty() && !rights.mayAlter(role)) {
                reasons.add("role \"%s\": user \"%s\" of the target may not alter it".formatted(role, facts.user()));
                remedies.add((facts.major() < 16 ? "run this as a superuser of the target, or use: "
                        : "GRANT %s TO %s WITH ADMIN OPTION; or use: ".formatted(Sql.ident(role),
                                Sql.ident(facts.user())))
                        + "--leave-out " + ShellScript.quoted(role));
            }
        }
        if (!reasons.isEmpty() && remedies.isEmpty()) {
            remedies.add("leave out what is named there, with --leave-out");
        }
        if (!reasons.isEmpty()) {
            throw Failure
                    .of("%s cannot be given a password",
                            reasons.size() == 1 ? "a role" : reasons.size() + " roles")
                    .detail("%s", Printable.lines(reasons))
                    .hint("%s", Printable.lines(remedies.stream().map(PrintableSql::hint).toList()));
        }
    }

    private Optional<String> exclusionReason(String role) {
        Optional<String> platform = service(role, target);
        if (!exists(role)) {
            return Optional.of("the target has no such role");
        } else if (isUser(role)) {
            return Optional.of("it is the user of this connection");
        } else if (role.startsWith("pg_")) {
            return Optional.of("it is predefined");
        } else if (rights.isBootstrap(role) || there.get(role).has(Roles.Attribute.SUPERUSER)) {
            return Optional.of("it is a superuser");
        } else if (platform.isPresent()) {
            return platform;
        }
        return there.get(role).has(Roles.Attribute.LOGIN) ? Optional.empty() : Optional.of("it cannot log in");
    }

    /** @return why a role is for the managed service to change, if it is */
    private Optional<String> service(String role, Roles all) {
        return RoleRules.of(RoleRules.What.ROLE, role, kind, names(all)).map(RoleRules.Rule::why);
    }

    private static Set<String> names(Roles roles) {
        Set<String> names = roles.roles().stream().map(Roles.Role::name).collect(Collectors.toCollection(TreeSet::new));
        names.add(roles.bootstrap());
        return names;
    }
}
