//DEPS org.postgresql:postgresql:42.7.14
package lib.talk;

import java.sql.SQLException;

/**
 * Work that changes the target at some point: every failure and every signal says whether it has, and how to go on.
 * Something else may have been changed before, such as when jobs of the source are due; whoever does so says that, and
 * what became of it.
 */
public final class Attempt {
    /** What is done to the target. */
    public interface Work {
        void run() throws SQLException;
    }

    /** Does work that has a result. */
    public interface Question<T> {
        T ask() throws SQLException;
    }

    private static final String RESTART = "run the same command again with --restart: it removes what this run made";
    private static final String RESUME =
            "run the same command again with --resume: it keeps what has arrived; or with --restart: it removes what "
                    + "this run made";
    private static final String REPEAT =
            "run the same command again: it keeps what has arrived; or with --restart: it removes what this run made";
    private static final String AGAIN = "run the same command again: the target is unchanged";

    private final Console console;
    private final String unchanged;
    private final String onward;
    private volatile boolean begun;

    /**
     * @param unchanged what to say of a side that stays as it is in any case, such as {@code the source is unchanged}
     */
    public Attempt(Console console, String unchanged) {
        this(console, unchanged, RESTART);
    }

    private Attempt(Console console, String unchanged, String onward) {
        this.console = console;
        this.unchanged = unchanged;
        this.onward = onward;
    }

    /** @return work that a later run can go on with; {@code unchanged} as above */
    public static Attempt resumable(Console console, String unchanged) {
        return new Attempt(console, unchanged, RESUME);
    }

    /** @return work that the same command goes on with; {@code unchanged} as above */
    public static Attempt repeatable(Console console, String unchanged) {
        return new Attempt(console, unchanged, REPEAT);
    }

    /** From now on the target is changed. */
    public void begin() {
        begun = true;
        console.begin();
    }

    /**
     * Does the work.
     *
     * @throws Failure when nothing was changed; step, when work had begun; differences, when verification found some
     */
    public void run(Work work) {
        ask(() -> {
            work.run();
            return null;
        });
    }

    /** @return what the work returns; throws what {@link #run} throws */
    public <T> T ask(Question<T> work) {
        Cleanup.Task interrupted = Cleanup.onExit(this::interrupted);
        try {
            return work.ask();
        } catch (Failure e) {
            throw explained(e);
        } catch (SQLException e) {
            throw explained(Failure.of("a session could not be ended: %s", e.getMessage()).because(e));
        } finally {
            // The sessions that a signal takes away bring us here before it is the message's turn.
            if (!Cleanup.stopping()) {
                interrupted.cancel();
            }
        }
    }

    private Failure explained(Failure failure) {
        Failure decided = console.decided(failure);
        return decided.exitCode() != Failure.STEP ? decided
                : decided.hint("%s%s", new Printable(
                        failure.hint() == null ? "fix the cause, then " : failure.hint() + "\nthen "),
                        begun ? onward : AGAIN);
    }

    private void interrupted() {
        if (begun) {
            console.warn("interrupted: %s, the target is partly loaded", unchanged);
            console.hint(onward);
        } else {
            console.warn(console.hasBegun() ? "interrupted: the target is unchanged"
                    : "interrupted: nothing was changed");
            console.hint("run the same command again");
        }
    }
}
