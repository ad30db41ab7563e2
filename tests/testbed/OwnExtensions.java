package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A copy of the embedded server programs with extensions of one's own, written in SQL, for what no package offers. */
public final class OwnExtensions implements AutoCloseable {
    private final int major;
    private final Map<String, String> files = new TreeMap<>();
    private Path folder;

    public OwnExtensions(int major) {
        this.major = major;
    }

    /**
     * Adds an extension.
     *
     * @param control lines of its control file beside the default version, which is the first one
     * @param scripts by version, or by {@code from--to} for an update
     */
    public OwnExtensions add(String name, String control, Map<String, String> scripts) {
        String first = new TreeMap<>(scripts).firstKey();
        files.put(name + ".control", "default_version = '" + first + "'\n" + control);
        scripts.forEach((version, script) -> files.put(name + "--" + version + ".sql", script));
        return this;
    }

    /** A server that has them on offer. */
    public PgServer start() {
        ServerBinaries embedded = ServerBinaries.embedded(major);
        try {
            folder = Files.createTempDirectory("tsmigrate-programs-");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Run.of(List.of("sh", "-c", "cp -R \"$1\"/* \"$2\"", "sh", embedded.bin().getParent().toString(),
                    folder.toString())).orFail();
            for (Map.Entry<String, String> file : files.entrySet()) {
                Files.writeString(folder.resolve("share/postgresql/extension").resolve(file.getKey()), file.getValue());
            }
            return PgServer.plan(new ServerBinaries(major, folder.resolve("bin"), embedded.root())).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (folder != null) {
            CacheFolder.delete(folder);
        }
    }
}
