package lib.talk;

/**
 * How a command ends when it cannot go on: one line saying what is wrong, an optional detail, the next command to run,
 * and the exit code. Whoever finds something wrong does not choose between 1 and 3: that is decided by whether the
 * command had begun to change something ({@link Console#begin}). The message names the side, quotes values and never
 * holds a secret; {@link Console} prints it the way psql prints its own errors. Values are made fit to be shown (see
 * {@link Printable}), in a hint so that SQL in them still means the same.
 */
public final class Failure extends RuntimeException {
    /** Everything arrived. */
    public static final int OK = 0;
    /** A step failed after work had begun. */
    public static final int STEP = 1;
    /** Wrong usage, as far as it can be found without connecting. */
    public static final int USAGE = 2;
    /** Refused before anything was changed. */
    public static final int REFUSED = 3;
    /** Verification found differences. */
    public static final int DIFFERENCES = 4;

    /** Another machine's help, which may be of use later; what sysexits.h calls a temporary failure. */
    public static final int AGAIN = 75;

    private static final long serialVersionUID = 1;

    private int exitCode;
    private String detail;
    private String hint;

    private Failure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public static Failure usage(String format, Object... values) {
        return new Failure(USAGE, Printable.format(format, values));
    }

    /**
     * Whatever else: the exit code is that of a refusal, until {@link Console#decided} knows that work had begun.
     *
     * @param format the message
     */
    public static Failure of(String format, Object... values) {
        return new Failure(REFUSED, Printable.format(format, values));
    }

    public static Failure differences(String format, Object... values) {
        return new Failure(DIFFERENCES, Printable.format(format, values));
    }

    /** What a launcher that starts the same command again may see succeed, whatever was done before. */
    public static Failure again(String format, Object... values) {
        return new Failure(AGAIN, Printable.format(format, values));
    }

    /** Adds a detail, such as the message of the server; several lines are given as {@link Printable#lines}. */
    public Failure detail(String format, Object... values) {
        detail = Printable.format(format, values);
        return this;
    }

    /** What to run or change next. */
    public Failure hint(String format, Object... values) {
        hint = PrintableSql.hint(format, values);
        return this;
    }

    /** @return this, of a step that had begun */
    Failure asStep() {
        exitCode = STEP;
        return this;
    }

    /** Keeps the cause for {@code -v}; it is never printed otherwise. */
    public Failure because(Throwable cause) {
        initCause(cause);
        return this;
    }

    public int exitCode() {
        return exitCode;
    }

    /** @return what went wrong, in a line; the driver's own account of a server's error goes over several */
    public static Printable why(Throwable e) {
        return e instanceof Failure ? new Printable(e.getMessage())
                : Printable.of(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }

    /** @return the detail as it is shown, or null */
    public String detail() {
        return detail;
    }

    /** @return the hint as it is shown, or null */
    public String hint() {
        return hint;
    }
}
