package lib.server;

import java.sql.Connection;

/**
 * Where sessions on one side come from: the server itself, or one snapshot of it. All of them pin the same settings.
 */
public interface Sessions {
    /** @return a new session; close it */
    Connection session();

    /** @return {@code source} or {@code target} */
    String side();
}
