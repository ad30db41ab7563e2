//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;

/** The ways in which a database can be moved, each of which brings the same. */
public final class Ways {
    private Ways() {
    }

    /**
     * Moves a database, which must succeed.
     *
     * @param source the connection string
     * @param way "" to stream rows, a format of files to go through them, "restore" or "restore plain" for a dump by
     * itself, "script", "script via files" or "script via plain files" for what is printed
     * @param restore the class of the command that restores, such as {@code RestoreTimescale}
     * @param folder for the files
     */
    public static void arrive(String source, String target, String way, String restore, Path folder) {
        String format = way.contains("plain") ? "plain" : way.startsWith("script") ? "custom"
                : way.startsWith("restore") ? "directory" : way;
        String[] files = {"--via-files", "--dir", folder.toString(), "--format", format};
        switch (way) {
            case "" -> succeeds(CommandRun.migrate(source, target, "--verify", "checksums"));
            case "restore", "restore plain" -> {
                Path dump = folder.resolve("dump");
                succeeds(Dumps.dump(source, dump, "--format", format));
                succeeds(CommandRun.of(restore, Map.of("TARGET", target), dump.toString()));
            }
            case "script" -> PastedScript.between(CommandRun.migrate(source, target, "--dry-run"), source, target);
            case "script via files", "script via plain files" -> PastedScript.between(
                    CommandRun.migrate(source, target, "--dry-run", files[0], files[1], files[2], files[3], files[4]),
                    source, target);
            default -> succeeds(CommandRun.migrate(source, target, files));
        }
    }

    private static void succeeds(CommandRun run) {
        assertEquals(0, run.code(), run.err() + run.out());
    }
}
