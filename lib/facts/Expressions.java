package lib.facts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Expressions and definitions as a server prints them, in a form that dumping and restoring does not change. The server
 * prints what it has understood, and understands what it has printed a little differently: {@code (a AND b) AND c}
 * loses its inner parentheses, the cast of an array moves to its elements, a constant without a name in a later branch
 * of a UNION gets that of its type ({@code 'x'::text AS text}), and an identifier is quoted by those versions that have
 * it as a keyword.
 */
final class Expressions {
    /** Strings, quoted names, words, brackets, and each other character by itself. */
    private static final Pattern TOKEN = Pattern.compile(
            "[eE]'(?:[^'\\\\]|\\\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[\\p{L}_][\\p{L}\\p{N}_$]*|"
                    + "[\\p{N}][\\p{L}\\p{N}.]*|::|\\s+|.",
            Pattern.DOTALL);
    private static final Pattern PLAIN = Pattern.compile("\"([a-z_][a-z0-9_$]*)\"");

    /** The names of types that SQL has other words for (PostgreSQL manual, 8 "Data Types"). */
    private static final Map<String, String> NAMES =
            Map.ofEntries(Map.entry("integer", "int4"), Map.entry("bigint", "int8"), Map.entry("smallint", "int2"),
                    Map.entry("boolean", "bool"), Map.entry("real", "float4"), Map.entry("double precision", "float8"),
                    Map.entry("character varying", "varchar"),
                    Map.entry("character", "bpchar"), Map.entry("bit varying", "varbit"),
                    Map.entry("timestamp without time zone", "timestamp"),
                    Map.entry("timestamp with time zone", "timestamptz"), Map.entry("time without time zone", "time"),
                    Map.entry("time with time zone", "timetz"));

    /** A token, or what stands between a pair of brackets. {@code open} is null for a token. */
    private record Node(String token, String open, List<Node> inner) {
        static Node of(String token) {
            Matcher plain = PLAIN.matcher(token);
            return new Node(plain.matches() ? plain.group(1) : token, null, List.of());
        }

        boolean is(String wanted) {
            return wanted.equals(token);
        }

        boolean isGroup(String wanted) {
            return wanted.equals(open);
        }

        @Override
        public String toString() {
            return open == null ? token : open + text(inner) + (open.equals("(") ? ")" : "]");
        }
    }

    private Expressions() {
    }

    /** @return whether both expressions mean the same */
    static boolean same(String one, String other) {
        return one.equals(other) || canonical(one).equals(canonical(other));
    }

    /** @return a form for comparison only, not for a server */
    static String canonical(String expression) {
        List<String> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(expression);
        while (matcher.find()) {
            if (!matcher.group().isBlank()) {
                tokens.add(matcher.group());
            }
        }
        int[] position = {0};
        List<Node> nodes = new ArrayList<>();
        while (position[0] < tokens.size()) {
            nodes.addAll(group(tokens, position));
            // A closing bracket without an opening one is nothing a server prints; it is kept as a token.
            if (position[0] < tokens.size()) {
                nodes.add(Node.of(tokens.get(position[0]++)));
            }
        }
        return text(simplified(nodes));
    }

    private static List<Node> group(List<String> tokens, int[] position) {
        List<Node> nodes = new ArrayList<>();
        while (position[0] < tokens.size()) {
            String token = tokens.get(position[0]);
            if (token.equals(")") || token.equals("]")) {
                break;
            }
            position[0]++;
            if (token.equals("(") || token.equals("[")) {
                List<Node> inner = group(tokens, position);
                position[0]++;
                nodes.add(new Node(null, token, inner));
            } else {
                nodes.add(Node.of(token));
            }
        }
        return simplified(nodes);
    }

    private static List<Node> simplified(List<Node> nodes) {
        return flattened(flattened(castInside(unnamed(nodes)), "AND"), "OR");
    }

