//DEPS info.picocli:picocli:4.7.7
package lib.aws;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import lib.talk.Failure;
import picocli.CommandLine.Option;

/** The folder in which a command leaves things for the next one. */
public final class WorkFolder {
    @Option(names = "--dir", paramLabel = "DIR", order = 30, defaultValue = "rds-via-ec2",
            description = "folder for state, keys and reports (default: ${DEFAULT-VALUE})")
    private Path path;

    public Path path() {
        return path;
    }

    /** Makes it, of mode 0700, if it is not there. */
    public Path make() {
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectories(path,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            return path;
        } catch (IOException e) {
            throw Failure.usage("could not make the folder \"%s\": %s", path, e.getMessage()).because(e)
                    .hint("name another one with --dir");
        }
    }
}
