package lib.passwords;

import java.util.Arrays;
import java.util.Optional;
import lib.talk.Failure;
import lib.talk.Printable;

/** Asks at the terminal for passwords, which are not shown while they are typed. */
public final class PasswordPrompt {
    private static final int ATTEMPTS = 3;

    private PasswordPrompt() {
    }

    /** @throws Failure usage, if there is no terminal */
    public static void check() {
        if (System.console() == null) {
            throw Failure.usage("--prompt needs a terminal").hint("use --from-file, or have the passwords generated");
        }
    }

    /**
     * Asks for the password of a role until both entries match, at most three times.
     *
     * @return nothing if nothing was typed
     */
    public static Optional<String> ask(String role) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            char[] typed = read("New password for role \"%s\" (empty: leave it out): ", Printable.of(role));
            if (typed.length == 0) {
                return Optional.empty();
            }
            // Two different characters that the locale cannot decode would look equal.
            if (new String(typed).indexOf('\uFFFD') >= 0) {
                throw Failure.of(
                        "the password of role \"%s\" has a character that the locale of this terminal does not know",
                        role)
                        .hint("set LC_ALL to a locale with UTF-8");
            }
            if (Arrays.equals(typed, read("Enter it again: "))) {
                return Optional.of(new String(typed));
            }
            System.console().printf("Passwords did not match.%n");
        }
        throw Failure.of("passwords for role \"%s\" did not match", role);
    }

    private static char[] read(String prompt, Object... values) {
        char[] typed = System.console().readPassword(prompt, values);
        if (typed == null) {
            throw Failure.of("no password was typed");
        }
        return typed;
    }
}
