package lib.server;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Identifies the database of one side, distinguishing it from one that was dropped and created again under the same
 * name. It has one line of text, which is read back, and holds no password.
 *
 * @param side "source" or "target"
 * @param address user, host, port and database, as {@link lib.dsn.Dsn#display Dsn.display} has them
 * @param oid the database's OID, which another database of that name does not have (PostgreSQL manual, "pg_database")
 * @param server the server's system identifier, by which another server under the same address is known (PostgreSQL
 * manual, "Control Data Functions"); empty where the user may not read it
 */
public record DatabaseIdentity(String side, String address, String oid, Optional<String> server) {
    private static final Pattern LINE =
            Pattern.compile("(source|target): (\\S+) \\(database (\\d+)(?: of server (\\d+))?\\)");

    static DatabaseIdentity of(Server server) {
        try (Session session = server.session()) {
            return of(session, server.side(), server.dsn().display());
        }
    }

    /** @return the identity of a database in one line, which is the same under each of its addresses */
    public static String withoutAddress(Session session) {
        return of(session, session.side(), "").database();
    }

    private static DatabaseIdentity of(Session session, String side, String address) {
        String doing = "asking which database this is";
        String oid = session.text(doing,
                "SELECT oid::text FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()");
        // A separate query, because the server checks the right to execute even functions that it does not come to
        // call.
        boolean readable = session.list(doing,
                "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')",
                row -> row.getBoolean(1)).get(0);
        Optional<String> identifier = readable ? Optional.of(session.text(doing,
                "SELECT system_identifier::text FROM pg_catalog.pg_control_system()")) : Optional.empty();
        return new DatabaseIdentity(side, address, oid, identifier);
    }

    /** @return what {@link #line} has made, or nothing for another text */
    static Optional<DatabaseIdentity> parse(String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? Optional.of(new DatabaseIdentity(matcher.group(1), matcher.group(2), matcher.group(3),
                        Optional.ofNullable(matcher.group(4))))
                : Optional.empty();
    }

    String line() {
        return side + ": " + text();
    }

    /** @return the text without the side, for messages */
    String text() {
        return address + " (" + database() + ")";
    }

    private String database() {
        return "database " + oid + server.map(identifier -> " of server " + identifier).orElse("");
    }

    /** @return whether both are the same database; a system identifier that only one of them has is ignored */
    boolean same(DatabaseIdentity other) {
        return side.equals(other.side) && address.equals(other.address) && oid.equals(other.oid)
                && (server.isEmpty() || other.server.isEmpty() || server.equals(other.server));
    }
}
