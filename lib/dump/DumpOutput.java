package lib.dump;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.talk.Cleanup;
import lib.talk.Failure;
import lib.tools.DumpFormat;

/**
 * Where a dump is written: under another name until it is complete, then renamed, its manifest last. So whatever stands
 * there with a manifest is whole, even after {@code kill -9}. Only this user can read it, from its first moment.
 */
final class DumpOutput implements AutoCloseable {
    /** What pg_dump writes into a folder. */
    private static final Pattern IN_FOLDER =
            Pattern.compile("toc\\.dat|blobs[_0-9]*\\.toc|(blob_)?\\d+\\.dat(\\.(gz|lz4|zst))?");

    private final Path out;
    private final Path partial;
    private final Cleanup.Task discard;
    private boolean publishing;

    private DumpOutput(Path out) {
        this.out = out;
        partial = sibling(out, ".partial-" + ProcessHandle.current().pid());
        discard = Cleanup.onExit(this::discard);
    }

    /**
     * Asks whether a dump may be written there.
     *
     * @param ownFolder whether the folder may be missing, as {@link #begin} creates it
     * @throws Failure usage, when something is there that may not be replaced, or no folder for it
     */
    public static void check(Path out, boolean overwrite, boolean ownFolder) {
        Path folder = out.toAbsolutePath().normalize().getParent();
        if (folder == null || !Files.isDirectory(folder) && !(ownFolder && !Files.exists(folder))) {
            throw Failure.usage("the folder of \"%s\" does not exist", out);
        }
        Path there = Files.exists(out, LinkOption.NOFOLLOW_LINKS) ? out : Manifest.beside(out);
        if (!Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
            return;
        } else if (!overwrite) {
            throw Failure.usage("\"%s\" exists already", there)
                    .hint("name another place"
                            + (!isDump(out) ? "" : Files.exists(Manifest.beside(out))
                                    ? ", or use it with --resume, or replace it with --overwrite"
                                    : ", or replace it with --overwrite"));
        } else if (!isDump(out)) {
            throw Failure.usage("\"%s\" is not a dump and is not overwritten", out).hint("name another place");
        }
    }

