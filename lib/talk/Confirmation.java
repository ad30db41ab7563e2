//DEPS info.picocli:picocli:4.7.7
package lib.talk;

import java.util.Locale;
import picocli.CommandLine.Option;

/** The question before something is done that costs money or removes things. */
public final class Confirmation {
    @Option(names = {"-y", "--yes"}, order = 32, description = "do not ask whether to go ahead")
    private boolean yes;

    /**
     * Asks at the terminal, unless the answer was given.
     *
     * @throws Failure usage, when there is no terminal; refused, when the answer is no
     */
    public void ask(String question) {
        if (yes) {
            return;
        }
        if (System.console() == null) {
            throw Failure.usage("there is no terminal to confirm this at: %s", question)
                    .hint("confirm with --yes, or see with --dry-run what would be done");
        }
        String answer = System.console().readLine("%s [y/N] ", Printable.of(question));
        if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).startsWith("y")) {
            throw Failure.of("not confirmed; nothing was changed");
        }
    }
}
