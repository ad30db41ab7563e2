package lib.tools;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import lib.talk.Failure;

/**
 * What PostgreSQL 17's client programs set and older servers do not know: {@code transaction_timeout} (release notes of
 * PostgreSQL 17). pg_restore goes on after that error, but psql with ON_ERROR_STOP and pg_restore with --exit-on-error
 * do not.
 */
public final class NewerSettings {
    public static final int FROM = 17;
    /** pg_dump writes its settings before anything else. */
    private static final int HEAD = 4096;
    private static final String SETTING = "\nSET transaction_timeout = 0;\n";
    /** As long as that, so that nothing moves. */
    private static final String REMARK = "\n-- since PostgreSQL 17:  0  \n";

    private NewerSettings() {
    }

    /** @return whether the programs set what the server does not know */
    public static boolean unknown(int clientMajor, int serverMajor) {
        return clientMajor >= FROM && serverMajor < FROM;
    }

    /** @return whether a plain dump makes the setting */
    public static boolean standIn(Path script) {
        try (RandomAccessFile file = new RandomAccessFile(script.toFile(), "r")) {
            return place(file) >= 0;
        } catch (IOException e) {
            throw Failure.of("could not read \"%s\": %s", script, e.getMessage()).because(e);
        }
    }

    /** Takes the setting out of a plain dump. Its default, which then holds, is the same value. */
    public static void remove(Path script) {
        try (RandomAccessFile file = new RandomAccessFile(script.toFile(), "rw")) {
            int place = place(file);
            if (place >= 0) {
                file.seek(place);
                file.write(REMARK.getBytes(StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            throw Failure.of("could not write \"%s\": %s", script, e.getMessage()).because(e);
        }
    }

    private static int place(RandomAccessFile file) throws IOException {
        byte[] head = new byte[(int) Math.min(HEAD, file.length())];
        file.readFully(head);
        return new String(head, StandardCharsets.ISO_8859_1).indexOf(SETTING);
    }
}
