package testbed;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * What pom.xml says: a version, which is not that of the commands, and the libraries.
 *
 * @param libraries by {@code group:artifact}
 */
public record Pom(String version, Map<String, Library> libraries) {
    public static final Path FILE = Path.of("pom.xml");

    /** One library, with properties of the file replaced by what they stand for. */
    public record Library(String version, boolean forTests) {
    }

    public static Pom read() {
        try {
            Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(FILE.toFile());
            Map<String, Library> libraries = new TreeMap<>();
            var dependencies = document.getElementsByTagName("dependency");
            IntStream.range(0, dependencies.getLength()).mapToObj(i -> (Element) dependencies.item(i))
                    .forEach(each -> libraries.put(text(each, "groupId") + ":" + text(each, "artifactId"),
                            new Library(text(each, "version"), "test".equals(text(each, "scope")))));
            return new Pom(text(document.getDocumentElement(), "version"), libraries);
        } catch (Exception e) {
            throw new IllegalStateException(FILE + " cannot be read", e);
        }
    }

    /** @return the text of the first element of a name, with a property replaced, or null where there is none */
    private static String text(Element parent, String name) {
        var found = parent.getElementsByTagName(name);
        if (found.getLength() == 0) {
            return null;
        }
        String text = found.item(0).getTextContent().strip();
        return text.matches("\\$\\{.+}")
                ? text(parent.getOwnerDocument().getDocumentElement(), text.substring(2, text.length() - 1)) : text;
    }
}
