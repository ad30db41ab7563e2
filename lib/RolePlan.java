//SOURCES Connecting.java Finding.java Roles.java Rows.java Server.java Sql.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which of the source's roles the target lacks, and what the target's user may do about it. A role that exists is kept as it is. */
public final class RolePlan {
    private final Roles source;
    private final Map<String, Roles.Role> existing;
    private final Server.Facts facts;
    private final Set<String> owners;
    private final Set<String> unreachable;

    /**
     * @param owners the roles that own objects of the source's database, which cannot do without them
     * @param session a session on the target
     */
    public RolePlan(Roles source, Roles target, Server.Facts facts, Set<String> owners, Connection session) {
        this.source = source;
        this.existing = target.byName();
        this.facts = facts;
        this.owners = owners;
        this.unreachable = new TreeSet<>(owners);
        unreachable.removeAll(facts.superuser() ? Rows.texts(session, "target", "listing the roles", "SELECT rolname FROM pg_catalog.pg_roles")
                : Rows.texts(session, "target", "listing the roles in reach", """
                        SELECT r.rolname FROM pg_catalog.pg_roles r
                         WHERE NOT r.rolsuper AND (pg_catalog.pg_has_role(r.oid, 'USAGE') OR pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION') OR %s)"""
                        .formatted(facts.major() < 16 && facts.createRole())));
        if (mayCreate()) {
            missing().forEach(role -> unreachable.remove(role.name()));
        }
    }

    /** @return the roles to create */
    public List<Roles.Role> missing() {
        return source.roles().stream().filter(role -> !existing.containsKey(role.name()) && !role.name().equals(facts.user())).toList();
    }

    private boolean mayCreate() {
        return facts.superuser() || facts.createRole();
    }

    private boolean lowered(Roles.Role role) {
        return role.superuser() && !facts.superuser();
    }

    /** @return what preflight has to say about the roles */
    public List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        for (Roles.Role role : source.roles()) {
            Roles.Role there = existing.get(role.name());
            if (there != null && !there.attributes().equals(role.attributes())) {
                findings.add(Finding.warning("roles", "ALTER ROLE " + Sql.ident(role.name()) + " WITH " + role.attributes() + ";",
                        "role \"%s\" exists on the target with other attributes and is kept as it is", role.name()));
            }
        }
        for (Roles.Role role : missing()) {
            if (!mayCreate() && owners.contains(role.name())) {
                unreachable.remove(role.name());
                findings.add(Finding.stop("roles", source.create(role, true).get(0).replaceFirst(" PASSWORD 'SCRAM[^']*'| PASSWORD 'md5[^']*'", "") + ";",
                        "role \"%s\" owns objects, does not exist on the target and cannot be created by \"%s\"", role.name(), facts.user()));
            } else if (!mayCreate()) {
                findings.add(Finding.warning("roles", null, "role \"%s\" cannot be created on the target and is left out", role.name()));
            } else if (lowered(role)) {
                findings.add(Finding.warning("roles", null,
                        "role \"%s\" becomes an ordinary role: only a superuser may give SUPERUSER, REPLICATION or BYPASSRLS", role.name()));
            }
        }
        findings.addAll(owners());
        if (!source.passwords() && !missing().isEmpty()) {
            findings.add(Finding.warning("roles", "ALTER ROLE … PASSWORD …;", "the passwords of the source cannot be read: %d role(s) arrive without",
                    missing().size()));
        }
        if (findings.isEmpty()) {
            findings.add(Finding.ok("roles", "%d to create, %d exist", missing().size(), source.roles().size() - missing().size()));
        }
        return findings;
    }

    /** Whoever is no superuser gives objects only to roles that they are, or can become, a member of. */
    private List<Finding> owners() {
        List<Finding> findings = new ArrayList<>();
        for (String owner : unreachable) {
            boolean superuser = existing.containsKey(owner) ? existing.get(owner).attributes().startsWith("SUPERUSER") : true;
            findings.add(superuser
                    ? Finding.warning("roles", null, "what role \"%s\" owns on the source will belong to \"%s\"", owner, facts.user())
                    : Finding.stop("roles", "GRANT " + Sql.ident(owner) + " TO " + Sql.ident(facts.user()) + ";",
                            "role \"%s\" owns objects, and \"%s\" is no member of it on the target", owner, facts.user()));
        }
        return findings;
    }

    /** @return the owners whose objects will belong to the connecting user */
    public Set<String> unreachable() {
        return unreachable;
    }

    /** @return the roles that {@link #check} has said will differ: kept with other attributes, lowered, or not created */
    public Set<String> announced() {
        Set<String> names = new TreeSet<>();
        for (Roles.Role role : source.roles()) {
            Roles.Role there = existing.get(role.name());
            if (there != null ? !there.attributes().equals(role.attributes()) : !mayCreate() || lowered(role)) {
                names.add(role.name());
            }
        }
        return names;
    }

    /** What applying the plan came to; {@code leftOut} says what the target refused and why. */
    public record Outcome(int created, List<String> leftOut) {
    }

    /** Creates the missing roles, then gives the memberships and settings, all in one transaction. */
    public Outcome apply(Connection target) {
        List<Roles.Role> create = mayCreate() ? missing() : List.of();
        List<String> leftOut = new ArrayList<>();
        Rows.run(target, "target", "creating roles", "BEGIN");
        for (Roles.Role role : create) {
            List<String> statements = source.create(role, !facts.superuser());
            Rows.run(target, "target", "creating role \"" + role.name() + "\"", statements.get(0));
            statements.stream().skip(1).forEach(statement -> attempt(target, statement, leftOut));
            if (lowered(role)) {
                leftOut.add("role \"" + role.name() + "\" became an ordinary role");
            }
        }
        Set<String> known = new TreeSet<>(existing.keySet());
        create.forEach(role -> known.add(role.name()));
        for (Roles.Membership membership : source.memberships()) {
            if (known.contains(membership.member()) && (known.contains(membership.role()) || membership.role().startsWith("pg_"))) {
                attempt(target, Roles.grant(membership), leftOut);
            }
        }
        Rows.run(target, "target", "creating roles", "COMMIT");
        source.roles().stream().filter(role -> !known.contains(role.name())).forEach(
                role -> leftOut.add("role \"" + role.name() + "\" was not created"));
        return new Outcome(create.size(), leftOut);
    }

    /** What only a superuser may do is left out and reported where the user is none; any other error ends the step. */
    private void attempt(Connection target, String sql, List<String> leftOut) {
        try (Statement statement = target.createStatement()) {
            statement.execute("SAVEPOINT attempt");
            try {
                statement.execute(sql);
            } catch (SQLException e) {
                if (facts.superuser() || !"42501".equals(e.getSQLState())) {
                    throw e;
                }
                statement.execute("ROLLBACK TO attempt");
                leftOut.add(sql + " (" + Connecting.words(e) + ")");
            }
        } catch (SQLException e) {
            throw Connecting.statement("target", "giving roles their memberships and settings", e);
        }
    }
}
