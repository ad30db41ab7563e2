package lib.load;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Rewrites grants by other roles than the owner for a user who is not a superuser. pg_dump runs them under the grantor
 * with SET SESSION AUTHORIZATION, which is for superusers; a member of the grantor can use SET ROLE instead. Where that
 * is not possible, the owner grants the privilege.
 */
public final class Grantors {
    private static final Pattern GRANTOR_BLOCK = Pattern.compile(
            "(?md)^SET SESSION AUTHORIZATION (\"(?:[^\"]|\"\")+\"|[^\";\n]+);\n((?s:.*?))^RESET SESSION "
                    + "AUTHORIZATION(?=;?$)");

    private final Ownership ownership;
    private final Map<String, Boolean> joined = new TreeMap<>();

    Grantors(Ownership ownership) {
        this.ownership = ownership;
    }

    /**
     * Becomes a member of the grantors as far as that is possible.
     *
     * @param script statements as pg_restore writes them, one character for each byte, or one statement as it is
     * @return the statements in a form that this user may run
     */
    String rewrite(String script) {
        boolean utf8 = script.contains("\nSET client_encoding = 'UTF8';\n");
        return GRANTOR_BLOCK.matcher(script)
                .replaceAll(found -> Matcher.quoteReplacement(joinGrantor(found.group(1), utf8)
                        ? "SET ROLE " + found.group(1) + ";\n" + found.group(2) + "RESET ROLE" : found.group(2)));
    }

    /** @return a statement with SET ROLE in place of SET SESSION AUTHORIZATION, for a member of its grantor */
    public static String withSetRole(String statement) {
        return GRANTOR_BLOCK.matcher(statement).replaceAll("SET ROLE $1;\n$2RESET ROLE");
    }

    private boolean joinGrantor(String quoted, boolean utf8) {
        String name = quoted.startsWith("\"") ? quoted.substring(1, quoted.length() - 1).replace("\"\"", "\"") : quoted;
        return joined.computeIfAbsent(
                utf8 ? new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8) : name,
                ownership::join);
    }

    /** @return the grantors for whom the owners have granted */
    Set<String> replacedGrantors() {
        return joined.entrySet().stream().filter(grantor -> !grantor.getValue()).map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
