package lib.talk;

import java.util.UUID;

/**
 * The application_name of this run's client programs on the target. No other session has it, so sessions left by a run
 * can be recognized.
 */
public final class RunName {
    public static final String TEXT = "tsmigrate " + UUID.randomUUID().toString().substring(0, 18);

    private RunName() {
    }
}
