//DEPS com.google.code.gson:gson:2.13.1
package lib.roles;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Printable;
import lib.talk.Sql;

/** What becomes of each role, in messages and as JSON. It never holds a password. */
public final class RoleReport {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create();

    private final Roles source;
    private final RoleTranslation translation;
    private final boolean passwords;

    /** @param passwords whether passwords were to be written, as far as they can be read */
    RoleReport(Roles source, RoleTranslation translation, boolean passwords) {
        this.source = source;
        this.translation = translation;
        this.passwords = passwords;
    }

    /** Prints what does not arrive as it is on the source, with the statement that would restore it. */
    public void print(Console console) {
        console.explain("role \"%s\" is left out: it is the source's bootstrap superuser", source.bootstrap());
        for (RoleOutcome outcome : translation.outcomes()) {
            switch (outcome.action()) {
                case KEPT -> printKept(console, outcome);
                case LEFT_OUT -> console.say("role \"%s\" is left out: %s", outcome.role(), outcome.why());
                default -> console.explain("role \"%s\" is %s", outcome.role(), word(outcome.action()));
            }
        }
        for (RoleLoss loss : translation.losses()) {
            console.warn("%s", loss);
            if (loss.statement() != null) {
                console.hint("%s", loss.remedy(translation.target().kind().helper() + " may run"));
            }
        }
    }

    private void printKept(Console console, RoleOutcome outcome) {
        // What the target's user may not alter is reported as a loss.
        if (translation.isServices(outcome.role().name())) {
            console.say("role \"%s\" keeps its attributes and its password: %s", outcome.role(), outcome.why());
        } else if (losses(outcome.role().name()).stream().noneMatch(loss -> loss.get("why").equals(outcome.why()))) {
            console.warn("role \"%s\" keeps its attributes and its password: %s", outcome.role(), outcome.why());
        }
    }

    /** Names the roles that can log in and arrive without a password because the source does not show it. */
    public void printWithoutPassword(Console console, String user) {
        if (!source.readable() && !withoutPassword().isEmpty()) {
            console.warn(
                    "the passwords of the source cannot be read by \"%s\"; these roles can log in and are created "
                            + "without a password: %s",
                    user,
                    withoutPassword().stream().map(name -> '"' + name + '"').collect(Collectors.joining(", ")));
            console.hint(
                    "run this again as a superuser of the source, or afterwards: mst-passwords --out "
                            + "passwords.csv, or in psql on the target:%s",
                    withoutPassword().stream().map(name -> " \\password " + Sql.ident(name))
                            .collect(Collectors.joining()));
        }
    }

    private List<String> withoutPassword() {
        return made().filter(role -> role.has(Roles.Attribute.LOGIN) && role.verifier() == null).map(Roles.Role::name)
                .toList();
    }

    private Stream<Roles.Role> made() {
        return Stream.of(RoleOutcome.Action.CREATED, RoleOutcome.Action.ALTERED)
                .flatMap(action -> translation.roles(action).stream());
    }

    /** @return one line with what is written */
    public String summary() {
        return String.join(", ", Count.of(made().count(), "role"),
                Count.of(translation.memberships().size(), "membership"),
                Count.of(translation.settings(false).size() + translation.settings(true).size(), "setting"),
                Count.of(translation.parameterGrants().size(), "parameter grant")) + "; "
                + Count.of(translation.losses().size(), "thing") + " left out"
                + (translation.lowered().isEmpty() ? ""
                        : ", " + Count.of(translation.lowered().size(), "role") + " lowered");
    }

    /**
     * The report as JSON: {@code roles} with {@code becomes} (created, altered, kept, left out), {@code why}, the
     * attributes of which it is {@code lowered}, and all that it {@code loses}; and the steps that remain to be done by
     * a superuser of the target, or the support of the service, as {@code manual}, but for those that give more than on
     * the source, which stand in {@code loses} with a {@code caution}. Without a target, a role that will turn out to
     * exist is altered.
     */
    public String json() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("database", source.database());
        report.put("target_kind", translation.target().kind().option());
        report.put("target_version", translation.target().major());
        report.put("target_user", translation.target().user().orElse(null));
        report.put("passwords", !passwords ? "left out" : source.readable() ? "included" : "unreadable");
        report.put("without_password", withoutPassword());
        report.put("roles", roles());
        report.put("others", losses(null));
        // These are run without reading the cautions.
        report.put("manual",
                translation.losses().stream().filter(loss -> loss.caution() == null).map(RoleLoss::statement)
                        .filter(Objects::nonNull)
                        .map(statement -> statement + ";").toList());
        return Printable.json(GSON.toJson(report));
    }

    private List<Map<String, Object>> roles() {
        List<Map<String, Object>> roles = new ArrayList<>();
        roles.add(role(source.bootstrap(), RoleOutcome.Action.LEFT_OUT, "it is the source's bootstrap superuser",
                Set.of()));
        translation.outcomes().forEach(
                outcome -> roles.add(role(outcome.role().name(), outcome.action(), outcome.why(), outcome.lowered())));
        return roles;
    }

    private Map<String, Object> role(String name, RoleOutcome.Action action, String why, Set<Roles.Attribute> lowered) {
        Map<String, Object> role = new LinkedHashMap<>();
        role.put("name", name);
        role.put("becomes", word(action));
        role.put("why", why);
        role.put("lowered", lowered.stream().map(Roles.Attribute::name).toList());
        role.put("loses", losses(name));
        return role;
    }

    private List<Map<String, Object>> losses(String role) {
        List<Map<String, Object>> losses = new ArrayList<>();
        for (RoleLoss loss : translation.losses()) {
            if (Objects.equals(loss.role(), role)) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("what", loss.what());
                one.put("why", loss.why());
                one.put("statement", loss.statement() == null ? null : loss.statement() + ";");
                one.put("caution", loss.caution());
                losses.add(one);
            }
        }
        return losses;
    }

    private static String word(RoleOutcome.Action action) {
        return action.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
