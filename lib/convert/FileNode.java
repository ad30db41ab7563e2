//DEPS org.snakeyaml:snakeyaml-engine:3.0.1
package lib.convert;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.talk.Failure;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A value of the YAML file with its line. Whatever is not of the kind that is asked for is a failure that names the
 * line, what is wrong, and what is allowed.
 *
 * @param what it is, for messages, such as {@code "chunk_interval"}
 */
record FileNode(Path file, Node node, String what) {
    /** Keys with their values, all of them known and none twice. */
    record Keys(FileNode node, Map<String, FileNode> values) {
        /** @return null where it is not given */
        FileNode get(String key) {
            return values.get(key);
        }

        FileNode need(String key) {
            FileNode value = values.get(key);
            if (value == null) {
                throw node.failure("%s lacks \"%s\"", node.what, key);
            }
            return value;
        }
    }

    int line() {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    Failure failure(String format, Object... values) {
        return failure(file, line(), format, values);
    }

    static Failure failure(Path file, int line, String format, Object... values) {
        Object[] all = new Object[values.length + 2];
        all[0] = file;
        all[1] = line;
        System.arraycopy(values, 0, all, 2, values.length);
        return Failure.usage("%s:%d: " + format, all);
    }

    /** @param allowed the keys that it may have */
    Keys keys(String... allowed) {
        if (!(node instanceof MappingNode mapping)) {
            throw failure("%s is %s; allowed: keys with values, of %s", what, kind(node), String.join(", ", allowed));
        }
        Map<String, FileNode> values = new LinkedHashMap<>();
        for (NodeTuple pair : mapping.getValue()) {
            String key = new FileNode(file, pair.getKeyNode(), "a key of " + what).text();
            FileNode value = new FileNode(file, pair.getValueNode(), '"' + key + '"');
            int line = new FileNode(file, pair.getKeyNode(), key).line();
            if (!Arrays.asList(allowed).contains(key)) {
                throw failure(file, line, "unknown key \"%s\" in %s; allowed: %s", key, what,
                        String.join(", ", allowed));
            }
            if (values.put(key, value) != null) {
                throw failure(file, line, "key \"%s\" is there twice in %s; allowed: once", key, what);
            }
        }
        return new Keys(this, values);
    }

    /** @param each what an element is, for messages */
    List<FileNode> list(String each) {
        if (!(node instanceof SequenceNode sequence)) {
            throw failure("%s is %s; allowed: a list, each element of which is %s", what, kind(node), each);
        }
        return sequence.getValue().stream().map(element -> new FileNode(file, element, each)).toList();
    }

    boolean isText() {
        return node instanceof ScalarNode;
    }

    /** @return a text that is not empty */
    String text() {
        if (!(node instanceof ScalarNode scalar)) {
            throw failure("%s is %s; allowed: a text", what, kind(node));
        } else if (scalar.getTag().equals(Tag.NULL) || scalar.getValue().isEmpty()) {
            throw failure("%s is empty; allowed: a text", what);
        }
        return scalar.getValue();
    }

    int number(int least, int largest) {
        String text = text();
        long number = text.matches("\\d{1,9}") ? Long.parseLong(text) : -1;
        if (number < least || number > largest) {
            throw failure("%s is \"%s\"; allowed: a number from %d to %d", what, text, least, largest);
        }
        return (int) number;
    }

    Span span() {
        Span span = Span.parse(text());
        if (span == null) {
            throw failure("%s is \"%s\"; allowed: %s", what, text(), Span.ALLOWED);
        }
        return span;
    }

    /** @return the one of these whose word it is */
    <T> T oneOf(List<T> allowed) {
        String text = text();
        return allowed.stream().filter(each -> each.toString().equals(text)).findFirst()
                .orElseThrow(() -> failure("%s is \"%s\"; allowed: %s", what, text,
                        String.join(", ", allowed.stream().map(Object::toString).toList())));
    }

    private static String kind(Node node) {
        return node instanceof MappingNode ? "a group of keys" : node instanceof SequenceNode ? "a list" : "a text";
    }
}
