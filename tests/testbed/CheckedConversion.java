//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.convert.ConversionCheck;
import lib.convert.ConversionTarget;
import lib.convert.Conversions;
import lib.convert.HypertablePlan;
import lib.server.Finding;
import lib.server.Session;

/** What the check says of a file for a database, and the changes that it asks for. */
public record CheckedConversion(List<Finding> findings, List<HypertablePlan> plans) {
    private static final Pattern FIX =
            Pattern.compile("write under its changes: (\\{.*\\})(?:; it may also become (.*))?");

    /** @param version of TimescaleDB on the target */
    public static CheckedConversion of(PgServer server, String database, String version, boolean community,
            String yaml) {
        try (Session session = server.session("source", database)) {
            Path file = Files.createTempFile("h", ".yaml");
            try {
                Files.writeString(file, yaml);
                ConversionCheck check = ConversionCheck.of(session, Conversions.read(file),
                        new ConversionTarget(version, "public", community));
                String place = file.toString();
                return new CheckedConversion(check.findings().stream().map(finding -> new Finding(finding.level(),
                        finding.check(), finding.text().replace(place, "f"), finding.fix())).toList(), check.plans());
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One hypertable, s.t by column "at" unless said otherwise. */
    public static String yaml(String more, String... changes) {
        return "hypertables:\n- {schema: s, table: t, time_column: at, chunk_interval: 1 day" + more
                + (changes.length == 0 ? "" : ", changes: [" + String.join(", ", changes) + "]") + "}\n";
    }

    /** @return the stops, each with its fix in the next line */
    public String stops() {
        List<String> lines = new ArrayList<>();
        findings.stream().filter(finding -> finding.level() == Finding.Level.STOP).forEach(finding -> {
            assertEquals("hypertables", finding.check());
            lines.add(finding.text());
            lines.add("fix: " + finding.fix());
        });
        return String.join("\n", lines);
    }

    /** @return what is not a stop */
    public String others() {
        return String.join("\n", findings.stream().filter(finding -> finding.level() != Finding.Level.STOP)
                .map(Finding::text).toList());
    }

    /**
     * @return for each stop the changes that it offers, the proposed one first, leaving the table as it is the last
     */
    public List<List<String>> offers() {
        List<List<String>> offers = new ArrayList<>();
        for (String line : stops().lines().filter(each -> each.startsWith("fix: ")).toList()) {
            Matcher fix = FIX.matcher(line.substring(5));
            assertTrue(fix.matches(), line);
            List<String> changes = new ArrayList<>(List.of(fix.group(1)));
            String proposed = fix.group(1).replaceFirst(".*becomes: (\\w+)}$", "$1");
            for (String other : fix.group(2) == null ? new String[0] : fix.group(2).split(", ")) {
                changes.add(fix.group(1).replaceFirst("becomes: " + proposed + "}$", "becomes: " + other + "}"));
            }
            offers.add(changes);
        }
        return offers;
    }
}
