//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Cleanup.java OwnedObjects.java Ownership.java Rows.java Server.java Sql.java
package lib;

import java.sql.Connection;
import java.util.List;

/**
 * The memberships that let a user who is no superuser read what others own on the target, for as long as this is open. They are taken back
 * however the command ends, but for {@code kill -9}.
 */
public final class JoinedOwners implements AutoCloseable {
    private final Cleanup.Task leaving;

    private JoinedOwners(Cleanup.Task leaving) {
        this.leaving = leaving;
    }

    /** Becomes a member of every owner of objects that the user may join, and is none of. */
    public static JoinedOwners of(Server target) {
        Connection session = target.session();
        List<String> owners = OwnedObjects.list(session, "target").stream().map(OwnedObjects.Owned::owner).distinct().toList();
        List<String> roles = target.facts().superuser() ? List.of() : Ownership.joinable(session, target.facts(), owners, List.of());
        Cleanup.Task leaving = Cleanup.onExit(() -> {
            roles.forEach(role -> Rows.run(session, "target", "leaving role \"" + role + "\"", "REVOKE " + Sql.ident(role) + " FROM CURRENT_USER"));
            Server.close(session);
        });
        roles.forEach(role -> Rows.run(session, "target", "becoming a member of role \"" + role + "\"", Ownership.joining(role, target.facts().major())));
        return new JoinedOwners(leaving);
    }

    @Override
    public void close() {
        leaving.close();
    }
}
