package lib.talk;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The one file that a command produces, readable by this user only. It appears under its name when it is complete.
 *
 * @param overwrite whether a file of that name may be replaced
 */
public record OutputFile(Path path, boolean overwrite) {
    /**
     * The file of an option such as {@code --out}, {@link #check checked}.
     *
     * @param path null where the option is not given
     * @return null where the option is not given
     */
    public static OutputFile of(Path path, boolean overwrite) {
        if (path == null) {
            return null;
        }
        OutputFile file = new OutputFile(path, overwrite);
        file.check();
        return file;
    }

    /**
     * Checks before the work whether the file can be written after it.
     *
     * @throws Failure usage, when the file exists already or its folder cannot be written to
     */
    public void check() {
        if (Files.isDirectory(path)) {
            throw Failure.usage("\"%s\" is a folder", path).hint("name a file");
        }
        if (Files.exists(path) && !overwrite) {
            throw Failure.usage("\"%s\" exists already", path).hint("name another file or use --overwrite");
        }
        if (!Files.isWritable(path.toAbsolutePath().getParent())) {
            throw Failure.usage("\"%s\" cannot be written: there is no such folder, or you may not write to it", path)
                    .hint("name a file in a folder that you can write to");
        }
    }

    /**
     * Writes the file, in UTF-8 and of mode 0600.
     *
     * @throws Failure when it cannot be written, or when a file of that name has been created since {@link #check}
     */
    public void write(String content) {
        Path unfinished = path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid());
        try {
            Files.createFile(unfinished,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                Files.writeString(unfinished, content);
                if (overwrite) {
                    Files.move(unfinished, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
                } else {
                    moveToNewName(unfinished);
                }
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (FileAlreadyExistsException e) {
            throw Failure.of("\"%s\" is not written: a file of that name has appeared meanwhile", path).because(e)
                    .hint("name another file or use --overwrite");
        } catch (IOException e) {
            throw Failure.of("could not write \"%s\": %s", path, e.getMessage()).because(e);
        }
    }

    /**
     * Writes the summary of a run, which has been printed too. How the run has ended does not depend on this file, so
     * that a failure is only a warning.
     */
    public void writeSummary(String summary, Console console) {
        try {
            write(summary);
            console.say("the summary is in %s", path);
        } catch (Failure e) {
            console.warn("%s", e.getMessage());
            console.hint("the summary is also printed above, on standard output");
        }
    }

    /** A rename replaces an existing file; a hard link does not (POSIX, rename and link). */
    private void moveToNewName(Path unfinished) throws IOException {
        try {
            Files.createLink(path, unfinished);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            // A file system without hard links; this asks and renames in two steps.
            Files.move(unfinished, path);
        }
    }
}
