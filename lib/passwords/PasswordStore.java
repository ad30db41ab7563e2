package lib.passwords;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import lib.dsn.Dsn;
import lib.talk.Failure;
import lib.talk.OutputFile;

/**
 * The file of passwords, kept over several runs. It holds the passwords that are set on the server. Those about to be
 * set are in a second file beside it, {@code FILE.pending}, which replaces it once the server has confirmed them, so
 * that no password is lost or listed too early, however a run ends.
 */
public final class PasswordStore {
    private final Path path;
    private final Path pendingPath;
    private final Dsn target;
    private final PasswordFile file;
    private final Map<String, String> pending;

    private PasswordStore(Path path, Path pendingPath, Dsn target, PasswordFile file, Map<String, String> pending) {
        this.path = path;
        this.pendingPath = pendingPath;
        this.target = target;
        this.file = file;
        this.pending = pending;
    }

    /**
     * Reads the files.
     *
     * @param form of a new file; one that exists must have it
     * @throws Failure usage, if a file there is another's or cannot be written; refused, if an interrupted run for
     * another database must end first
     */
    public static PasswordStore open(Path path, PasswordFile.Form form, Dsn target) {
        new OutputFile(path, true).check();
        Path pendingPath = path.resolveSibling(path.getFileName() + ".pending");
        PasswordFile file = read(path, form);
        PasswordFile interrupted = Files.exists(pendingPath) ? read(pendingPath, form) : file;
        Map<String, String> pending = new LinkedHashMap<>(interrupted.own(target));
        pending.entrySet().removeAll(file.own(target).entrySet());
        if (!interrupted.missingFrom(file).equals(pending)) {
            throw Failure
                    .of("\"%s\" holds passwords of an interrupted run for another database than %s", pendingPath,
                            target)
                    .hint("run the same command for that database first");
        }
        return new PasswordStore(path, pendingPath, target, file, pending);
    }

    private static PasswordFile read(Path path, PasswordFile.Form form) {
        PasswordFile file = isEmpty(path) ? PasswordFile.empty(form) : PasswordFile.read(path);
        if (file.form() != form) {
            throw Failure.usage("\"%s\" exists and is not in the form %s", path, form)
                    .hint("name another file, or its form with --format");
        }
        return file;
    }

    private static boolean isEmpty(Path path) {
        try {
            return !Files.exists(path) || Files.size(path) == 0;
        } catch (IOException e) {
            throw Failure.usage("\"%s\" could not be read: %s", path, e.getMessage()).because(e);
        }
    }

    /** @return the passwords that are set there, by role */
    Map<String, String> held() {
        return file.own(target);
    }

    /** @return the passwords that an interrupted run may have set or not, by role */
    Map<String, String> pending() {
        return pending;
    }

    /** @return the file of the passwords that are about to be set */
    Path pendingPath() {
        return pendingPath;
    }

    /** Writes down passwords that are about to be set. */
    void prepare(Map<String, String> passwords) {
        new OutputFile(pendingPath, true).write(file.with(target, passwords).content());
    }

    /** Records that they are set. */
    void complete() {
        try {
            Files.move(pendingPath, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw Failure.of("could not rename \"%s\": %s", pendingPath, e.getMessage()).because(e)
                    .hint("the passwords in it are set: rename it to \"%s\"", path);
        }
    }

    /** Records that they are not set, and keeps those that an interrupted run may have set. */
    void withdraw() {
        if (!pending.isEmpty()) {
            prepare(pending);
            return;
        }
        try {
            Files.deleteIfExists(pendingPath);
        } catch (IOException e) {
            throw Failure.of("could not remove \"%s\": %s", pendingPath, e.getMessage()).because(e)
                    .hint("remove it: nothing in it is set");
        }
    }
}
