//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import lib.dsn.SideSockets;
import lib.talk.Failure;

/**
 * Faults that pass, so that the same work may succeed when it is done again. They are told by their SQLSTATE
 * (PostgreSQL manual, appendix A) and never by a text, which depends on the language of the server.
 */
enum TransientFault {
    /**
     * Work has lost its session (class 08 and shutdowns), has lost against the work of others (class 40, 55P03), or was
     * refused memory (class 53): at once it may go better.
     */
    ACCIDENT(Set.of("08000", "08003", "08006", "08007", "40001", "40P01", "53000", "53200", "53400", "55P03", "57P01",
            "57P02")),
    /**
     * The server cannot be reached, starts or stops, has no connection left or no room on its disk: that takes time.
     */
    SHORTAGE(Set.of("08001", "53100", "53300", "57P03"));

    private final Set<String> states;

    TransientFault(Set<String> states) {
        this.states = states;
    }

    /** @return which one the failure of a statement or of a connection is, if it is one */
    static Optional<TransientFault> of(Failure failure) {
        if (!(failure.getCause() instanceof SQLException e) || SideSockets.failure(e) != null) {
            // A server that was given up has had its time.
            return Optional.empty();
        }
        String state = String.valueOf(TerminationMessage.of(e).getSQLState());
        for (TransientFault fault : values()) {
            if (fault.states.contains(state)) {
                return Optional.of(fault);
            }
        }
        return Optional.empty();
    }
}
