package lib.passwords;

import java.util.Arrays;
import java.util.Optional;
import lib.talk.Failure;
import lib.talk.Shown;

/** Asks at the terminal for passwords, which are not shown while they are typed. */
public final class PasswordPrompt {
    private static final int ATTEMPTS = 3;

    private PasswordPrompt() {
    }

    /** @throws Failure usage, if nobody sits there */
    public static void check() {
        if (System.console() == null) {
            throw Failure.usage("--prompt needs a terminal").hint("use --from-file, or have the passwords generated");
        }
    }

    /**
     * Asks for the password of a role until it was typed twice alike, three times at most.
     *
     * @return nothing if none was typed
     */
    public static Optional<String> ask(String role) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            char[] typed = read("New password for role \"%s\" (none: leave it out): ", Shown.of(role));
            if (typed.length == 0) {
                return Optional.empty();
            }
            // What the locale cannot read looks the same each time.
            if (new String(typed).indexOf('\uFFFD') >= 0) {
                throw Failure.refused(
                        "the password of role \"%s\" has a character that the locale of this terminal does not know",
                        role)
                        .hint("set LC_ALL to a locale with UTF-8");
            }
            if (Arrays.equals(typed, read("The same again: "))) {
                return Optional.of(new String(typed));
            }
            System.console().printf("They differ.%n");
        }
        throw Failure.refused("the password of role \"%s\" was not typed twice alike", role);
    }

    private static char[] read(String prompt, Object... values) {
        char[] typed = System.console().readPassword(prompt, values);
        if (typed == null) {
            throw Failure.refused("no password was typed");
        }
        return typed;
    }
}