    /**
     * {@code 'x'::text AS text} becomes {@code 'x'::text}: a cast has the name of its type anyway (FigureColname in
     * PostgreSQL's parse_target.c).
     */
    private static List<Node> unnamed(List<Node> nodes) {
        List<Node> result = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).is("AS") && i + 1 < nodes.size() && nodes.get(i + 1).token != null
                    && nodes.get(i + 1).token.equals(typeBefore(nodes, i))) {
                i++;
            } else {
                result.add(nodes.get(i));
            }
        }
        return result;
    }

    /** @return the name, without a schema, of the type to which something is cast right before this place, or null */
    private static String typeBefore(List<Node> nodes, int end) {
        List<String> words = new ArrayList<>();
        for (int i = end - 1; i > 0; i--) {
            Node node = nodes.get(i);
            if (node.is("::")) {
                String name = String.join(" ", words);
                return NAMES.getOrDefault(name, name.substring(name.lastIndexOf('.') + 1).strip());
            }
            if (node.token != null && !node.is(".") && !node.token.matches("(?s)[\\p{L}_\"].*")) {
                return null;
            }
            if (node.token != null) {
                words.add(0, node.token);
            }
        }
        return null;
    }

    /** {@code (a AND b) AND c} becomes {@code a AND b AND c}. */
    private static List<Node> flattened(List<Node> nodes, String connective) {
        if (nodes.stream().noneMatch(node -> node.is(connective))) {
            return nodes;
        }
        List<Node> flat = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            boolean operand = (i == 0 || nodes.get(i - 1).is(connective))
                    && (i == nodes.size() - 1 || nodes.get(i + 1).is(connective));
            Node node = nodes.get(i);
            if (operand && node.isGroup("(") && node.inner.stream().anyMatch(inner -> inner.is(connective))) {
                flat.addAll(node.inner);
            } else {
                flat.add(node);
            }
        }
        return flat;
    }

    /** {@code (ARRAY[a, b])::t[]} becomes {@code ARRAY[(a)::t, (b)::t]}. */
    private static List<Node> castInside(List<Node> nodes) {
        List<Node> result = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            int end = isArray(nodes.get(i)) && i + 1 < nodes.size() && nodes.get(i + 1).is("::")
                    ? endOfType(nodes, i + 2) : -1;
            if (end < 0) {
                result.add(nodes.get(i));
                continue;
            }
            List<Node> type = nodes.subList(i + 1, end);
            List<Node> elements = new ArrayList<>();
            List<Node> element = new ArrayList<>();
            for (Node node : nodes.get(i).inner.get(1).inner) {
                if (node.is(",")) {
                    elements.addAll(cast(element, type));
                    elements.add(node);
                    element = new ArrayList<>();
                } else {
                    element.add(node);
                }
            }
            elements.addAll(cast(element, type));
            result.add(Node.of("ARRAY"));
            result.add(new Node(null, "[", elements));
            i = end;
        }
        return result;
    }

    private static boolean isArray(Node node) {
        return node.isGroup("(") && node.inner.size() == 2 && node.inner.get(0).is("ARRAY")
                && node.inner.get(1).isGroup("[");
    }

    /** @return where the empty brackets stand that make the type an array, or -1 when it is none */
    private static int endOfType(List<Node> nodes, int start) {
        for (int i = start; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            if (node.isGroup("[")) {
                return node.inner.isEmpty() ? i : -1;
            } else if (!node.isGroup("(") && !node.is(".") && !node.token.matches("(?s)[\\p{L}_\"].*")) {
                return -1;
            }
        }
        return -1;
    }

    private static List<Node> cast(List<Node> element, List<Node> type) {
        List<Node> cast = new ArrayList<>();
        cast.add(new Node(null, "(", List.copyOf(element)));
        cast.addAll(type);
        return cast;
    }

    private static String text(List<Node> nodes) {
        return nodes.stream().map(Node::toString).collect(Collectors.joining(" "));
    }
}
