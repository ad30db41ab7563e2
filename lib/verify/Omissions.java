package lib.verify;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import lib.catalog.Extensions;
import lib.source.LeftBehind;

/**
 * What a completed run has left behind, for its last line: only a run that has left nothing out says that everything
 * arrived.
 */
public final class Omissions {
    private final List<String> parts = new ArrayList<>();

    /** @param leftBehind what was accepted, by whatever name, once a check has passed */
    public Omissions leftBehind(LeftBehind leftBehind) {
        Map<String, Collection<String>> names = new TreeMap<>();
        // Those of the server no dump of a database has, and nobody expects of one.
        leftBehind.all().stream().filter(item -> !item.kind().equals(LeftBehind.SERVER))
                .forEach(item -> names.computeIfAbsent(item.kind(), kind -> new TreeSet<>()).add(item.name()));
        names.forEach((kind, all) -> count(kind, all.size()));
        return this;
    }

    public Omissions extensions(Extensions extensions, Collection<String> accepted) {
        return count("extensions",
                (int) extensions.all().stream().filter(extension -> accepted.contains(extension.name())).count());
    }

    /** @param number of these; none is no part */
    public Omissions count(String what, int number) {
        return part(what + " (" + number + ")", number > 0);
    }

    public Omissions part(String what, boolean left) {
        if (left) {
            parts.add(what);
        }
        return this;
    }

    /** @return the last line of a run that has looked at all that it has moved */
    public String lastLine(String moved) {
        return (parts.isEmpty() ? "everything arrived: " : "everything that was to be moved arrived: ")
                + summary(moved);
    }

    /** @return what was moved, and what was not */
    String summary(String moved) {
        return moved + (parts.isEmpty() ? "" : "; left out: " + String.join(", ", parts));
    }
}
