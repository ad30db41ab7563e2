package lib.roles;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.talk.ShellScript;

/**
 * Roles of the source that do not exist on the target, or whose objects the connecting user takes over there.
 *
 * @param absent those that do not exist on the target
 * @param replaced those that the connecting user stands in for, including the absent ones
 */
public record MissingRoles(Set<String> absent, Set<String> replaced) {
    public static final MissingRoles NONE = new MissingRoles(Set.of(), Set.of());

    /**
     * @return what {@code Grantees} does, as arguments of sed -E, each with a space before; nothing where there is
     * nothing to do
     */
    public String sed() {
        return new TreeSet<>(replaced).stream()
                .map(role -> expression("s/^(ALTER DEFAULT PRIVILEGES) FOR ROLE " + name(role) + " /\\1 /"))
                .collect(Collectors.joining())
                + new TreeSet<>(absent).stream()
                        .map(role -> expression("/^(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) .* (TO|FROM) " + name(role)
                                + "( WITH GRANT OPTION)?;$/d"))
                        .collect(Collectors.joining());
    }

    private static String expression(String text) {
        return " -e " + ShellScript.quoted(text);
    }

    /** It stands in quotes where it must. */
    private static String name(String role) {
        return "\"?" + role.replace("\"", "\"\"").replaceAll("[\\\\/.*+?^$(){}|\\[\\]]", "\\\\$0") + "\"?";
    }
}
