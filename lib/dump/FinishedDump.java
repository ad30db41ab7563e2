package lib.dump;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import lib.catalog.MigrationOptions;
import lib.journal.RunIdentity;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.ProgressLine;

/**
 * A dump that an earlier run has finished, and that one which goes on uses as it is. Nothing can be added to a dump:
 * the snapshot that it was read under has ended with that run.
 */
public final class FinishedDump {
    private static final String REMEDY = "name another place, or replace it with --overwrite in place of --resume";

    private FinishedDump() {
    }

    /**
     * Looks for it; what is damaged, such as by a crash of this machine, is none.
     *
     * @param source the database, as {@link Manifest.Origin} has it
     * @return its manifest, or nothing where a dump is yet to be written
     * @throws Failure when there is one of another source, or made with other options
     */
    public static Optional<Manifest> find(DumpOrder order, String source, Console console) {
        if (!order.wanted().resume() || !Files.exists(Manifest.beside(order.out()))) {
            return Optional.empty();
        }
        Manifest manifest = Manifest.read(order.out());
        if (!source.equals(manifest.source().identity())) {
            throw Failure
                    .of("the dump \"%s\" is of another source: %s, and this one is %s", order.out(),
                            manifest.source().identity() == null ? "its manifest does not say which"
                                    : manifest.source().identity(),
                            source)
                    .hint("check --source; else %s", REMEDY);
        }
        List<String> differing = differing(order, manifest);
        if (!differing.isEmpty()) {
            throw Failure.of("the dump \"%s\" was made with other options: %s", order.out(),
                    String.join(", ", differing)).hint("give the options that it was made with; else %s", REMEDY);
        }
        DumpFiles files = new DumpFiles();
        ProgressLine line = console.progress(() -> "earlier dump: " + Bytes.text(files.done()) + " read");
        try {
            DumpFiles.checkSizes(order.out(), manifest.files());
            files.checkContents(order.out(), manifest.files(), order.wanted().workers());
            return Optional.of(manifest);
        } catch (Failure e) {
            console.warn("%s; it is made again", e.getMessage());
            return Optional.empty();
        } finally {
            line.close();
        }
    }

    /** @return what a run that loads a dump has in common with one that goes on with it */
    public static RunIdentity identity(Path dump, MigrationOptions wanted) {
        return RunIdentity.ofDump(DumpFiles.digest(Manifest.beside(dump)), Manifest.read(dump).snapshot().time(),
                wanted);
    }

    private static List<String> differing(DumpOrder order, Manifest manifest) {
        List<String> differing = new ArrayList<>();
        Manifest.Dump made = manifest.dump();
        if (!made.format().equals(order.format().word())) {
            differing.add("--format " + made.format());
        }
        String compression = order.compression() == null ? null : order.compression().toString();
        if (!Objects.equals(made.compression(), compression)) {
            differing.add(made.compression() == null ? "no --compress" : "--compress " + made.compression());
        }
        if (made.owners() == order.wanted().noOwner()) {
            differing.add(made.owners() ? "no --no-owner" : "--no-owner");
        }
        if (made.privileges() == order.wanted().noPrivileges()) {
            differing.add(made.privileges() ? "no --no-privileges" : "--no-privileges");
        }
        List<String> filters = order.wanted().filters().argumentsWithData();
        manifest.filters().stream().filter(one -> !filters.contains(one)).forEach(differing::add);
        filters.stream().filter(one -> !manifest.filters().contains(one)).map(one -> "no " + one)
                .forEach(differing::add);
        return differing;
    }

    /** @return when its snapshot was taken, and how large it is, in words */
    public static String text(Manifest manifest) {
        return "finished already, of " + manifest.snapshot().time() + ", " + DumpFiles.summary(manifest.files());
    }
}
