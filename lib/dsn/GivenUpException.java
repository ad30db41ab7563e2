package lib.dsn;

import java.io.IOException;

/** Thrown to what waits on a socket of a server, or on a connection, that was given up. */
final class GivenUpException extends IOException {
    private static final long serialVersionUID = 1;

    GivenUpException(String message, Throwable cause) {
        super(message, cause);
    }
}
