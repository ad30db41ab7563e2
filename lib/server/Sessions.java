package lib.server;

/**
 * Where sessions on one side come from: the server itself, or one snapshot of it. All of them pin the same settings.
 */
public interface Sessions {
    /** @return a new session; close it */
    Session session();

    /** @return {@code source} or {@code target} */
    String side();
}
