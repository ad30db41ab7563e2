//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Locales that only some servers see, in a folder of their own (glibc manual, "Locale Names": LOCPATH). */
public final class Locales {
    private final Path folder;

    private Locales(Path folder) {
        this.folder = folder;
    }

    /** None yet, in a folder that servers can enter. */
    public static Locales in(Path parent, String name) throws IOException {
        Path folder = Files.createDirectory(parent.resolve(name));
        for (Path open : List.of(parent, folder)) {
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return new Locales(folder);
    }

    /** Adds one, such as de_DE of ISO-8859-1; a test is skipped where that cannot be. */
    public Locales with(String name, String charset, String as) {
        Run localedef = Run.of(List.of("sh", "-c", "localedef -f \"$0\" -i \"$1\" \"$2\"", charset, name,
                folder.resolve(as).toString()));
        Assumptions.assumeTrue(localedef.code() == 0, "localedef makes no locale here: " + localedef.err());
        return this;
    }

    /** A server to be, of the installed version, that sees these and no others of the system. */
    public PgServer.Plan plan() throws IOException {
        Path real = ClientBinaries.bin(ClientBinaries.clientMajor());
        Path bin = Files.createDirectory(folder.resolveSibling(folder.getFileName() + "-bin"));
        Files.setPosixFilePermissions(bin, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String program : List.of("initdb", "pg_ctl", "postgres")) {
            Assumptions.assumeTrue(Files.isExecutable(real.resolve(program)), "no server beside the clients");
            script(bin.resolve(program), "LOCPATH='" + folder + "' PATH='" + bin + "':\"$PATH\" exec '"
                    + real.resolve(program) + "' \"$@\"");
        }
        // The server asks the system's program, which lists what stands in the system's own folder only.
        script(bin.resolve("locale"), "printf '%s\\n' C C.utf8 POSIX; ls '" + folder + "'");
        return PgServer.plan(new ServerBinaries(ClientBinaries.clientMajor(), bin, Path.of("/")));
    }

    private static void script(Path file, String command) throws IOException {
        Files.setPosixFilePermissions(Files.writeString(file, "#!/bin/sh\n" + command + "\n"),
                PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
