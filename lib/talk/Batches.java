package lib.talk;

import java.util.ArrayList;
import java.util.List;

/** Cuts a list into batches, each for one round trip. */
public final class Batches {
    private Batches() {
    }

    /**
     * @param size of each batch but the last one, at least 1
     * @return views of the list, in its order; none for an empty list
     */
    public static <T> List<List<T>> of(List<T> list, int size) {
        List<List<T>> batches = new ArrayList<>();
        for (int i = 0; i < list.size(); i += size) {
            batches.add(list.subList(i, Math.min(list.size(), i + size)));
        }
        return batches;
    }
}
