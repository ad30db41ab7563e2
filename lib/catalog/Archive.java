package lib.catalog;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.dsn.Dsn;
import lib.talk.Failure;
import lib.talk.PrivateFile;
import lib.tools.RefusedStatement;
import lib.tools.Tool;

/**
 * An archive of pg_dump, the schema alone or a whole dump, and the parts of it that are restored one after another.
 * Options of foreign servers and user mappings are in it in clear, so that its file is private.
 */
public final class Archive {
    /**
     * What pg_depend calls an object by.
     *
     * @param catalog the identifier of the system catalog
     */
    public record Address(long catalog, long oid) {
    }

    /**
     * One line of the table of contents: {@code dumpId; catalog oid DESC namespace tag owner} (pg_restore manual,
     * {@code --list}).
     *
     * @param catalog the identifier of the system catalog that holds the object, 0 for comments and privileges
     * @param tag namespace, name and owner, as written
     * @param subject what the entry is about: itself, or for a comment or privilege the object, which stands right
     * before it (pg_dump writes each with its object, and no other list of them names it)
     */
    public record Entry(long catalog, long oid, String kind, String tag, String line, Address subject) {
        /** @return what other entries of the archive call this one by (pg_restore manual, {@code --use-list}) */
        public int id() {
            return Integer.parseInt(line.substring(0, line.indexOf(';')));
        }

        /** @return what identifies the object; comments, privileges and rows have none */
        public Address address() {
            return new Address(catalog, oid);
        }

        /**
         * @return whether this is the object itself, a comment on it or a privilege for it, when its kind is named such
         * as EXTENSION
         */
        public boolean concerns(String wanted) {
            return kind.equals(wanted) || isAbout() && tag.startsWith("- " + wanted + " ");
        }

        private boolean isAbout() {
            return isAbout(kind);
        }

        private static boolean isAbout(String kind) {
            return kind.equals("COMMENT") || kind.equals("ACL") || kind.equals("SECURITY LABEL");
        }
    }

    /**
     * What every pg_dump of ours is told: what cannot be carried or is our own is not asked for, and somebody who waits
     * for a stronger lock waits for our snapshot, so that we must not wait for them in turn.
     */
    public static final List<String> ALWAYS =
            List.of("--no-security-labels", "--no-subscriptions", "--lock-wait-timeout=5s",
                    "--exclude-schema=" + Selection.OWN_SCHEMA);

