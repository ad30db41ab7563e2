package lib.talk;

import java.util.UUID;

/**
 * What this run's client programs call themselves on the target: nobody else's sessions have that name, so that those
 * left by a run can be told.
 */
public final class RunName {
    public static final String TEXT = "tsmigrate " + UUID.randomUUID().toString().substring(0, 18);

    private RunName() {
    }
}
