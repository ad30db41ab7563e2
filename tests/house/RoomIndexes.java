package house;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import testbed.SourceFile;

/**
 * What JBang reads to find the files of a command: the {@code //SOURCES} of the scripts and of the indexes of the
 * rooms. JBang walks all ways from index to index: round a cycle, or with each arrow in them, it builds for minutes. So
 * {@code make check} reads them before a test lets JBang build.
 */
final class RoomIndexes {
    private static final String INDEX = "package-info";

    private static final List<SourceFile> LIB = SourceFile.below("lib");
    private static final List<SourceFile> SCRIPTS = SourceFile.below("scripts");
    private static final Map<String, SourceFile> INDEXES = new TreeMap<>(
            LIB.stream().filter(file -> file.name().equals(INDEX))
                    .collect(Collectors.toMap(RoomIndexes::room, f -> f)));

    private RoomIndexes() {
    }

    /** Says what is wrong, and ends with 1 if something is. */
    public static void main(String... arguments) {
        List<String> broken = broken();
        broken.forEach(each -> System.err.println("make: error: " + each));
        if (!broken.isEmpty()) {
            System.err.println("make: hint: mend the //SOURCES lines, and run the same make again");
            System.exit(1);
        }
    }

    /** @return what is wrong with the indexes, each in one line */
    static List<String> broken() {
        List<String> broken = new ArrayList<>();
        LIB.stream().map(RoomIndexes::room).distinct().filter(room -> !INDEXES.containsKey(room))
                .forEach(room -> broken.add("lib/" + room + " has no " + INDEX + ".java"));
        INDEXES.values().forEach(index -> named(index).stream().filter(room -> !INDEXES.containsKey(room))
                .forEach(room -> broken.add(index + " names " + room + ", which is no room")));
        SCRIPTS.forEach(script -> named(script).stream().filter(room -> !INDEXES.containsKey(room))
                .forEach(room -> broken.add(script + " names " + room + ", which is no room")));
        if (!broken.isEmpty()) {
            return broken;
        }
        INDEXES.forEach((room, index) -> named(index).stream().filter(next -> reachable(Set.of(next)).contains(room))
                .forEach(next -> broken.add(index + " names " + next + ", which leads back to " + room)));
        if (!broken.isEmpty()) {
            return broken;
        }
        broken.addAll(wrongFiles());
        INDEXES.forEach((room, index) -> broken.addAll(wrongRooms(index,
                LIB.stream().filter(file -> room(file).equals(room)).flatMap(file -> imports(file).stream())
                        .collect(Collectors.toSet()))));
        SCRIPTS.forEach(script -> {
            Set<String> used = imports(script);
            // What another script brings need not be named again.
            SCRIPTS.stream().filter(other -> script.directive("//SOURCES").contains(other.name() + ".java"))
                    .forEach(other -> used.removeAll(reachable(named(other))));
            broken.addAll(wrongRooms(script, used));
        });
        return broken;
    }

    /**
     * An index names the files of its room, and nothing else names sources: from a catalog on the web JBang can neither
     * list a folder nor follow a pattern.
     */
    private static List<String> wrongFiles() {
        List<String> broken = new ArrayList<>();
        INDEXES.forEach((room, index) -> {
            Set<String> files = LIB.stream().filter(file -> room(file).equals(room) && !file.name().equals(INDEX))
                    .map(file -> file.name() + ".java")
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> named = index.directive("//SOURCES").stream().filter(source -> !source.contains("/"))
                    .collect(Collectors.toCollection(TreeSet::new));
            difference(files, named).forEach(file -> broken.add(index + " does not name " + file));
            difference(named, files).forEach(file -> broken.add(index + " names " + file + ", which is not there"));
        });
        LIB.stream().filter(file -> !file.name().equals(INDEX) && !file.directive("//SOURCES").isEmpty())
                .forEach(file -> broken.add(file + " names sources"));
        return broken;
    }

    /** An index and a script name the rooms that are used, but none that another one brings. */
    private static List<String> wrongRooms(SourceFile file, Set<String> used) {
        List<String> broken = new ArrayList<>();
        Set<String> named = named(file);
        difference(used, reachable(named))
                .forEach(room -> broken.add(file + " does not reach " + room + ", which is used"));
        named.stream().filter(room -> reachable(difference(named, Set.of(room))).contains(room))
                .forEach(room -> broken.add(file + " names " + room + ", which another room brings"));
        difference(named, used).forEach(room -> broken.add(file + " names " + room + ", which is not used"));
        return broken;
    }

    static SourceFile index(String room) {
        return INDEXES.get(room);
    }

    private static String room(SourceFile file) {
        return file.path().getParent().getFileName().toString();
    }

    /** @return the rooms of other packages that a file imports from */
    private static Set<String> imports(SourceFile file) {
        return Pattern.compile("(?m)^import (?:static )?lib\\.(\\w+)\\.").matcher(file.code()).results()
                .map(found -> found.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    /** @return the rooms that a file's sources name */
    private static Set<String> named(SourceFile file) {
        return file.directive("//SOURCES").stream().filter(source -> source.endsWith("/" + INDEX + ".java"))
                .map(source -> Path.of(source).getParent().getFileName().toString())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @return these rooms, and those that their indexes name, and so on */
    private static Set<String> reachable(Collection<String> rooms) {
        Set<String> seen = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>(rooms);
        while (!open.isEmpty()) {
            String next = open.pop();
            if (seen.add(next)) {
                open.addAll(named(INDEXES.get(next)));
            }
        }
        return seen;
    }

    private static Set<String> difference(Set<String> all, Set<String> without) {
        return all.stream().filter(name -> !without.contains(name)).collect(Collectors.toCollection(TreeSet::new));
    }
}
