package lib.dump;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import lib.talk.Bytes;
import lib.talk.Failure;
import lib.talk.Workers;

/** The files of a dump and their checksums (SHA-256). */
public final class DumpFiles {
    private static final int BUFFER = 256 * 1024;

    /** Enough to tell what nobody forges, and few enough to read out. */
    private static final int DIGITS = 16;

    private final AtomicLong done = new AtomicLong();

    /** @return bytes read so far; may be called from another thread */
    long done() {
        return done.get();
    }

    /**
     * Reads every file of a dump.
     *
     * @param dump the file or the folder
     * @param name what it will be called, if it is one file
     * @param workers how many files are read at once
     * @return the files by name
     */
    List<Manifest.File> read(Path dump, String name, int workers) {
        List<Path> files;
        try (Stream<Path> all = Files.walk(dump)) {
            files = all.filter(Files::isRegularFile).sorted(Comparator.comparingLong(DumpFiles::size).reversed())
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw Failure.of("could not read \"%s\": %s", dump, e.getMessage()).because(e);
        }
        List<Manifest.File> found = Collections.synchronizedList(new ArrayList<>());
        each(workers, files, file -> {
            found.add(new Manifest.File(file.equals(dump) ? name : dump.relativize(file).toString(), size(file),
                    checksum(file)));
        });
        return found.stream().sorted(Comparator.comparing(Manifest.File::name)).toList();
    }

    /**
     * Asks whether all files are there, in their full length.
     *
     * @throws Failure naming the first file that is not
     */
    static void checkSizes(Path dump, List<Manifest.File> files) {
        for (Manifest.File file : files) {
            Path path = path(dump, file);
            if (!Files.isRegularFile(path)) {
                throw Failure.of("the dump is incomplete: its file \"%s\" is missing", path)
                        .hint("copy it again, or dump again");
            }
            if (size(path) != file.bytes()) {
                throw Failure
                        .of("the dump is incomplete: \"%s\" has %d bytes, and its manifest says %d", path,
                                size(path), file.bytes())
                        .hint("copy it again, or dump again");
            }
        }
    }

    /**
     * Asks whether all files have the checksums that the manifest says.
     *
     * @throws Failure naming a file that has not
     */
    void checkContents(Path dump, List<Manifest.File> files, int workers) {
        each(workers, files, file -> {
            Path path = path(dump, file);
            if (!checksum(path).equals(file.sha256())) {
                throw Failure
                        .of("the dump is damaged: \"%s\" does not have the checksum that its manifest says", path)
                        .hint("copy it again, or dump again");
            }
        });
    }

    /** @return what tells a file from every other */
    static String digest(Path file) {
        return new DumpFiles().checksum(file).substring(0, DIGITS);
    }

    /** A dump of one file may have been renamed together with its manifest. */
    private static Path path(Path dump, Manifest.File file) {
        return Files.isDirectory(dump) ? dump.resolve(file.name()) : dump;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String checksum(Path file) {
        MessageDigest digest;
        try (InputStream in = Files.newInputStream(file)) {
            digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[BUFFER];
            for (int length = in.read(buffer); length > 0; length = in.read(buffer)) {
                digest.update(buffer, 0, length);
                done.addAndGet(length);
            }
        } catch (IOException e) {
            throw Failure.of("could not read \"%s\": %s", file, e.getMessage()).because(e);
        } catch (NoSuchAlgorithmException e) {
            // Every Java has it.
            throw new IllegalStateException(e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** What is done with one file. */
    private interface Work<T> {
        void on(T file);
    }

    private static <T> void each(int workers, List<T> files, Work<T> work) {
        Workers.run("checksums", workers, files, () -> new Workers.Worker<>() {
            @Override
            public void work(T file) {
                work.on(file);
            }

            @Override
            public void cancel() {
                // The others end with their file.
            }

            @Override
            public void close() {
                // Nothing is kept open between files.
            }
        });
    }

    /** @return how much there is, in words */
    public static String summary(List<Manifest.File> files) {
        long bytes = files.stream().mapToLong(Manifest.File::bytes).sum();
        return (files.size() == 1 ? "1 file, " : files.size() + " files, ") + Bytes.text(bytes);
    }
}
