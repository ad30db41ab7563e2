//SOURCES Archive.java ArchiveScript.java Contents.java ShellScript.java
package lib;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

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
        Predicate<Archive.Entry> rows = entry -> entry.kind().equals("TABLE DATA") && late.contains(entry.oid());
        List<Archive.Entry> order = new ArrayList<>();
        List.of(rows.or(this::waits).or(LateScript::isComment).negate(), rows, this::waits, LateScript::isComment)
                .forEach(part -> archive.entries().stream().filter(part).forEach(order::add));
        archive.script(out, options(noOwner, noPrivileges), order);
    }

    /**
     * Prints what does the same with an archive that is yet to be made; ours may be one of the schema alone.
     *
     * @param file that archive, as a word of the shell
     */
    void print(ShellScript script, String file, Path out, boolean noOwner, boolean noPrivileges) {
        List<List<String>> parts = new ArrayList<>(List.of(late.stream().sorted().map(ArchiveScript::rowsOf).toList(),
                archive.entries().stream().filter(this::waits).map(ArchiveScript::key).toList()));
        if (archive.entries().stream().anyMatch(LateScript::isComment)) {
            parts.add(List.of(ArchiveScript.COMMENTS));
        }
        parts.removeIf(List::isEmpty);
        script.line("pg_restore --list " + file + " > " + ArchiveScript.CONTENTS);
        script.line(ArchiveScript.without(parts.stream().flatMap(List::stream).toList()) + " " + ArchiveScript.CONTENTS + " > " + ArchiveScript.LIST);
        parts.forEach(part -> script.line(ArchiveScript.picking(part) + " " + ArchiveScript.CONTENTS + " >> " + ArchiveScript.LIST));
        List<String> words = new ArrayList<>(List.of("pg_restore"));
        words.addAll(options(noOwner, noPrivileges));
        words.addAll(List.of("--use-list=" + ArchiveScript.LIST, "--file=" + ShellScript.quoted(out.toString()), file));
        script.line(String.join(" ", words));
    }

    private boolean waits(Archive.Entry entry) {
        return !entry.kind().equals("TABLE DATA") && waiting.contains(entry.address());
    }

    private static boolean isComment(Archive.Entry entry) {
        return entry.kind().equals("COMMENT");
    }

    private static List<String> options(boolean noOwner, boolean noPrivileges) {
        return Stream.of(noOwner ? "--no-owner" : "", noPrivileges ? "--no-privileges" : "").filter(option -> !option.isEmpty()).toList();
    }
}
