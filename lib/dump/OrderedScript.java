package lib.dump;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Archive;
import lib.load.ArchiveScript;
import lib.source.Contents;
import lib.talk.ShellScript;

/**
 * A plain dump with its rows in an order in which psql can load them, made from an archive. pg_dump writes tables by
 * their names, although the functions of one may read another, and all rows before all indexes, although a value of
 * type {@code reg*} may name an index. So the rows of tables that read others follow these; and those of tables that
 * name something come after all else, before what would fire on them or refuse them.
 */
final class OrderedScript {
    /**
     * A line of an archive's table of contents for the rows of a table. All of these stand together: pg_dump has each
     * section by itself.
     */
    private static final String ROWS = "/^[0-9]+; 0 [0-9]+ TABLE DATA /";

    private final Archive archive;
    private final Set<Archive.Address> waiting;
    private final Map<Long, Contents.Table> tables = new HashMap<>();

    OrderedScript(Archive archive, Contents contents) {
        this.archive = archive;
        waiting = new HashSet<>(contents.waiting());
        Stream.concat(contents.orderedTables().stream(), contents.deferredInOrder().stream())
                .forEach(table -> tables.put(table.oid(), table));
    }

    /** @return whether psql would not load what pg_dump writes by itself */
    static boolean wanted(Contents contents) {
        return !contents.orderedTables().isEmpty() || !contents.deferred().isEmpty();
    }

    void write(Path out, boolean noOwner, boolean noPrivileges) {
        List<Archive.Entry> rows = archive.entries().stream().filter(OrderedScript::isRows)
                .sorted(Comparator.comparing(this::turn)).toList();
        List<Archive.Entry> others = archive.entries().stream().filter(Predicate.not(OrderedScript::isRows)).toList();
        int before = (int) archive.entries().stream().takeWhile(Predicate.not(OrderedScript::isRows)).count();
        Predicate<Archive.Entry> last = entry -> waitsForDeferred(entry) || isComment(entry);
        List<Archive.Entry> order = new ArrayList<>();
        others.subList(0, before).stream().filter(last.negate()).forEach(order::add);
        rows.stream().filter(entry -> !isDeferred(entry)).forEach(order::add);
        others.subList(before, others.size()).stream().filter(last.negate()).forEach(order::add);
        rows.stream().filter(this::isDeferred).forEach(order::add);
        others.stream().filter(this::waitsForDeferred).forEach(order::add);
        others.stream().filter(OrderedScript::isComment).forEach(order::add);
        archive.script(out, options(noOwner, noPrivileges), order);
    }

    /**
     * Prints the commands that write the script from an archive that does not exist yet; the archive at hand may hold
     * the schema alone.
     *
     * @param file that archive, as a word of the shell
     */
    void print(ShellScript script, String file, Path out, boolean noOwner, boolean noPrivileges) {
        List<String> waits = archive.entries().stream().filter(this::waitsForDeferred).map(ArchiveScript::key).toList();
        List<String> last = new ArrayList<>(waits);
        boolean comments = archive.entries().stream().anyMatch(OrderedScript::isComment);
        if (comments) {
            last.add(ArchiveScript.COMMENTS);
        }
        script.line("pg_restore --list " + file + " > " + ArchiveScript.CONTENTS);
        select(script, ROWS + ",$d", last, ">");
        select(script, ROWS + "!d", tables.keySet().stream().sorted().map(ArchiveScript::tableDataKey).toList(), ">>");
        inOrder(script, Predicate.not(Contents.Table::deferred));
        select(script, "1," + ROWS + "d", Stream.concat(last.stream(), Stream.of("; 0 [0-9]+ TABLE DATA ")).toList(),
                ">>");
        inOrder(script, Contents.Table::deferred);
        pick(script, waits);
        pick(script, comments ? List.of(ArchiveScript.COMMENTS) : List.of());
        List<String> words = new ArrayList<>(List.of("pg_restore"));
        words.addAll(options(noOwner, noPrivileges));
        words.addAll(List.of("--use-list=" + ArchiveScript.LIST, "--file=" + ShellScript.quoted(out.toString()), file));
        script.line(String.join(" ", words));
    }

    private void inOrder(ShellScript script, Predicate<Contents.Table> which) {
        tables.values().stream().filter(which)
                .collect(Collectors.groupingBy(Contents.Table::turn, TreeMap::new, Collectors.toList())).values()
                .forEach(together -> pick(script,
                        together.stream().map(Contents.Table::oid).sorted().map(ArchiveScript::tableDataKey).toList()));
    }

    private static void pick(ShellScript script, List<String> keys) {
        if (!keys.isEmpty()) {
            script.line(ArchiveScript.keepLines(keys) + " " + ArchiveScript.CONTENTS + " >> " + ArchiveScript.LIST);
        }
    }

    /** No line may be left, which is an error for grep. */
    private static void select(ShellScript script, String first, List<String> without, String into) {
        String more = without.stream().map(key -> " -e '/^[0-9]+" + key + "/d'").collect(Collectors.joining());
        script.line("LC_ALL=C sed -E -e '" + first + "'" + more + " " + ArchiveScript.CONTENTS + " " + into + " "
                + ArchiveScript.LIST);
    }

    private static boolean isRows(Archive.Entry entry) {
        return entry.kind().equals("TABLE DATA");
    }

    private boolean isDeferred(Archive.Entry rows) {
        return tables.containsKey(rows.oid()) && tables.get(rows.oid()).deferred();
    }

    private int turn(Archive.Entry rows) {
        return tables.containsKey(rows.oid()) ? tables.get(rows.oid()).turn() : 0;
    }

    private boolean waitsForDeferred(Archive.Entry entry) {
        return !isRows(entry) && waiting.contains(entry.address());
    }

    private static boolean isComment(Archive.Entry entry) {
        return entry.kind().equals("COMMENT");
    }

    private static List<String> options(boolean noOwner, boolean noPrivileges) {
        return Stream.of(noOwner ? "--no-owner" : "", noPrivileges ? "--no-privileges" : "")
                .filter(option -> !option.isEmpty()).toList();
    }
}
