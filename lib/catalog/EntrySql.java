package lib.catalog;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.talk.Failure;
import lib.talk.PrivateFile;

/**
 * What pg_restore runs for one entry of an archive, taken from the script that it writes with {@code --verbose}.
 *
 * @param name of the object, with its schema, for messages
 * @param settings statements that must have run before in the same session, such as {@code SET default_tablespace}, or
 * say how its strings are written
 * @param sql the statements, or null where the script is not in UTF-8, so that only pg_restore itself can send its
 * bytes
 * @param needs the identifiers of the entries that must be there before, of the kind that {@link Archive.Entry#id}
 * gives
 * @param owner the statements that give the object to its owner, or nothing
 */
public record EntrySql(Archive.Entry entry, String name, String settings, String sql, List<Integer> needs,
        String owner) {
    private static final Pattern HEADER =
            Pattern.compile("\n--\n-- TOC entry (\\d+) \\(class (\\d+) OID (\\d+)\\)\n((?:-- [^\n]*\n)*)--\n\n");
    private static final Pattern NEEDS = Pattern.compile("(?md)^-- Dependencies:((?: \\d+)+)$");
    private static final Pattern NAME = Pattern.compile("(?md)^-- Name: (.*); Type: .*; Schema: (.*); Owner: ");
    /** What pg_restore writes between two entries, when they differ in it. */
    private static final Pattern SETTING =
            Pattern.compile("(?s)SET (default_tablespace|default_table_access_method) = .*;");

    /**
     * What stands in {@code settings} where a backslash in a string is doubled, as the source's server writes it with
     * standard_conforming_strings=off; the head of the script says so (_doSetFixedOutputState in the source of
     * pg_restore). It must have run before the text with such strings is sent.
     */
    public static final String ESCAPED = "SET escape_string_warning = off; SET standard_conforming_strings = off;";
    private static final String ESCAPED_IN_HEAD = "\nSET standard_conforming_strings = off;\n";

    /** @return this entry with further statements, run in the same transaction */
    public EntrySql thenRun(String statements) {
        return new EntrySql(entry, name, settings, sql, needs, statements);
    }

    /** @return this entry with other statements in place of the archive's */
    public EntrySql running(String statements) {
        return new EntrySql(entry, name, settings, statements, needs, owner);
    }

    /** @return a description of the step for error messages */
    public String description() {
        return switch (entry.kind()) {
            case "FK CONSTRAINT" -> "creating foreign key " + name;
            default -> "creating " + entry.kind().toLowerCase(Locale.ROOT) + " " + name;
        };
    }

    /**
     * @param options of pg_restore, such as the section
     * @return what pg_restore would run, in its order
     */
    public static List<EntrySql> of(Archive archive, List<String> options, Predicate<Archive.Entry> wanted) {
        List<Archive.Entry> chosen = archive.entries().stream().filter(wanted).toList();
        if (chosen.isEmpty()) {
            return List.of();
        }
        List<String> arguments = new ArrayList<>(List.of("--verbose", "--no-owner"));
        arguments.addAll(options);
        Path script = PrivateFile.write("script", "");
        archive.script(script, arguments, chosen);
        try {
            return read(script, chosen);
        } finally {
            PrivateFile.delete(script);
        }
    }

    /**
     * Where a function holds what looks like the beginning of another entry, it is cut in its quoted body, which the
     * server then refuses.
     */
    private static List<EntrySql> read(Path script, Collection<Archive.Entry> entries) {
        try {
            String text = Files.readString(script);
            boolean ascii = text.length() == Files.size(script);
            return split(text, ascii || text.contains("\nSET client_encoding = 'UTF8';\n"), entries);
        } catch (CharacterCodingException e) {
            return unreadable(script, entries);
        } catch (IOException e) {
            throw unread(e);
        }
    }

    /** The dependencies, which can be read even if the text cannot. */
    private static List<EntrySql> unreadable(Path script, Collection<Archive.Entry> entries) {
        try {
            return split(Files.readString(script, StandardCharsets.ISO_8859_1), false, entries);
        } catch (IOException e) {
            throw unread(e);
        }
    }

    private static Failure unread(IOException e) {
        return Failure.of("the schema's script could not be read: %s", e.getMessage()).because(e);
    }

    private static List<EntrySql> split(String text, boolean readable, Collection<Archive.Entry> entries) {
        Map<Integer, Archive.Entry> expected =
                entries.stream().collect(Collectors.toMap(Archive.Entry::id, Function.identity()));
        Map<String, String> settings = new TreeMap<>();
        List<EntrySql> found = new ArrayList<>();
        Matcher header = HEADER.matcher(text);
        if ((header.find() ? text.substring(0, header.start()) : text).contains(ESCAPED_IN_HEAD)) {
            settings.put("standard_conforming_strings", ESCAPED);
        }
        header.reset();
        Archive.Entry open = null;
        String comments = "";
        int start = 0;
        while (header.find()) {
            Archive.Entry next = expected.get(Integer.parseInt(header.group(1)));
            if (next == null || next.catalog() != Long.parseLong(header.group(2))
                    || next.oid() != Long.parseLong(header.group(3))) {
                continue;
            }
            String inForce = String.join(" ", settings.values());
            String body = body(text.substring(start, header.start()), settings);
            if (open != null) {
                found.add(of(open, comments, inForce, readable ? body : null));
            }
            open = expected.remove(next.id());
            comments = header.group(4);
            start = header.end();
        }
        if (open != null) {
            int end = text.lastIndexOf("\n-- Completed on ");
            found.add(of(open, comments, String.join(" ", settings.values()),
                    readable ? text.substring(start, end < start ? text.length() : end).strip() : null));
        }
        return found;
    }

    /** @return the statements before those that set something for the next entry */
    private static String body(String text, Map<String, String> settings) {
        String rest = text.strip();
        Map<String, String> latest = new TreeMap<>();
        while (true) {
            int line = rest.lastIndexOf('\n') + 1;
            Matcher setting = SETTING.matcher(rest.substring(line));
            if (!setting.matches()) {
                settings.putAll(latest);
                return rest;
            }
            latest.putIfAbsent(setting.group(1), setting.group());
            rest = rest.substring(0, line).strip();
        }
    }

    private static EntrySql of(Archive.Entry entry, String comments, String settings, String sql) {
        Matcher needs = NEEDS.matcher(comments);
        Matcher name = NAME.matcher(comments);
        return new EntrySql(entry,
                !name.find() ? entry.tag() : name.group(2).equals("-") ? name.group(1)
                        : name.group(2) + "." + name.group(1),
                settings, sql,
                needs.find() ? List.of(needs.group(1).strip().split(" ")).stream().map(Integer::valueOf).toList()
                        : List.of(),
                "");
    }
}
