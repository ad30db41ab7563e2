//DEPS de.siegmar:fastcsv:4.1.0
package lib.passwords;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import lib.talk.Failure;

/**
 * Passwords as comma-separated values (RFC 4180), with a header. Needed are the columns {@code role} and
 * {@code password}; one of {@code host}, {@code port} and {@code database} that is missing or empty means any.
 */
final class PasswordCsv {
    private static final List<String> COLUMNS = List.of("host", "port", "database", "role", "password");

    private PasswordCsv() {
    }

    /** @return whether a text begins with such a header */
    static boolean isOne(String text) {
        List<String> columns =
                List.of(text.lines().findFirst().orElse("").replace("\uFEFF", "").replace("\"", "").split(","));
        return columns.contains("role") && columns.contains("password");
    }

    /**
     * @param file for messages
     * @throws Failure usage, if a record does not fit the header
     */
    static List<PasswordEntry> read(Path file, String text) {
        try (CsvReader<NamedCsvRecord> records = CsvReader.builder().detectBomHeader(true).ofNamedCsvRecord(text)) {
            List<NamedCsvRecord> all = records.stream().toList();
            if (all.stream().allMatch(row -> row.getFieldCount() == row.getHeader().size())) {
                return all.stream().map(PasswordCsv::entry).toList();
            }
        } catch (IOException | CsvParseException e) {
            // Not the cause: it may quote a field, and a field may be a password.
        }
        throw Failure.usage("\"%s\" is not a CSV file: a record of it does not fit its header", file);
    }

    private static PasswordEntry entry(NamedCsvRecord row) {
        return new PasswordEntry(field(row, "host"), field(row, "port"), field(row, "database"), row.getField("role"),
                row.getField("password"));
    }

    private static String field(NamedCsvRecord row, String name) {
        return row.findField(name).filter(value -> !value.isEmpty()).orElse(null);
    }

    /** @return the line, with its end */
    static String line(PasswordEntry entry) {
        return line(Stream.of(entry.host(), entry.port(), entry.database(), entry.role(), entry.password())
                .map(field -> Objects.requireNonNullElse(field, "")).toList());
    }

    /** @return the first line of a file, with its end */
    static String header() {
        return line(COLUMNS);
    }

    private static String line(List<String> fields) {
        StringWriter text = new StringWriter();
        CsvWriter.builder().lineDelimiter(LineDelimiter.LF).bufferSize(0).build(text).writeRecord(fields);
        return text.toString();
    }
}
