package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import testbed.Run;
import testbed.TrixieRoot;

/**
 * The pgcopydb to compare with: the installed one, else that of the Debian root folder, run from outside by the root's
 * own loader.
 */
final class Pgcopydb {
    private static final String WRAPPER = """
            #!/bin/sh
            for loader in '%1$s'/usr/lib/*/ld-linux-*.so.*; do :; done
            exec "$loader" --library-path "${loader%%/*}" '%1$s/usr/bin/pgcopydb' "$@"
            """;

    private static Optional<Path> folder;

    private Pgcopydb() {
    }

    /** @return what to put on PATH for it; nothing if it is there already or cannot be had */
    static synchronized Optional<Path> folder() {
        if (folder == null) {
            folder = isOnPath() || !TrixieRoot.available() ? Optional.empty() : Optional.of(wrapper());
        }
        return folder;
    }

    /** @return why there is none, if so */
    static Optional<String> unavailable() {
        return isOnPath() ? Optional.empty() : TrixieRoot.unavailable();
    }

    private static boolean isOnPath() {
        return Run.of(List.of("sh", "-c", "command -v pgcopydb")).code() == 0;
    }

    private static Path wrapper() {
        try {
            Path made = Files.createTempDirectory("tsmigrate-bench-");
            Path file = Files.writeString(made.resolve("pgcopydb"), WRAPPER.formatted(TrixieRoot.folder()));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            made.toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
