package lib.passwords;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.dsn.Dsn;
import lib.dsn.PassFile;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ShellScript;

/**
 * The passwords of a file, which may be those of several servers. Foreign content of a pass file is kept: comments, and
 * lines with {@code *}. Its text form is without passwords.
 */
public final class PasswordFile {
    /** How a file is written. */
    public enum Form {
        /** With the columns host, port, database, role and password. */
        CSV,
        /** As libpq reads it (PostgreSQL manual, 34.16). */
        PGPASS;

        /**
         * @param text the name as an option has it
         * @throws Failure usage, when there is no such form
         */
        public static Form of(String text) {
            return Stream.of(values()).filter(form -> form.toString().equals(text)).findFirst()
                    .orElseThrow(() -> Failure.usage("invalid form \"%s\": must be csv or pgpass", text));
        }

        /** @return the name as an option has it */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param entry null for a line that is none */
    private record Line(String text, PasswordEntry entry) {
    }

    private final Form form;
    private final List<Line> lines;

    private PasswordFile(Form form, List<Line> lines) {
        this.form = form;
        this.lines = lines;
    }

    /** @return a file without any password */
    public static PasswordFile empty(Form form) {
        return new PasswordFile(form, List.of());
    }

    /**
     * Reads a file in the form that it has.
     *
     * @throws Failure usage, if it cannot be read, others can read it, or it is malformed
     */
    public static PasswordFile read(Path file) {
        String text = text(file);
        if (PasswordCsv.isOne(text)) {
            return new PasswordFile(Form.CSV,
                    PasswordCsv.read(file, text).stream().map(entry -> new Line(null, entry)).toList());
        }
        return new PasswordFile(Form.PGPASS, text.lines().map(line -> new Line(line, entry(line))).toList());
    }

    private static String text(Path file) {
        try {
            if (!PassFile.isPrivate(file)) {
                throw Failure.usage("\"%s\" has group or world access", file).hint("chmod 600 %s",
                        ShellScript.quoted(file.toString()));
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file))).toString();
        } catch (CharacterCodingException e) {
            throw Failure.usage("\"%s\" is not in UTF-8", file);
        } catch (IOException e) {
            throw Failure.usage("\"%s\" could not be read: %s", file, e.getMessage()).because(e);
        }
    }

    private static PasswordEntry entry(String line) {
        List<String> fields = line.startsWith("#") ? List.of() : PassFile.fields(line);
        return fields.isEmpty() ? null
                : new PasswordEntry(fields.get(0), fields.get(1), fields.get(2), fields.get(3), fields.get(4));
    }

    Form form() {
        return form;
    }

    /** @return the passwords for a database by role, the first one of each, as libpq does it */
    Map<String, String> passwords(Dsn target) {
        return byRole(entries().filter(entry -> entry.role() != null && entry.fits(target)));
    }

    /**
     * @param file the name of this file, for messages
     * @param roles those that need a password in it
     * @return {@link #passwords}, as an operator gives them
     * @throws Failure usage, when there are none, one is empty, or one of the roles has none
     */
    public Map<String, String> given(Path file, Dsn target, Collection<String> roles) {
        Map<String, String> given = passwords(target);
        given.forEach((role, password) -> {
            if (password.isEmpty()) {
                throw Failure.usage("\"%s\" has an empty password for role \"%s\"", file, role);
            }
        });
        if (given.isEmpty()) {
            throw Failure.usage("\"%s\" has no password for %s", file, target)
                    .hint("expected are lines of host:port:database:user:password, or CSV with the header "
                            + "role,password");
        }
        roles.stream().filter(role -> !given.containsKey(role)).findFirst().ifPresent(role -> {
            throw Failure.usage("\"%s\" has no password for role \"%s\"", file, role);
        });
        return given;
    }

    /** @return the passwords by role on lines that name this database and no other */
    Map<String, String> own(Dsn target) {
        return byRole(entries().filter(entry -> entry.names(target)));
    }

    /** @return the passwords that this file has and the other one does not, by role, for whatever database */
    Map<String, String> missingFrom(PasswordFile other) {
        List<PasswordEntry> known = other.entries().toList();
        return byRole(entries().filter(entry -> !known.contains(entry)));
    }

    private static Map<String, String> byRole(Stream<PasswordEntry> entries) {
        return entries.collect(Collectors.toMap(PasswordEntry::role, PasswordEntry::password, (first, second) -> first,
                LinkedHashMap::new));
    }

    private Stream<PasswordEntry> entries() {
        return lines.stream().map(Line::entry).filter(entry -> entry != null);
    }

    /** @return this file with these passwords first, replacing those of the same roles for the same database */
    public PasswordFile with(Dsn target, Map<String, String> passwords) {
        List<Line> all = new ArrayList<>();
        passwords.forEach((role, password) -> all.add(line(PasswordEntry.of(target, role, password))));
        lines.stream().filter(
                line -> line.entry == null || !line.entry.names(target) || !passwords.containsKey(line.entry.role()))
                .forEach(all::add);
        return new PasswordFile(form, all);
    }

    private Line line(PasswordEntry entry) {
        if (form == Form.CSV) {
            return new Line(null, entry);
        }
        List<String> fields =
                Arrays.asList(entry.host(), entry.port(), entry.database(), entry.role(), entry.password());
        if (fields.stream().anyMatch(field -> field.indexOf('\n') >= 0 || field.indexOf('\r') >= 0)) {
            throw Failure.usage(
                    "a pass file can hold no line break, and there is one in role \"%s\", its password or its database",
                    entry.role())
                    .hint("use --format csv");
        }
        return new Line(fields.stream().map(PassFile::escaped).collect(Collectors.joining(":")), entry);
    }

    /** @return what the file holds, passwords too */
    String content() {
        return form == Form.CSV ? PasswordCsv.header() + entries().map(PasswordCsv::line).collect(Collectors.joining())
                : lines.stream().map(line -> line.text + '\n').collect(Collectors.joining());
    }

    /**
     * @return {@link #content} for a terminal, without the last line break
     * @throws Failure when a terminal would not show the name of a role as it is
     */
    public String shown() {
        entries().map(PasswordEntry::role).filter(role -> !Printable.of(role).text().equals(role)).findFirst()
                .ifPresent(role -> {
                    throw Failure.of("role \"%s\" has characters that a terminal would not show", role)
                            .hint("use --out instead of --show");
                });
        return content().stripTrailing();
    }
}