    /** Whatever else stands in a folder is not ours to remove. */
    private static boolean isDump(Path out) {
        if (!Files.isDirectory(out)) {
            return !Files.exists(out) || Files.isRegularFile(out, LinkOption.NOFOLLOW_LINKS);
        }
        try (Stream<Path> files = Files.list(out)) {
            return files.allMatch(file -> IN_FOLDER.matcher(file.getFileName().toString()).matches());
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Begins to write; {@link #close} removes what is not complete by then.
     *
     * @throws Failure when the place cannot be written to
     */
    public static DumpOutput begin(Path out, DumpFormat format) {
        Path place = out.toAbsolutePath().normalize();
        try {
            if (!Files.isDirectory(place.getParent())) {
                Files.createDirectory(place.getParent(), mode("rwx------"));
            }
            removeLeftovers(place);
            DumpOutput output = new DumpOutput(place);
            if (format == DumpFormat.DIRECTORY) {
                Files.createDirectory(output.partial, mode("rwx------"));
            } else {
                Files.createFile(output.partial, mode("rw-------"));
            }
            return output;
        } catch (IOException e) {
            throw Failure.of("could not write to \"%s\": %s", out, reason(e)).because(e)
                    .hint("name another place");
        }
    }

    /**
     * A killed run may have written everything, and not have renamed all of it: that is done now. Beside a finished
     * dump nothing of other runs stays.
     *
     * @param workers how many files are read at once for their checksums
     */
    static void finishKilled(Path out, int workers) {
        Path place = out.toAbsolutePath().normalize();
        Path beside = Manifest.beside(place);
        if (!Files.isDirectory(place.getParent())) {
            return;
        }
        Pattern leftover = leftover(beside, "");
        try (DirectoryStream<Path> files = Files.newDirectoryStream(place.getParent())) {
            for (Path file : files) {
                Matcher name = leftover.matcher(file.getFileName().toString());
                if (name.matches() && ended(name) && !Files.exists(beside)) {
                    Path partial = sibling(place, ".partial-" + name.group(1));
                    boolean written = Files.exists(partial);
                    if (isWhole(written ? partial : place, file, workers)) {
                        rename(written ? partial : null, file, place);
                    }
                }
            }
            if (Files.exists(beside)) {
                removeLeftovers(place);
            }
        } catch (IOException e) {
            throw Failure.of("could not write to \"%s\": %s", out, reason(e)).because(e)
                    .hint("name another place");
        }
    }

    private static boolean isWhole(Path dump, Path manifest, int workers) {
        try {
            List<Manifest.File> files = Manifest.of(manifest).files();
            DumpFiles.checkSizes(dump, files);
            new DumpFiles().checkContents(dump, files, workers);
            return true;
        } catch (Failure e) {
            // It is written anew.
            return false;
        }
    }

    /** @param ending of the names, as a pattern */
    private static Pattern leftover(Path of, String ending) {
        return Pattern.compile(Pattern.quote(of.getFileName().toString()) + "\\.partial-(\\d{1,9})" + ending);
    }

    private static boolean ended(Matcher leftover) {
        return ProcessHandle.of(Long.parseLong(leftover.group(1))).isEmpty();
    }

    /** What a killed run has left there is removed by the next one. */
    private static void removeLeftovers(Path out) throws IOException {
        Pattern leftover = leftover(out, "(?:-old|-archive)?");
        Pattern manifest = leftover(Manifest.beside(out), "");
        try (DirectoryStream<Path> files = Files.newDirectoryStream(out.getParent())) {
            for (Path file : files) {
                Matcher name = leftover.matcher(file.getFileName().toString());
                Matcher ofManifest = manifest.matcher(file.getFileName().toString());
                if (name.matches() && ended(name) || ofManifest.matches() && ended(ofManifest)) {
                    remove(file);
                }
            }
        }
    }

    /** @return the file or empty folder to write to */
    public Path partial() {
        return partial;
    }

    /**
     * @return where an archive may be written from which the dump is made; it goes when the dump is complete or given
     * up
     */
    public Path archive() {
        return sibling(partial, "-archive");
    }

    /** @return how much has been written so far, in bytes */
    public long bytes() {
        return bytes(partial) + (Files.exists(archive()) ? bytes(archive()) : 0);
    }

    private static long bytes(Path written) {
        try (Stream<Path> files = Files.walk(written)) {
            return files.mapToLong(DumpOutput::size).sum();
        } catch (IOException | java.io.UncheckedIOException e) {
            return 0;
        }
    }

    private static long size(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            // pg_dump has just renamed or removed it.
            return 0;
        }
    }

    /** Puts the complete dump and its manifest in place of what was there. */
    public void publish(Manifest manifest) {
        Path partialManifest = sibling(Manifest.beside(out), ".partial-" + ProcessHandle.current().pid());
        try {
            Files.createFile(partialManifest, mode("rw-------"));
            Files.writeString(partialManifest, manifest.json());
            Files.deleteIfExists(Manifest.beside(out));
            publishing = true;
            rename(partial, partialManifest, out);
            discard.cancel();
            remove(archive());
        } catch (IOException e) {
            throw Failure.of("could not write \"%s\": %s", out, reason(e)).because(e);
        }
    }

    /** @param partial the dump, or null when it is there already */
    private static void rename(Path partial, Path partialManifest, Path out) throws IOException {
        Path old = partial == null ? null : sibling(partial, "-old");
        if (partial != null) {
            if (Files.isDirectory(partial) && Files.exists(out) || Files.isDirectory(out)) {
                Files.move(out, old, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(partial, out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.move(partialManifest, Manifest.beside(out), StandardCopyOption.ATOMIC_MOVE);
        if (old != null) {
            remove(old);
        }
    }

    @Override
    public void close() {
        discard.close();
    }

    private void discard() {
        try {
            Path beside = Manifest.beside(out);
            boolean renamed = publishing && !Files.exists(partial);
            remove(partial);
            remove(archive());
            remove(sibling(beside, ".partial-" + ProcessHandle.current().pid()));
            if (renamed && !Files.exists(beside)) {
                remove(out);
            }
        } catch (IOException e) {
            // A leftover is recognized by its name, and the next run removes it.
        }
    }

    private static void remove(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            List<Path> files;
            try (Stream<Path> all = Files.walk(path)) {
                files = all.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static Path sibling(Path path, String ending) {
        return path.resolveSibling(path.getFileName() + ending);
    }

    private static FileAttribute<?> mode(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }

    /** @return what went wrong, without the path that the exception begins with */
    private static String reason(IOException e) {
        return e instanceof java.nio.file.FileSystemException system && system.getReason() != null ? system.getReason()
                : e instanceof java.nio.file.AccessDeniedException ? "Permission denied"
                : String.valueOf(e.getMessage());
    }
}
