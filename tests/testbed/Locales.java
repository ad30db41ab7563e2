package testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/** Servers that know a locale which this machine has the source of and does not offer, by a folder of their own (LOCPATH of the C library). */
public final class Locales {
    private Locales() {
    }

    /**
     * @param name such as {@code ja_JP}, known to the server as {@code ja_JP.UTF-8} and {@code ja_JP.utf8}
     * @return the installed server's programs with that locale, or nothing where it cannot be compiled
     */
    public static Optional<ServerBinaries> with(String name) {
        Optional<ServerBinaries> installed = ServerBinaries.installed(ClientBinaries.clientMajor());
        Path compiler = Path.of("/usr/bin/localedef");
        if (installed.isEmpty() || !Files.isExecutable(compiler) || !Files.exists(Path.of("/usr/share/i18n/locales", name))) {
            return Optional.empty();
        }
        ServerBinaries plain = installed.get();
        Path folder = CacheFolder.of("server-" + plain.major() + "-" + name + ".utf8", made -> {
            Run.of(List.of(compiler.toString(), "--no-archive", "-i", name, "-f", "UTF-8", made.resolve(name + ".utf8").toString())).orFail();
            for (String program : List.of("initdb", "pg_ctl", "postgres")) {
                wrap(made.resolve(program), plain.bin().resolve(program));
            }
        });
        return Optional.of(new ServerBinaries(plain.major(), folder, plain.root()));
    }

    /** The folder may be moved when it is complete. */
    private static void wrap(Path wrapper, Path program) throws IOException {
        Files.writeString(wrapper, "#!/bin/sh\nLOCPATH=$(dirname \"$0\") exec '" + program + "' \"$@\"\n");
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
