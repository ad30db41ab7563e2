package lib.convert;

import java.nio.file.Path;
import java.util.List;

/** Which tables become hypertables, and how: what the file of {@code --hypertables} says. */
public final class Conversions {
    private final Path file;
    private final List<Conversion> tables;

    Conversions(Path file, List<Conversion> tables) {
        this.file = file;
        this.tables = List.copyOf(tables);
    }

    /**
     * Reads the file.
     *
     * @throws lib.talk.Failure usage, naming the line that is wrong and what is allowed there
     */
    public static Conversions read(Path file) {
        return new Conversions(file, ConversionReader.read(file));
    }

    List<Conversion> tables() {
        return tables;
    }

    /** @return where something of the file stands, for messages */
    String place(int line) {
        return file + ":" + line;
    }
}
