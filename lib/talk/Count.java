package lib.talk;

/** A number with its noun, in the singular or the plural. */
public final class Count {
    private Count() {
    }

    /** @return such as {@code 1 difference} or {@code 3 differences} */
    public static String of(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
