//DEPS org.postgresql:postgresql:42.7.14
package lib.passwords;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import lib.dsn.Dsn;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.ShellScript;
import lib.talk.Sql;

/** Which roles of the target get which password. */
public final class PasswordAssignment {
    /**
     * What the operator wants.
     *
     * @param roles those that are to get a password; empty for those that lack one
     * @param given the passwords of a file, by role; empty where there is none
     * @param overwrite whether roles that have a password get another one
     */
    public record Order(Collection<String> roles, Collection<String> leaveOut, Map<String, String> given,
            boolean overwrite) {
    }

    private final Console console;
    private final PasswordRoles known;
    private final Order order;
    private final Map<String, String> held;
    private final Map<String, String> pending;
    private final Set<String> lacking;

    /**
     * @param store where the passwords are kept, or null
     * @throws Failure when one of the roles cannot be given a password
     */
    public PasswordAssignment(Console console, PasswordRoles known, PasswordStore store, Order order) {
        this.console = console;
        this.known = known;
        this.order = order;
        pending = store == null ? Map.of() : pending(store);
        held = store == null || order.overwrite() ? Map.of() : store.held();
        lacking = lacking();
    }

    /** @return the passwords that an interrupted run may or may not have set, to be set now */
    private Map<String, String> pending(PasswordStore store) {
        Map<String, String> interrupted = new LinkedHashMap<>(store.pending());
        interrupted.keySet().removeAll(order.leaveOut());
        known.check(interrupted.keySet());
        interrupted.keySet().forEach(role -> console.say("role \"%s\" gets the password of an interrupted run", role));
        return interrupted;
    }

    private Set<String> lacking() {
        Set<String> chosen = new LinkedHashSet<>(order.roles());
        if (order.roles().isEmpty() && !order.given().isEmpty()) {
            order.given().keySet().stream().filter(role -> !known.isUser(role)).forEach(chosen::add);
        } else if (order.roles().isEmpty()) {
            chosen.addAll(known.lacking(order.overwrite()));
        }
        order.leaveOut().stream().filter(role -> !known.exists(role)).findFirst().ifPresent(role -> {
            throw Failure.of("the target has no role \"%s\" to leave out", role);
        });
        chosen.removeAll(order.leaveOut());
        known.check(chosen);
        chosen.removeIf(role -> {
            boolean keeps =
                    !order.overwrite() && (known.known() ? known.hasPassword(role) : held.containsKey(role));
            if (keeps) {
                console.say("role \"%s\" keeps its password", role);
            }
            return keeps;
        });
        if (order.roles().isEmpty() && order.given().isEmpty() && !known.known() && !chosen.isEmpty()) {
            console.warn(
                    "the user of the target cannot see which roles have a password: every role of the source gets "
                            + "a new one");
        }
        return chosen;
    }

    /** @return the passwords to set, by role: those of the file, else those that are held, else new ones */
    public Map<String, String> generated(PasswordGenerator generator) {
        return asked(role -> {
            String kept = held.getOrDefault(role, generator.next());
            return Optional.of(order.given().getOrDefault(role, kept));
        });
    }

    /**
     * @param prompt asks for the password of a role; it gives nothing for a role that is to be left without one
     * @return the passwords to set, by role
     */
    public Map<String, String> asked(Function<String, Optional<String>> prompt) {
        Map<String, String> passwords = new LinkedHashMap<>(pending);
        lacking.stream().filter(role -> order.overwrite() || !pending.containsKey(role))
                .forEach(role -> prompt.apply(role).ifPresentOrElse(password -> passwords.put(role, password),
                        () -> console.say("role \"%s\" is left without a password", role)));
        return passwords;
    }

    /** @return a shell script in which psql asks for each password */
    public String script(Dsn target) {
        Set<String> names = new LinkedHashSet<>(lacking);
        names.addAll(pending.keySet());
        ShellScript script = new ShellScript("mst-passwords: passwords for roles of %s".formatted(target),
                List.of("password_encryption=scram-sha-256"));
        if (names.isEmpty()) {
            return script.step("No role lacks a password").text();
        }
        // Without a terminal psql would take the following lines of the script for passwords.
        script.step("psql asks for each password, and sends what SCRAM makes of it").line(": </dev/tty");
        names.forEach(role -> script.tool("psql", ShellScript.Side.TARGET,
                List.of("--no-psqlrc", "--quiet", "--command=\\password " + Sql.ident(role))));
        return script.text();
    }
}
