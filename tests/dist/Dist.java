//DEPS com.google.code.gson:gson:2.13.1

package dist;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;
import lib.talk.Console;
import testbed.CacheFolder;
import testbed.Catalog;

/**
 * {@code make dist}: the catalog as files that anyone can publish. All commands are in one jar, which is compiled here
 * instead of by each user; the libraries come from Maven, to each command only those that it needs. The same sources
 * make the same files.
 */
public final class Dist {
    /** The files are named by it, and JBang looks for it in what is published. */
    private static final String CATALOG = "jbang-catalog.json";
    private static final String SUMS = "SHA256SUMS";
    private static final Path LICENSE = Path.of("LICENSE");
    /** Digits of the jar's checksum in its name: JBang keeps what it has downloaded by its name. */
    private static final int DIGITS = 12;
    /** The time of all entries of the jar: the first day that zip files can name, and that is the same in each zone. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private Dist() {
    }

    /** Arguments: the folder to make, which is replaced as a whole. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Path fresh = folder.resolveSibling(folder.getFileName() + ".new");
        Path classes = folder.resolveSibling(folder.getFileName() + ".classes");
        Stream.of(fresh, classes).forEach(CacheFolder::delete);
        compile(Files.createDirectories(classes));
        write(classes, Files.createDirectories(fresh));
        CacheFolder.delete(classes);
        CacheFolder.delete(folder);
        Files.move(fresh, folder);
    }

    /**
     * Compiles the commands and all that they use, with the options that JBang compiles them with.
     *
     * @param classes an empty folder
     */
    static void compile(Path classes) throws IOException {
        List<String> command = new ArrayList<>(List.of("--release", "17", "-proc:none", "-cp",
                System.getProperty("java.class.path"), "-d", classes.toString()));
        // Those for javac's own Java Virtual Machine come too late.
        Headers.of(Catalog.aliases().get(0).script()).options("//JAVAC_OPTIONS").stream()
                .filter(option -> !option.startsWith("-J")).forEach(command::add);
        for (String root : List.of("lib", "scripts")) {
            try (Stream<Path> files = Files.walk(Path.of(root))) {
                files.map(Path::toString).filter(file -> file.endsWith(".java")).sorted().forEach(command::add);
            }
        }
        if (ToolProvider.getSystemJavaCompiler().run(null, null, null, command.toArray(String[]::new)) != 0) {
            throw new IOException("the commands could not be compiled");
        }
    }

    /**
     * Writes the jar, the catalog, the licence and the checksums.
     *
     * @param folder an empty folder
     */
    static void write(Path classes, Path folder) throws IOException {
        Path unnamed = folder.resolve("tsmigrate.jar");
        jar(classes, unnamed);
        Path jar = Files.move(unnamed, folder.resolve(
                "tsmigrate-%s-%s.jar".formatted(Console.VERSION, checksum(unnamed).substring(0, DIGITS))));
        Files.writeString(folder.resolve(CATALOG), catalog(jar.getFileName().toString()));
        Files.copy(LICENSE, folder.resolve(LICENSE));
        StringBuilder sums = new StringBuilder();
        for (Path file : sorted(folder)) {
            sums.append(checksum(file)).append("  ").append(file.getFileName()).append('\n');
        }
        Files.writeString(folder.resolve(SUMS), sums);
    }

    private static void jar(Path classes, Path file) throws IOException {
        try (OutputStream stream = Files.newOutputStream(file); ZipOutputStream jar = new ZipOutputStream(stream)) {
            add(jar, "META-INF/MANIFEST.MF", ("Manifest-Version: 1.0\r\nImplementation-Title: tsmigrate\r\n"
                    + "Implementation-Version: " + Console.VERSION + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
            add(jar, "META-INF/LICENSE", Files.readAllBytes(LICENSE));
            for (Path entry : sorted(classes)) {
                add(jar, classes.relativize(entry).toString(), Files.readAllBytes(entry));
            }
        }
    }

    private static void add(ZipOutputStream jar, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        jar.putNextEntry(entry);
        jar.write(content);
        jar.closeEntry();
    }

    /**
     * The catalog of this repository, with what JBang reads elsewhere from the headers of scripts and their sources.
     */
    private static String catalog(String jar) {
        Map<String, Object> aliases = new LinkedHashMap<>();
        for (Catalog.Alias alias : Catalog.aliases()) {
            Headers headers = Headers.of(alias.script());
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("script-ref", jar);
            members.put("description", alias.description());
            members.put("main", headers.option("//MAIN"));
            members.put("java", headers.option("//JAVA"));
            members.put("runtime-options", headers.options("//JAVA_OPTIONS"));
            members.put("dependencies", headers.libraries());
            aliases.put(alias.name(), members);
        }
        Map<String, Object> catalog = new LinkedHashMap<>();
        catalog.put("catalogs", Map.of());
        catalog.put("aliases", aliases);
        catalog.put("templates", Map.of());
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(catalog) + "\n";
    }

    private static List<Path> sorted(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String checksum(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
