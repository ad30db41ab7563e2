package lib.passwords;

import java.security.SecureRandom;
import lib.talk.Failure;

/** Generates random passwords: each character is drawn from an alphabet with equal probability. */
public final class PasswordGenerator {
    /** Letters and digits without those that are easily confused: I, l, 1 and O, o, 0. */
    public static final String READABLE = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

    private static final int SHORTEST = 12;
    /** The prompt of psql before version 14 truncates longer ones (simple_prompt in its source). */
    private static final int LONGEST = 99;
    private static final int FEWEST = 10;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final int length;
    private final int[] alphabet;

    /**
     * @param length in characters, 12 to 99
     * @param alphabet at least ten different visible ASCII characters; duplicates count once
     * @throws Failure usage, naming the option
     */
    public PasswordGenerator(int length, String alphabet) {
        if (length < SHORTEST || length > LONGEST) {
            throw Failure.usage("--length must be %d to %d, got %d", SHORTEST, LONGEST, length);
        }
        // Other characters can have two encodings, which SCRAM treats as equal (RFC 4013).
        if (alphabet.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw Failure.usage("--alphabet may hold visible ASCII characters only");
        }
        this.length = length;
        this.alphabet = alphabet.chars().distinct().toArray();
        if (this.alphabet.length < FEWEST) {
            throw Failure.usage("--alphabet must hold %d different characters at least, got %d", FEWEST,
                    this.alphabet.length);
        }
    }

    /** @return a new password */
    String next() {
        StringBuilder password = new StringBuilder();
        RANDOM.ints(length, 0, alphabet.length).forEach(place -> password.append((char) alphabet[place]));
        return password.toString();
    }
}
