//DEPS org.postgresql:postgresql:42.7.14
package lib.roles;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.server.JournalTables;
import lib.server.Server;
import lib.server.Session;
import lib.server.SqlFailures;

/** Creates roles on the target, and gives all roles their comments, settings, memberships and grants on parameters. */
final class RoleCreation {
    /**
     * What was done.
     *
     * @param created how many roles
     * @param refused the statements that the target refused, each with the reason
     */
    record Result(int created, List<String> refused) {
    }

    private final RoleTranslation translation;
    private final List<Roles.Role> roles;
    private final RoleTarget target;
    private final Server.Facts facts;

    /** @param roles those to create, as the target may have them */
    RoleCreation(RoleTranslation translation, List<Roles.Role> roles, Server.Facts facts) {
        this.translation = translation;
        this.roles = roles;
        this.target = translation.target();
        this.facts = facts;
    }

    /** @return the roles to create */
    List<Roles.Role> roles() {
        return roles;
    }

    /**
     * Does all of it in one transaction, which writes it down in the journal of the run. What an interrupted run has
     * given, by the same journal, is given anew.
     *
     * @param corrections what makes the roles that it has created like the source's
     */
    Result apply(Session session, List<String> corrections) {
        List<String> refused = new ArrayList<>();
        session.run("creating roles", "BEGIN");
        RoleRecord.takingBack(session, true).forEach(statement -> attempt(session, statement, refused));
        session.run("creating roles", "DELETE FROM " + JournalTables.GIVEN.sql());
        RoleRecord record = RoleRecord.begin(session);
        // A role's name has no encoding of its own: another database of the server, with another encoding, may show it
        // differently.
        Set<String> there = Set
                .copyOf(session.texts("listing the roles", "SELECT rolname FROM pg_catalog.pg_roles"));
        List<Roles.Role> create = roles.stream().filter(role -> !there.contains(role.name())).toList();
        create.forEach(role -> session.run("creating role \"" + role + "\"",
                RoleStatements.create(role, target.givable())));
        corrections.forEach(statement -> attempt(session, statement, refused));
        Set<String> created = create.stream().map(Roles.Role::name).collect(Collectors.toSet());
        statements(name -> created.contains(name) || there.contains(name) || target.exists(name))
                .forEach(statement -> attempt(session, statement, refused));
        record.write(created);
        session.run("creating roles", "COMMIT");
        return new Result(create.size(), refused);
    }

    /** @return the statements of {@link #apply}, without the passwords */
    List<String> statements() {
        Set<String> created = roles.stream().map(Roles.Role::name).collect(Collectors.toSet());
        List<String> statements =
                roles.stream().map(role -> RoleStatements.create(role.withoutPassword(), target.givable()))
                        .collect(Collectors.toCollection(ArrayList::new));
        statements.addAll(statements(name -> created.contains(name) || target.exists(name)));
        return statements;
    }

    private List<String> statements(Predicate<String> known) {
        List<String> statements = new ArrayList<>();
        translation.commented().stream().filter(role -> known.test(role.name()))
                .forEach(role -> statements.addAll(RoleStatements.comment(role)));
        translation.settings(false).stream().filter(setting -> known.test(setting.role()))
                .forEach(setting -> statements.add(RoleStatements.set(setting)));
        translation.memberships().stream()
                .filter(membership -> known.test(membership.role()) && known.test(membership.member()))
                .forEach(membership -> statements.add(RoleStatements.grant(membership, facts.major())));
        translation.parameterGrants().stream().filter(grant -> grant.role() == null || known.test(grant.role()))
                .forEach(grant -> statements.add(RoleStatements.grant(grant)));
        return statements;
    }

    /** What a user who is not a superuser may not do is left out and reported; any other error ends the step. */
    private void attempt(Session session, String sql, List<String> refused) {
        try (Statement statement = session.createStatement()) {
            statement.execute("SAVEPOINT attempt");
            try {
                statement.execute(sql);
            } catch (SQLException e) {
                if (facts.superuser() || !"42501".equals(e.getSQLState())) {
                    throw e;
                }
                statement.execute("ROLLBACK TO attempt");
                refused.add(sql + " (" + SqlFailures.message(e) + ")");
            }
        } catch (SQLException e) {
            throw session.failure("giving roles their memberships and settings", e);
        }
    }
}
