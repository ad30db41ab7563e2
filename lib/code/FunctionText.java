package lib.code;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a function, and what it names without a schema, so that only a search_path finds it. The text may be in
 * any language, and what stands in its strings counts too, for it may be run. A name too many is possible: of a
 * variable that is called like a type, for example.
 */
public final class FunctionText {
    /**
     * What is asked for a function's text: in SQL_ASCII it may be no text in any encoding, and the server refuses to
     * send it as one. Words are all that counts. A function that was dropped after the snapshot was taken stands in
     * pg_proc still, and has no definition any more.
     */
    static final String DEFINITION =
            "coalesce(CASE WHEN pg_catalog.getdatabaseencoding() <> 'SQL_ASCII' THEN "
                    + "pg_catalog.pg_get_functiondef(p.oid)"
                    + " ELSE pg_catalog.encode(pg_catalog.convert_to(pg_catalog.pg_get_functiondef(p.oid), "
                    + "'SQL_ASCII'), 'escape') END, '')";
    /** Reads what is between the quotes of a quoted part, where that is kept. */
    public static final String BODY = "CASE WHEN p.prosrc = '' THEN " + DEFINITION
            + " WHEN pg_catalog.getdatabaseencoding() <> 'SQL_ASCII' THEN p.prosrc"
            + " ELSE pg_catalog.encode(pg_catalog.convert_to(p.prosrc, 'SQL_ASCII'), 'escape') END";

    /** What a name can be of. */
    public enum Kind {
        FUNCTION,
        RELATION,
        TYPE,
        OPERATOR
    }

    /** Comments, quoted names, words, operators, and each other character by itself. */
    private static final Pattern TOKEN = Pattern.compile(
            "--[^\n]*|(?s)/\\*.*?\\*/|\"(?:[^\"]|\"\")*\"|[\\p{L}_][\\p{L}\\p{N}_$]*|::|:=|[-+*/<>=~!@#%^&|`?]+|\\S");
    private static final Set<String> BEFORE_RELATION = Set.of("from", "join", "update", "only", "table");

    private final List<String> tokens = new ArrayList<>();

    public FunctionText(String text) {
        Matcher token = TOKEN.matcher(text);
        while (token.find()) {
            String found = token.group();
            if (!found.startsWith("--") && !found.startsWith("/*")) {
                tokens.add(found.startsWith("\"") ? found : found.toLowerCase(Locale.ROOT));
            }
        }
    }

    /**
     * @param known the names of each kind that are in some schema and not in the system's, with their schemas
     * @return what of that is named without a schema, with the schemas that have it
     */
    public Map<String, Set<String>> unqualified(Map<Kind, Map<String, Set<String>>> known) {
        Map<String, Set<String>> found = new TreeMap<>();
        boolean declaring = false;
        for (int i = 0; i < tokens.size(); i++) {
            declaring = tokens.get(i).equals("declare") || declaring && !tokens.get(i).equals("begin");
            String name = name(tokens.get(i));
            if (!at(i - 1).equals(".")) {
                for (Kind kind : Kind.values()) {
                    Set<String> schemas = known.getOrDefault(kind, Map.of()).get(name);
                    if (schemas != null && isOf(kind, i, declaring)) {
                        found.computeIfAbsent(name, any -> new TreeSet<>()).addAll(schemas);
                    }
                }
            }
        }
        return found;
    }

    /** @return the functions among these that it calls, with a schema or without */
    public Set<String> called(Predicate<String> functions) {
        Set<String> called = new HashSet<>();
        for (int i = 0; i < tokens.size(); i++) {
            if (at(i + 1).equals("(") && functions.test(name(tokens.get(i)))) {
                called.add(name(tokens.get(i)));
            }
        }
        return called;
    }

    /** @return whether one of its words is such, or a name in it, in a string as well */
    boolean containsWord(Predicate<String> wanted) {
        return tokens.stream().map(FunctionText::name).anyMatch(wanted);
    }

    /** @return whether it can run a statement that its text does not have */
    boolean runsStatements() {
        return containsWord(
                word -> word.equals("execute") || word.startsWith("spi_") || word.startsWith("query_to_xml"));
    }

    private boolean isOf(Kind kind, int place, boolean declaring) {
        String before = at(place - 1);
        String after = at(place + 1);
        return switch (kind) {
            case FUNCTION -> after.equals("(");
            case RELATION ->
                (BEFORE_RELATION.contains(before) || before.equals("into") && at(place - 2).equals("insert"))
                        && !after.equals(".") && !after.equals("(")
                        || after.equals("%") && (at(place + 2).equals("rowtype") || at(place + 2).equals("type"))
                        || after.equals(".") && at(place + 3).equals("%") && at(place + 4).equals("type");
            case TYPE -> !after.equals(".") && (before.equals("::") || before.equals("as") && after.equals(")")
                    || declaring && !before.equals(";") && !before.equals("declare")
                            && (after.equals(";") || after.equals(":=") || after.equals("=") || after.equals("default")
                                    || after.equals("[") || after.equals("(") || after.equals("not")));
            case OPERATOR -> true;
        };
    }

    private String at(int place) {
        return place < 0 || place >= tokens.size() ? "" : tokens.get(place);
    }

    private static String name(String token) {
        return token.length() > 1 && token.startsWith("\"")
                ? token.substring(1, token.length() - 1).replace("\"\"", "\"") : token;
    }
}
