package lib.dsn;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import lib.talk.Failure;
import lib.talk.PrivateFile;

/**
 * Password files as libpq reads them (PostgreSQL manual, 34.16): lines of {@code host:port:database:user:password},
 * where the first four may be {@code *} and {@code \} escapes {@code :} and itself.
 */
public final class PassFile {
    private static final int FIELDS_TO_MATCH = 4;
    private static final Set<PosixFilePermission> PRIVATE =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    private PassFile() {
    }

    /**
     * The password for all hosts: libpq looks up one for each, and the driver takes one.
     *
     * @param side the side and its address, for a message
     * @return null if nothing fits
     */
    static String password(Path file, List<ServerAddress> servers, String database, String user, String side,
            List<String> warnings) {
        List<String> found = new ArrayList<>();
        for (ServerAddress server : servers) {
            found.add(password(file, server.name(), server.port(), database, user, warnings));
        }
        if (new HashSet<>(found).size() > 1) {
            throw Failure
                    .usage("the password file \"%s\" does not give the same password for all hosts of the %s",
                            file, side)
                    .hint("give each host the same line, or name one host only");
        }
        return found.get(0) == null || found.get(0).isEmpty() ? null : found.get(0);
    }

    /**
     * The password of the first line that fits.
     *
     * @param file may be missing
     * @param warnings is told, as libpq tells the user, when the file is ignored because others can read it or it is no
     * file
     * @return null if nothing fits
     */
    static String password(Path file, String host, int port, String database, String user,
            List<String> warnings) {
        if (!Files.exists(file)) {
            return null;
        }
        String ignored = whyIgnored(file);
        if (ignored != null) {
            String warning = "password file \"" + file + "\" " + ignored;
            if (!warnings.contains(warning)) {
                warnings.add(warning);
            }
            return null;
        }
        try (Stream<String> lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines()) {
            return lines.filter(line -> !line.startsWith("#"))
                    .map(line -> passwordIn(line, host, String.valueOf(port), database, user))
                    .filter(password -> password != null).findFirst().orElse(null);
        } catch (IOException e) {
            warnings.add("password file \"" + file + "\" could not be read");
            return null;
        }
    }

    private static String whyIgnored(Path file) {
        if (!Files.isRegularFile(file)) {
            return "is not a plain file";
        }
        try {
            return isPrivate(file) ? null
                    : "has group or world access and is ignored; permissions should be u=rw (0600) or less";
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
    }

    /** @return whether only its owner can access a file */
    public static boolean isPrivate(Path file) throws IOException {
        return PRIVATE.containsAll(Files.getPosixFilePermissions(file));
    }

    private static String passwordIn(String line, String... wanted) {
        String rest = line;
        for (int i = 0; i < FIELDS_TO_MATCH && rest != null; i++) {
            rest = rest.startsWith("*:") ? rest.substring(2) : afterField(rest, wanted[i]);
        }
        return rest == null ? null : unescaped(rest, endOfField(rest));
    }

    /** @return the five fields of a line, null where it has {@code *}; nothing if it has fewer */
    public static List<String> fields(String line) {
        List<String> fields = new ArrayList<>();
        String rest = line;
        for (int i = 0; i < FIELDS_TO_MATCH; i++) {
            int end = endOfField(rest);
            if (end == rest.length()) {
                return List.of();
            }
            fields.add(rest.startsWith("*:") ? null : unescaped(rest, end));
            rest = rest.substring(end + 1);
        }
        fields.add(unescaped(rest, endOfField(rest)));
        return fields;
    }

    /** @return a field, escaped for a line */
    public static String escaped(String field) {
        return field.equals("*") ? "\\*" : field.replace("\\", "\\\\").replace(":", "\\:");
    }

    /** @return what follows a field of this value, or null */
    private static String afterField(String line, String value) {
        int end = endOfField(line);
        return end < line.length() && unescaped(line, end).equals(value) ? line.substring(end + 1) : null;
    }

    private static int endOfField(String line) {
        int at = 0;
        while (at < line.length() && line.charAt(at) != ':') {
            at += line.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(at, line.length());
    }

    private static String unescaped(String line, int end) {
        return line.substring(0, end).replaceAll("(?s)\\\\(.)", "$1");
    }

    /**
     * Writes a password file for a client tool, which only this user can read and which goes when the command ends.
     *
     * @param password null for a file without any, which keeps the tool from reading another
     */
    static Path write(String side, String password) {
        if (password == null) {
            return PrivateFile.write("pgpass", "");
        }
        if (password.indexOf('\n') >= 0 || password.indexOf('\r') >= 0) {
            throw Failure.usage("the password for the %s contains a line break, which no password file can hold", side)
                    .hint("give the user another password for the migration");
        }
        return PrivateFile.write("pgpass", "*:*:*:*:" + escaped(password) + "\n");
    }
}
