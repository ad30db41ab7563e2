//SOURCES Archive.java Contents.java
package lib;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A plain dump that psql can load although a value of type {@code reg*} names an index: pg_dump writes all rows before all indexes, so the
 * script is made from an archive, in another order. First everything but the rows of such tables, then these, then what would fire on them
 * or refuse them.
 */
final class LateScript {
    private final Archive archive;
    private final Set<Archive.Address> waiting;
    private final Set<Long> late;

    LateScript(Archive archive, Contents contents) {
        this.archive = archive;
        waiting = new HashSet<>(contents.waiting());
        late = contents.late();
    }

    void write(Path out, boolean noOwner, boolean noPrivileges) {
        List<String> options = new ArrayList<>();
        if (noOwner) {
            options.add("--no-owner");
        }
        if (noPrivileges) {
            options.add("--no-privileges");
        }
        Predicate<Archive.Entry> rows = entry -> entry.kind().equals("TABLE DATA") && late.contains(entry.oid());
        Predicate<Archive.Entry> waits = entry -> !entry.kind().equals("TABLE DATA") && waiting.contains(entry.address());
        Predicate<Archive.Entry> comment = entry -> entry.kind().equals("COMMENT");
        List<Archive.Entry> order = new ArrayList<>();
        List.of(rows.or(waits).or(comment).negate(), rows, waits, comment)
                .forEach(part -> archive.entries().stream().filter(part).forEach(order::add));
        archive.script(out, options, order);
    }
}
