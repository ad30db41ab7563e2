package lib.ssh;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The running toolkit as one jar, for another machine: its own classes and the libraries of a migration, 3 MB. The
 * libraries that only this machine needs, such as that of AWS, stay here.
 */
final class Toolkit {
    /** A class of each library. */
    private static final List<String> LIBRARIES =
            List.of("picocli/CommandLine", "org/postgresql/Driver", "com/google/gson/Gson",
                    "org/zeroturnaround/exec/ProcessExecutor", "org/slf4j/Logger", "org/slf4j/impl/StaticLoggerBinder");
    private static final String SERVICES = "META-INF/services/";

    private final Set<String> written = new HashSet<>();
    private final Map<String, String> services = new TreeMap<>();
    private final ZipOutputStream jar;

    private Toolkit(ZipOutputStream jar) {
        this.jar = jar;
    }

    /** Writes the jar; the stream stays open. */
    static void write(OutputStream stream) throws IOException {
        ZipOutputStream jar = new ZipOutputStream(stream);
        Toolkit toolkit = new Toolkit(jar);
        toolkit.entry(JarFile.MANIFEST_NAME,
                "Manifest-Version: 1.0\r\nMulti-Release: true\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        for (Path place : places()) {
            toolkit.add(place);
        }
        // A library finds its drivers and providers by these files, of which a class path has several of one name.
        for (Map.Entry<String, String> service : toolkit.services.entrySet()) {
            toolkit.entry(service.getKey(), service.getValue().getBytes(StandardCharsets.UTF_8));
        }
        jar.finish();
    }

    /** @return the jars and folders on the class path that hold what is needed, our own first */
    private static List<Path> places() throws IOException {
        List<Path> places = new ArrayList<>(List.of(place(Toolkit.class.getName().replace('.', '/'))));
        for (String library : LIBRARIES) {
            places.add(place(library));
        }
        return places.stream().distinct().toList();
    }

    private static Path place(String type) throws IOException {
        String file = type + ".class";
        URL found = Toolkit.class.getClassLoader().getResource(file);
        if (found == null) {
            throw new IOException(type + " is not on the class path");
        }
        String text =
                found.toString().replaceFirst("^jar:", "").replaceFirst("!?/" + file.replace("$", "\\$") + "$", "");
        return Path.of(URI.create(text));
    }

    private void add(Path place) throws IOException {
        if (Files.isDirectory(place)) {
            addAll(place);
        } else {
            try (FileSystem opened = FileSystems.newFileSystem(place)) {
                addAll(opened.getPath("/"));
            }
        }
    }

    private void addAll(Path root) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(root)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            String name = root.relativize(file).toString();
            if (name.startsWith(SERVICES)) {
                services.merge(name, Files.readString(file), (first, second) -> first.stripTrailing() + "\n" + second);
            } else if (name.endsWith(".class") && !name.endsWith("module-info.class") || !name.contains("META-INF/")) {
                // A library may read files of its own; signatures and descriptions of what each jar was are for that
                // jar only.
                entry(name, Files.readAllBytes(file));
            }
        }
    }

    private void entry(String name, byte[] content) throws IOException {
        if (written.add(name)) {
            jar.putNextEntry(new ZipEntry(name));
            jar.write(content);
            jar.closeEntry();
        }
    }
}
