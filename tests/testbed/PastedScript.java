package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What an operator does with the output of {@code --dry-run}: runs it with {@code sh}, as a file. */
public final class PastedScript {
    private PastedScript() {
    }

    /** Runs a script, with SOURCE and TARGET and whatever else in its environment. */
    public static Run run(CommandRun printed, Map<String, String> environment) {
        if (printed.code() != 0) {
            throw new IllegalStateException(printed.err());
        }
        try {
            Path script = Files.writeString(Files.createTempFile("tsmigrate-pasted-", ".sh"), printed.out());
            script.toFile().deleteOnExit();
            return Run.of(List.of("sh", script.toString()), environment, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a script between two databases, given by connection string; it must succeed. */
    public static Run between(CommandRun printed, String source, String target) {
        return run(printed, Map.of("SOURCE", source, "TARGET", target)).orFail();
    }
}
