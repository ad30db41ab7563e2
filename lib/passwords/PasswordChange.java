//DEPS org.postgresql:postgresql:42.7.14
package lib.passwords;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.server.Session;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Sql;
import org.postgresql.util.PasswordUtil;

/**
 * Sets the passwords of roles, all of them or none. The server and its log see only verifiers, computed here, which
 * nobody can log in with (RFC 5802); a server stores such a one as it is, whatever its password_encryption says
 * (PostgreSQL manual, CREATE ROLE).
 */
public final class PasswordChange {
    private static final int SALT = 16;
    /** The default of scram_iterations, and what servers before 16 have, which do not know it. */
    private static final int ITERATIONS = 4096;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Session session;
    private final Map<String, String> passwords;
    private final List<String> statements = new ArrayList<>();

    /** @param passwords by role */
    public PasswordChange(Session session, Map<String, String> passwords) {
        this.session = session;
        this.passwords = passwords;
        String asked = session.text("asking for scram_iterations",
                "SELECT pg_catalog.current_setting('scram_iterations', true)");
        int iterations = asked == null ? ITERATIONS : Integer.parseInt(asked);
        passwords.forEach((role, password) -> statements.add("ALTER ROLE " + Sql.ident(role) + " PASSWORD "
                + Sql.literal(verifier(role, password, iterations))));
    }

    private static String verifier(String role, String password, int iterations) {
        byte[] salt = new byte[SALT];
        RANDOM.nextBytes(salt);
        try {
            return PasswordUtil.encodeScramSha256(password.toCharArray(), iterations, salt);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            // The driver finds nothing left of it after SASLprep (RFC 4013). Not the cause: it may quote the password.
            throw Failure.of("the password of role \"%s\" is empty once normalized (SASLprep)", role);
        }
    }

    /**
     * Sets the passwords.
     *
     * @param store where they are kept, or null
     * @param console is told when work begins
     * @throws Failure if the server did not confirm it; the store keeps the passwords, which may have been set
     */
    public void run(PasswordStore store, Console console) {
        if (store != null) {
            store.prepare(passwords);
        }
        try {
            session.run("giving passwords", "BEGIN");
            console.begin();
            int next = 0;
            for (String role : passwords.keySet()) {
                session.run("giving role \"" + role + "\" a password", statements.get(next++));
            }
        } catch (Failure e) {
            if (store != null && !Cleanup.stopping()) {
                store.withdraw();
            }
            throw e;
        }
        commit(store);
        if (store != null) {
            store.complete();
        }
    }

    private void commit(PasswordStore store) {
        try {
            session.run("giving passwords", "COMMIT");
        } catch (Failure e) {
            throw e.hint("whether they are set is not known: %s", store == null ? "give them again with --overwrite"
                    : "run the same command again, it sets those of \"" + store.pendingPath() + "\"");
        }
    }
}
