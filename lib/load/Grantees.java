//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.server.Session;

/**
 * What privileges say of roles that did not come along. What was granted to such a role goes without it; and where one
 * had default privileges, the connecting user has them, to whom its objects belong now.
 */
final class Grantees {
    private static final String NAME = "(\"[^\"]*+(?:\"\"[^\"]*+)*+\"|[^\\s\";]+)";
    /** As pg_restore writes each, with one grantee; whatever stands in quotes may hold the very same words. */
    private static final Pattern STATEMENT = Pattern.compile("(?md)^(?:ALTER DEFAULT PRIVILEGES FOR ROLE " + NAME
            + "|GRANT|REVOKE)((?:\"[^\"]*+\"|[^\\s\";]++|\\s)+?(?:TO|FROM) )" + NAME + "( WITH GRANT OPTION)?;\n");

    private final Set<String> there;
    private final String user;
    private final Ownership ownership;
    private final Map<String, Integer> droppedGrants = new TreeMap<>();
    private final Set<String> replacedOwners = new TreeSet<>();

    /**
     * @param target a session on the target, where the roles are by now
     * @param user the connecting user
     */
    Grantees(Session target, String user, Ownership ownership) {
        there = new HashSet<>(
                target.texts("listing the roles", "SELECT rolname FROM pg_catalog.pg_roles"));
        this.user = user;
        this.ownership = ownership;
    }

    /**
     * @param script statements as pg_restore writes them, one character for each byte
     * @return the script without the statements that the target cannot have
     */
    String rewrite(String script) {
        boolean utf8 = script.contains("\nSET client_encoding = 'UTF8';\n");
        return STATEMENT.matcher(script).replaceAll(statement -> Matcher.quoteReplacement(rewrite(statement, utf8)));
    }

    private String rewrite(MatchResult statement, boolean utf8) {
        String owner = statement.group(1) == null ? null : name(statement.group(1), utf8);
        String grantee = name(statement.group(3), utf8);
        boolean standIn = owner != null && !canActAs(owner);
        boolean toSelf = standIn && grantee.equals(owner);
        if (!toSelf && !there.contains(grantee) && !statement.group(3).equals("PUBLIC")) {
            droppedGrants.merge(grantee, 1, Integer::sum);
            return "";
        } else if (!standIn) {
            return statement.group();
        }
        replacedOwners.add(owner);
        return "ALTER DEFAULT PRIVILEGES" + statement.group(2) + (toSelf ? "CURRENT_USER" : statement.group(3))
                + (statement.group(4) == null ? "" : statement.group(4)) + ";\n";
    }

    private boolean canActAs(String role) {
        return there.contains(role) && ownership.join(role);
    }

    private static String name(String quoted, boolean utf8) {
        String name = quoted.startsWith("\"") ? quoted.substring(1, quoted.length() - 1).replace("\"\"", "\"") : quoted;
        return utf8 ? new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8) : name;
    }

    /** @return what the statements have lost, in words */
    List<String> warnings() {
        List<String> notes = new ArrayList<>();
        droppedGrants.forEach((role, count) -> notes
                .add("what was granted to role \"%s\" is left out (%d): the target has no such role".formatted(role,
                        count)));
        replacedOwners.forEach(role -> notes
                .add("the default privileges of role \"%s\" are those of \"%s\" now".formatted(role, user)));
        return notes;
    }
}
