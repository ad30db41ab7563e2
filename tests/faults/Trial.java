package faults;

import java.util.List;

/** Something that is tried with a seed. */
interface Trial {
    /** Does all of it; what has gone wrong is in {@link #failures} then. */
    void run();

    /** @return what should not be, or none */
    List<String> failures();

    /** @return how long the last run took that went on, or 0 if there was none */
    double seconds();

    /** @return what happened, in a line */
    String account();
}
