package lib.ssh;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The running toolkit as one tar archive, for another machine: the jars on its class path that a migration needs, as
 * they are, 3 MB. The libraries that only this machine needs, such as that of AWS, stay here.
 */
final class Toolkit {
    /** The class path on the other machine, where the archive is extracted into the folder {@code toolkit}. */
    static final String CLASS_PATH = "toolkit/*:toolkit";

    /** A class of each library. */
    private static final List<String> LIBRARIES =
            List.of("picocli/CommandLine", "org/postgresql/Driver", "com/google/gson/Gson",
                    "org/zeroturnaround/exec/ProcessExecutor", "org/slf4j/Logger", "org/slf4j/impl/StaticLoggerBinder");
    private static final int BLOCK = 512;
    private static final int LONGEST_NAME = 100;

    private Toolkit() {
    }

    /** Writes the archive; the stream stays open. */
    static void write(OutputStream stream) throws IOException {
        for (Path place : places()) {
            if (Files.isDirectory(place)) {
                for (Path file : files(place)) {
                    write(stream, place.relativize(file).toString(), file);
                }
            } else {
                write(stream, place.getFileName().toString(), place);
            }
        }
        stream.write(new byte[2 * BLOCK]);
    }

    /** @return the jars and folders on the class path that hold what is needed, our own first */
    private static Set<Path> places() throws IOException {
        Set<Path> places = new LinkedHashSet<>(Set.of(place(Toolkit.class.getName().replace('.', '/'))));
        for (String library : LIBRARIES) {
            places.add(place(library));
        }
        return places;
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

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    /** A file as tar has it (POSIX, pax, "ustar Interchange Format"): a header, the content, and zeros to a block. */
    private static void write(OutputStream stream, String name, Path file) throws IOException {
        if (name.length() > LONGEST_NAME) {
            throw new IOException("the name of " + name + " is too long for a tar archive");
        }
        long size = Files.size(file);
        byte[] header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "0000600\0" + "0000000\0" + "0000000\0" + "%011o\0%011o\0".formatted(size, 0));
        put(header, 148, "        0");
        put(header, 257, "ustar\00000");
        int sum = 0;
        for (byte octet : header) {
            sum += octet;
        }
        put(header, 148, "%06o\0".formatted(sum));
        stream.write(header);
        Files.copy(file, stream);
        stream.write(new byte[(int) (-size & BLOCK - 1)]);
    }

    private static void put(byte[] header, int at, String text) {
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, header, at, ascii.length);
    }
}
