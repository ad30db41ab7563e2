//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Cleanup.java Connecting.java Console.java OwnedObjects.java Ownership.java Rows.java Server.java Sql.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The memberships that let a user who is no superuser read what others own on the target, for as long as this is open. They are taken back
 * however the command ends, but for {@code kill -9}.
 */
public final class JoinedOwners implements AutoCloseable {
    private final Cleanup.Task leaving;

    private JoinedOwners(Cleanup.Task leaving) {
        this.leaving = leaving;
    }

    /**
     * Becomes a member of every owner of objects that the user may join, and is none of.
     *
     * @param console hears which memberships could not be taken back
     */
    public static JoinedOwners of(Server target, Console console) {
        try (Connection session = target.session()) {
            List<String> owners = OwnedObjects.list(session, "target").stream().map(OwnedObjects.Owned::owner).distinct().toList();
            List<String> roles = target.facts().superuser() ? List.of() : Ownership.joinable(session, target.facts(), owners, List.of()).stream()
                    .filter(Predicate.not(granted(session, target.facts().major())::contains)).toList();
            Cleanup.Task leaving = Cleanup.puttingBack(() -> leave(target, roles), reason -> left(target, roles, console, reason));
            roles.forEach(role -> Rows.run(session, "target", "becoming a member of role \"" + role + "\"", Ownership.joining(role, target.facts().major())));
            return new JoinedOwners(leaving);
        } catch (SQLException e) {
            throw Connecting.statement("target", "ending the session", e);
        }
    }

    /** @return the roles whose membership would be taken from the user with what is taken back, for it is there already and gives no rights */
    private static Set<String> granted(Connection session, int major) {
        return Set.copyOf(Rows.texts(session, "target", "asking for memberships", """
                SELECT r.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid JOIN pg_catalog.pg_roles u ON u.oid = m.member
                 WHERE u.rolname = current_user""" + (major >= 16 ? " AND m.grantor = m.member" : "")));
    }

    private static void leave(Server target, List<String> roles) {
        if (roles.isEmpty()) {
            return;
        }
        try (Connection session = target.sessionToPutBack()) {
            roles.forEach(role -> Rows.run(session, "target", "leaving role \"" + role + "\"", "REVOKE " + Sql.ident(role) + " FROM CURRENT_USER"));
        } catch (SQLException e) {
            // The session is gone, and had done its work.
        }
    }

    private static void left(Server target, List<String> roles, Console console, String reason) {
        console.warn("user \"%s\" may still be a member of owners on the target: %s", target.facts().user(), reason);
        console.hint("REVOKE %s FROM %s;", String.join(", ", roles.stream().map(Sql::ident).toList()), Sql.ident(target.facts().user()));
    }

    @Override
    public void close() {
        leaving.close();
    }
}
