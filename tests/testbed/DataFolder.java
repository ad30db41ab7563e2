package testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Makes data folders. initdb takes a second, so it runs once for each set of programs and options, and servers start
 * from a copy.
 */
final class DataFolder {
    /** The password of the superuser on every server of this JVM, where they share the initial data folder. */
    static final String PASSWORD = random();

    private record Kind(ServerBinaries binaries, List<String> options, String superuser) {
    }

    private static final Map<Kind, Path> TEMPLATES = new HashMap<>();
    private static final List<String> USUAL = List.of("--encoding=UTF8", "--locale=C.UTF-8");
    private static final List<String> WITHOUT_C_UTF8 = List.of("--encoding=UTF8", "--locale=C");

    private DataFolder() {
    }

    /**
     * Fills {@code folder/data}. An empty list of options stands for UTF-8 in locale C.UTF-8, or C where that is not
     * known.
     */
    static synchronized void fill(Path folder, ServerBinaries binaries, List<String> options, String superuser)
            throws IOException {
        Kind kind = new Kind(binaries, options, superuser);
        Path template = TEMPLATES.get(kind);
        if (template == null) {
            template = binaries.newFolder();
            Watchdog.over(template, List.of());
            if (!options.isEmpty()) {
                initdb(template, kind, options).orFail();
            } else if (initdb(template, kind, USUAL).code() != 0) {
                initdb(template, kind, WITHOUT_C_UTF8).orFail();
            }
            TEMPLATES.put(kind, template);
        }
        Run.output(binaries.command("/bin/cp", "-Rp", binaries.inside(template.resolve("data")),
                binaries.inside(folder.resolve("data"))));
    }

    private static Run initdb(Path folder, Kind kind, List<String> options) throws IOException {
        ServerBinaries binaries = kind.binaries;
        Path secret = binaries.account().own(Files.createTempFile(folder, "password", ""));
        Files.writeString(secret, PASSWORD);
        List<String> arguments = new ArrayList<>(
                List.of("-D", binaries.inside(folder.resolve("data")), "-U", kind.superuser, "--no-sync",
                        "--auth=scram-sha-256", "--pwfile=" + binaries.inside(secret)));
        arguments.addAll(options);
        Run run = Run.of(binaries.command("initdb", arguments.toArray(String[]::new)));
        Files.delete(secret);
        return run;
    }

    private static String random() {
        byte[] bytes = new byte[12];
        new SecureRandom().nextBytes(bytes);
        // The characters that a URI, a pass file or a shell would trip over belong in every test.
        return HexFormat.of().formatHex(bytes) + "/:@% '\\";
    }
}
