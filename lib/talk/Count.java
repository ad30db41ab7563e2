package lib.talk;

import java.util.Collection;
import java.util.stream.Collectors;

/** Numbers in words: a number with its noun, and how many more there are than are named. */
public final class Count {
    private static final int NAMED = 5;

    private Count() {
    }

    /** @return such as {@code 1 difference} or {@code 3 differences} */
    public static String of(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    /** @return the first five, separated by commas, and how many more there are */
    public static String some(Collection<?> items) {
        return some(items, NAMED);
    }

    /** @return the first ones, separated by commas, and how many more there are */
    public static String some(Collection<?> items, int named) {
        return items.stream().limit(named).map(Object::toString).collect(Collectors.joining(", "))
                + (items.size() > named ? " and " + (items.size() - named) + " more" : "");
    }
}
