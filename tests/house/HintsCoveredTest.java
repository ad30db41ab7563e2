//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No hint of the sources is new to the tests: the first words of each, or after a value or a comma in it, stand in a
 * test that has it printed, or here with the reason why none has it. That a hint is followed is what the tests called
 * Followed… and …Remedies… and …Hints… are for.
 */
class HintsCoveredTest {
    private static final Pattern HINT =
            Pattern.compile("(?s)(?:\\.hint\\(|Finding\\.(?:stop|warning)\\((?![^,]*, null,)).*?;\n");
    private static final Pattern LITERAL = Pattern.compile("\"((?:\\\\.|[^\"\\\\])*+)\"");
    /** Five words are enough to know them by. */
    private static final Pattern FIRST = Pattern.compile("^[\\s\"']*((?:\\S+ ){0,4}\\S*).*$");
    private static final String AWS = "words of AWS's own, in states that its double does not have";
    private static final Map<String, String> UNSAID = Stream.of(new String[][]{
            {"such as https://ec2.internal.example.com", "an example"},
            {"use --region, such as --region eu-central-1, or set AWS_REGION", AWS},
            {"check the network, --region and --endpoint-url", "AWS out of reach"},
            {"see by what: aws ec2 describe-network-interfaces --filters Name=group-id,Values=", AWS},
            {"choose an image with --image", AWS},
            {"name another --db-instance", AWS},
            {"wait for it: aws rds wait db-instance-available --db-instance-identifier", AWS},
            {"put it into one, in the AWS console under RDS, Modify", "a console"}, {"in the AWS console", "a console"},
            {"install OpenSSH's client, or use a key pair of yours with --key-name and --key-file",
                    "a machine without ssh"},
            {"install it: sudo apt-get install -y openssh-client", "a machine without ssh"},
            {"compare both sides with verify", "a run on another machine whose end nobody has seen"},
            {"run rds-via-ec2 up: it goes on where it was interrupted", "a machine that is not ready"},
            {"name another one with --dir", "a folder that root may not make"},
            {"the summary is also printed above, on standard output", "says where something is"},
            {"set TMPDIR to a folder you can write to", "a folder that root may not write to"},
            {"set LC_ALL to a locale with UTF-8", "a terminal in another encoding"},
            {"the passwords in it are set: rename it to", "a folder that root may not write to"},
            {"remove it: nothing in it is set", "a folder that root may not write to"},
            {"have a certificate made for a key of another kind, such as RSA: openssl req",
                    "for whoever signs certificates"},
            {"give the key another password", "as for a user's"},
            {"qualify the tables in the filters with their schema",
                    "pg_dump and this program find other tables, which is a defect"},
            {"drop them on the source, then run again with --resume",
                    "an index that is made between two questions"},
            {"does not try functions that need a search_path",
                    "its remedy is a value, which is said of other things too"},
            {"was not searched for rows larger than 1 GB within", "a table of a gigabyte"},
            {"note which jobs are active, then: UPDATE cron.job SET active = false;", "a server with pg_cron"}})
            .collect(Collectors.toMap(row -> row[0], row -> row[1], (first, second) -> first, LinkedHashMap::new));

    private static Map<Path, String> sources(String... folders) throws IOException {
        Map<Path, String> sources = new LinkedHashMap<>();
        for (String folder : folders) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("HintsCoveredTest.java"))
                        .sorted().forEach(file -> {
                            try {
                                sources.put(file, Files.readString(file));
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
            }
        }
        return sources;
    }

    /**
     * Texts as they are printed, near enough: one after another where they are put together, without what patterns and
     * quotation need.
     */
    private static String plain(String java) {
        return java.replaceAll("\\\\\n\\s*|\"\\s*\\+\\s*\"", "").replaceAll("[()\\\\]", "").replaceAll("\\s+", " ");
    }

    @Test
    void words_of_each_stand_in_a_test() throws IOException {
        String tests = plain(String.join("\n", sources("tests").values()));
        List<String> unknown = new ArrayList<>();
        TreeSet<String> needless = new TreeSet<>(UNSAID.keySet());
        for (Map.Entry<Path, String> source : sources("lib", "scripts").entrySet()) {
            Matcher hint = HINT.matcher(source.getValue());
            while (hint.find()) {
                List<String> words = LITERAL.matcher(hint.group().replaceAll("\"\\s*\\+\\s*\"", "")).results()
                        .flatMap(text -> Stream.of(text.group(1).split("%(?:\\d\\$)?[sd]|\\\\n|[:;,] ")))
                        .map(HintsCoveredTest::plain)
                        .map(text -> FIRST.matcher(text).replaceFirst("$1")).filter(text -> text.length() > 12)
                        .toList();
                if (!words.isEmpty() && words.stream().noneMatch(tests::contains)) {
                    List<String> known = UNSAID.keySet().stream()
                            .filter(text -> words.stream().anyMatch(said -> plain(text).contains(said))).toList();
                    needless.removeAll(known);
                    if (known.isEmpty()) {
                        unknown.add(source.getKey() + ": " + words);
                    }
                }
            }
        }
        assertEquals(List.of(), unknown);
        assertEquals(List.of(), List.copyOf(needless));
    }
}
