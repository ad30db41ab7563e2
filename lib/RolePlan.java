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

    /** @param owners the roles that own objects of the source's database, which cannot do without them */
    public RolePlan(Roles source, Roles target, Server.Facts facts, Set<String> owners) {
        this.source = source;
        this.existing = target.byName();
        this.facts = facts;
        this.owners = owners;
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
                findings.add(Finding.stop("roles", source.create(role, true).get(0).replaceFirst(" PASSWORD 'SCRAM[^']*'| PASSWORD 'md5[^']*'", "") + ";",
                        "role \"%s\" owns objects, does not exist on the target and cannot be created by \"%s\"", role.name(), facts.user()));
            } else if (!mayCreate()) {
                findings.add(Finding.warning("roles", null, "role \"%s\" cannot be created on the target and is left out", role.name()));
            } else if (lowered(role)) {
                findings.add(Finding.warning("roles", null,
                        "role \"%s\" becomes an ordinary role: only a superuser may give SUPERUSER, REPLICATION or BYPASSRLS", role.name()));
            }
        }
        if (!source.passwords() && !missing().isEmpty()) {
            findings.add(Finding.warning("roles", "ALTER ROLE … PASSWORD …;", "the passwords of the source cannot be read: %d role(s) arrive without",
                    missing().size()));
        }
        if (findings.isEmpty()) {
            findings.add(Finding.ok("roles", "%d to create, %d exist", missing().size(), source.roles().size() - missing().size()));
        }
        return findings;
    }

    /** What applying the plan came to. {@code leftOut} says what the target refused and why; {@code names} the roles that it concerns. */
    public record Outcome(int created, List<String> leftOut, Set<String> names) {
    }

    /** Creates the missing roles, then gives the memberships and settings, all in one transaction. */
    public Outcome apply(Connection target) {
        List<Roles.Role> create = mayCreate() ? missing() : List.of();
        List<String> leftOut = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        Rows.run(target, "target", "creating roles", "BEGIN");
        for (Roles.Role role : create) {
            List<String> statements = source.create(role, !facts.superuser());
            Rows.run(target, "target", "creating role \"" + role.name() + "\"", statements.get(0));
            statements.stream().skip(1).forEach(statement -> attempt(target, statement, role.name(), leftOut, names));
            if (lowered(role)) {
                leftOut.add("role \"" + role.name() + "\" became an ordinary role");
                names.add(role.name());
            }
        }
        Set<String> known = new TreeSet<>(existing.keySet());
        create.forEach(role -> known.add(role.name()));
        for (Roles.Membership membership : source.memberships()) {
            if (known.contains(membership.member()) && (known.contains(membership.role()) || membership.role().startsWith("pg_"))) {
                attempt(target, Roles.grant(membership), membership.member(), leftOut, names);
            }
        }
        Rows.run(target, "target", "creating roles", "COMMIT");
        source.roles().stream().filter(role -> !known.contains(role.name())).forEach(role -> {
            leftOut.add("role \"" + role.name() + "\" was not created");
            names.add(role.name());
        });
        existing.values().stream().filter(role -> source.byName().containsKey(role.name())).forEach(role -> names.add(role.name()));
        return new Outcome(create.size(), leftOut, names);
    }

    /** What only a superuser may do is left out and reported where the user is none; any other error ends the step. */
    private void attempt(Connection target, String sql, String role, List<String> leftOut, Set<String> names) {
        String[] refused = new String[1];
        attempt(target, sql, refused, !facts.superuser());
        if (refused[0] != null) {
            leftOut.add(sql + " (" + refused[0] + ")");
            names.add(role);
        }
    }

    private static void attempt(Connection target, String sql, String[] refused, boolean tolerant) {
        try (Statement statement = target.createStatement()) {
            statement.execute("SAVEPOINT attempt");
            try {
                statement.execute(sql);
            } catch (SQLException e) {
                if (!tolerant || !"42501".equals(e.getSQLState())) {
                    throw e;
                }
                statement.execute("ROLLBACK TO attempt");
                refused[0] = Connecting.words(e);
            }
        } catch (SQLException e) {
            throw Connecting.statement("target", "giving roles their memberships and settings", e);
        }
    }
}
