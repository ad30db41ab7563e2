//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Run;
import testbed.Soak;
import testbed.SourceFile;

/** What make format does, to files that need it: JBang's directives and first lines stay as they are, byte for byte. */
class FormatTest {
    private static final String SETTINGS = "tests/house/eclipse-formatter.xml";

    @TempDir
    private Path folder;

    @Test
    void badly_formatted_files_become_those_of_the_repository() throws IOException {
        List<SourceFile> files = new ArrayList<>(SourceFile.below("scripts"));
        files.addAll(SourceFile.below(Soak.thorough() ? "lib" : "lib/talk"));
        for (String file : List.of("pom.xml", SETTINGS)) {
            Files.createDirectories(folder.resolve(file).getParent());
            Files.copy(Path.of(file), folder.resolve(file));
        }
        for (SourceFile file : files) {
            String bad = file.text().replaceAll("(?m)^(    (?:public|private|static)[^\"\n]*\\)) \\{$", "$1{")
                    .replaceAll("(?m)^    ([a-z][^\"\n]*;)$", "  $1");
            if (file.path().startsWith("scripts")) {
                assertNotEquals(file.text(), bad, file.toString());
            }
            Path copy = folder.resolve(file.path());
            Files.createDirectories(copy.getParent());
            Files.writeString(copy, bad);
        }
        Run.of(List.of("mvn", "-B", "-q", "-f", folder.resolve("pom.xml").toString(), "formatter:format")).orFail();
        for (SourceFile file : files) {
            assertEquals(file.text(), Files.readString(folder.resolve(file.path())), file.toString());
        }
    }
}
