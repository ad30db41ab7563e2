package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/**
 * Client programs that do something of their own before they become the real ones; commands find them before all
 * others.
 */
public final class WrappedClients {
    private static final List<String> PROGRAMS = List.of("pg_dump", "pg_restore", "psql");

    private WrappedClients() {
    }

    /**
     * Makes a folder of them.
     *
     * @param program the one that does more
     * @param script what it does, in the words of a POSIX shell; {@code $out} is the place it is told to write to
     * @return the environment in which a command finds them
     */
    public static Map<String, String> in(Path temporary, String program, String script) {
        return in(temporary, ClientBinaries.bin(ClientBinaries.clientMajor()), program, script);
    }

    /** Makes a folder of programs that run the clients of another folder, of which one does more. */
    public static Map<String, String> in(Path temporary, Path clients, String program, String script) {
        try {
            Path folder = Files.createTempDirectory(temporary, "clients-");
            for (String name : PROGRAMS) {
                Path wrapper = folder.resolve(name);
                Files.writeString(wrapper, """
                        #!/bin/sh
                        out=
                        for argument; do case $argument in --file=*) out=${argument#--file=};; esac; done
                        test "$1" = --version || {
                        %s
                        }
                        exec '%s' "$@"
                        """.formatted(name.equals(program) ? script : ":", clients.resolve(name)));
                Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            return Map.of("TSMIGRATE_PG_BINDIRS", folder.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