    private static final Set<String> RELATIONS =
            Set.of("TABLE", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE");
    private static final Pattern LINE = Pattern.compile("(?s)\\d+; (\\d+) (\\d+) (.*)");
    /** Kinds of more than one word, because namespace and name follow without a separator. */
    private static final List<String> LONG_KINDS =
            List.of("ACCESS METHOD", "BLOB METADATA", "CHECK CONSTRAINT", "DATABASE PROPERTIES", "DEFAULT ACL",
                    "EVENT TRIGGER", "FK CONSTRAINT", "FOREIGN DATA WRAPPER", "FOREIGN SERVER", "FOREIGN TABLE",
                    "INDEX ATTACH", "MATERIALIZED VIEW",
                    "MATERIALIZED VIEW DATA", "OPERATOR CLASS", "OPERATOR FAMILY", "PROCEDURAL LANGUAGE",
                    "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA", "ROW SECURITY",
                    "SECURITY LABEL", "SEQUENCE OWNED BY", "SEQUENCE SET", "SHELL TYPE", "STATISTICS DATA",
                    "SUBSCRIPTION TABLE", "TABLE ATTACH",
                    "TABLE DATA", "TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY", "TEXT SEARCH PARSER",
                    "TEXT SEARCH TEMPLATE", "USER MAPPING");

    private final Tool tool;
    private final Dsn target;
    private final Path file;
    private final List<Entry> entries;

    private Archive(Tool tool, Dsn target, Path file, List<Entry> entries) {
        this.tool = tool;
        this.target = target;
        this.file = file;
        this.entries = entries;
    }

    /**
     * Dumps the schema of the source into a file that goes when the command ends.
     *
     * @param snapshot the snapshot that everything else reads too
     * @param filters pg_dump's own filter arguments
     */
    public static Archive dump(Tool tool, Dsn source, String snapshot, List<String> filters) {
        Path file = PrivateFile.write("schema", "");
        List<String> arguments = new ArrayList<>(
                List.of("--format=custom", "--schema-only", "--snapshot=" + snapshot, "--file=" + file));
        arguments.addAll(ALWAYS);
        arguments.addAll(filters);
        tool.connected("pg_dump", source, arguments);
        return open(tool, file);
    }

    /**
     * Reads the table of contents of an archive, a file or a folder.
     *
     * @throws Failure when pg_restore cannot read it
     */
    public static Archive open(Tool tool, Path file) {
        List<Entry> entries = new ArrayList<>();
        Address before = new Address(0, 0);
        for (String line : tool.local("pg_restore", List.of("--list", file.toString()))) {
            Matcher parts = LINE.matcher(line);
            if (parts.matches()) {
                entries.add(entry(line, new Address(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2))),
                        parts.group(3), before));
                before = entries.get(entries.size() - 1).subject;
            }
        }
        return new Archive(tool, null, file, entries);
    }

    private static Entry entry(String line, Address own, String rest, Address before) {
        String kind = LONG_KINDS.stream().filter(known -> rest.startsWith(known + " "))
                .max(Comparator.comparingInt(String::length))
                .orElse(rest.substring(0, rest.indexOf(' ')));
        return new Entry(own.catalog, own.oid, kind, rest.substring(kind.length() + 1), line,
                Entry.isAbout(kind) ? before : own);
    }

    /** @return the same archive, to be restored into this database */
    public Archive into(Dsn database) {
        return new Archive(tool, database, file, entries);
    }

    /** @return the table of contents, in the order of the archive */
    public List<Entry> entries() {
        return entries;
    }

    /** @return how many tables, views and sequences the archive holds */
    public long relations() {
        return entries.stream().filter(entry -> RELATIONS.contains(entry.kind)).count();
    }

    /** @return the identifiers of the objects of one system catalog that the archive holds */
    public Set<Long> objects(long catalog) {
        Set<Long> objects = new HashSet<>();
        for (Entry entry : entries) {
            if (entry.catalog == catalog) {
                objects.add(entry.oid);
            }
        }
        return objects;
    }

    /**
     * Restores the chosen entries of one section as the connecting user, without owners and privileges; those are given
     * afterwards.
     *
     * @param section {@code pre-data}, {@code data} or {@code post-data}
     * @param workers how many sessions work at once; 1 keeps the order of the archive
     * @param options further options of pg_restore
     */
    public void restore(String section, int workers, List<String> options, Predicate<Entry> wanted) {
        List<String> arguments = new ArrayList<>(List.of("--section=" + section, "--no-owner", "--no-privileges"));
        arguments.addAll(options);
        if (workers > 1) {
            arguments.add("--jobs=" + workers);
        }
        restore(arguments, wanted);
    }

    /** Restores these entries, of whatever section, one after another. */
    public void restore(List<String> options, List<Entry> chosen) {
        List<String> arguments = new ArrayList<>(List.of("--no-owner", "--no-privileges"));
        arguments.addAll(options);
        restore(arguments, Set.copyOf(chosen)::contains);
    }

    /** @return the chosen entries as the script that pg_restore would run, line by line */
    public List<String> text(Predicate<Entry> wanted) {
        StringBuilder list = new StringBuilder();
        entries.stream().filter(wanted).forEach(entry -> list.append(entry.line).append('\n'));
        return tool.local("pg_restore", List.of("--data-only", "--file=-",
                "--use-list=" + PrivateFile.write("list", list.toString()), file.toString()));
    }

    /** Hands on the script that pg_restore would run for the rows of these entries, which come in this order. */
    public void rows(List<Entry> chosen, Tool.Sink sink) {
        Path list = list(chosen);
        try {
            tool.stream("pg_restore", List.of("--data-only", "--file=-", "--use-list=" + list, file.toString()), sink);
        } finally {
            PrivateFile.delete(list);
        }
    }

    /** @return the first bytes of the script that pg_restore would run for the rows of the chosen entries */
    public byte[] beginning(Predicate<Entry> wanted, int bytes) {
        return tool.beginning("pg_restore",
                chosen(List.of("--data-only", "--file=-"), entries.stream().filter(wanted).toList()), bytes);
    }

    /**
     * Grants what the archive grants: the privileges of objects and the default privileges, as far as the target
     * permits.
     *
     * @param rewrite changes the statements, which come as pg_restore writes them, one character for each byte
     * @return what the target refused
     */
    public List<RefusedStatement> grant(Predicate<Entry> wanted, UnaryOperator<String> rewrite) {
        List<Entry> grants = entries.stream().filter(wanted.and(Archive::isGrant)).toList();
        if (grants.isEmpty()) {
            return List.of();
        }
        Path file = PrivateFile.write("grants", "");
        script(file, List.of("--no-owner"), grants);
        try {
            String script = rewrite.apply(Files.readString(file, StandardCharsets.ISO_8859_1));
            Files.writeString(file, script, StandardCharsets.ISO_8859_1);
            return RefusedStatement.run(tool, target, file, script);
        } catch (IOException e) {
            throw Failure.of("the privileges could not be prepared: %s", e.getMessage()).because(e);
        }
    }

    private static boolean isGrant(Entry entry) {
        return entry.kind.equals("ACL") || entry.kind.equals("DEFAULT ACL");
    }

    /**
     * Creates the comments. They are in no section by themselves: pg_restore takes them to be in that of the entry
     * before, which need not be the one before in the archive once only some are wanted.
     */
    public void comment(Predicate<Entry> wanted) {
        restore(List.of("--no-owner", "--no-privileges"), entry -> entry.kind.equals("COMMENT") && wanted.test(entry));
    }

    /**
     * Writes the archive as a script for psql.
     *
     * @param options further options of pg_restore
     * @param order the entries in the order of the script; privileges, materialized views and event triggers come last
     * in any case
     */
    public void script(Path out, List<String> options, List<Entry> order) {
        List<String> arguments = new ArrayList<>(options);
        arguments.add("--file=" + out);
        tool.local("pg_restore", chosen(arguments, order));
    }

    private void restore(List<String> options, Predicate<Entry> wanted) {
        List<Entry> chosen = entries.stream().filter(wanted).toList();
        if (!chosen.isEmpty()) {
            tool.connected("pg_restore", target, chosen(options, chosen));
        }
    }

    private List<String> chosen(List<String> options, List<Entry> chosen) {
        List<String> arguments = new ArrayList<>(options);
        arguments.add("--use-list=" + list(chosen));
        arguments.add(file.toString());
        return arguments;
    }

    private static Path list(List<Entry> chosen) {
        return PrivateFile.write("list",
                chosen.stream().map(entry -> entry.line + "\n").collect(Collectors.joining()));
    }
}
