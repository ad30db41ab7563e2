package lib.roles;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lib.talk.Printable;
import lib.talk.PrintableSql;
import lib.talk.Sql;

/**
 * Roles as one SQL text, in one transaction, without anything that only psql understands. It may be run again and on
 * servers that have some of the roles: those that are missing are created, then all are altered, but for the bootstrap
 * superuser and the user who runs it, whose attributes and passwords somebody needs.
 */
final class RoleScript {
    private static final String OWN = "(oid = 10 OR rolname = current_user)";

    private final Roles source;
    private final RoleTranslation translation;
    private final List<String> lines = new ArrayList<>();

    private RoleScript(Roles source, RoleTranslation translation) {
        this.source = source;
        this.translation = translation;
    }

    /** @param header the lines of the comment at the top */
    static String of(Roles source, RoleTranslation translation, List<String> header) {
        RoleScript script = new RoleScript(source, translation);
        header.forEach(script::remark);
        script.losses();
        script.roles();
        script.section("Settings", translation.settings(false).stream().map(RoleStatements::set).toList());
        script.section("Memberships", translation.memberships().stream()
                .map(membership -> RoleStatements.grant(membership, translation.target().major())).toList());
        script.section("Grants on parameters",
                translation.parameterGrants().stream().map(RoleStatements::grant).toList());
        script.databaseSettings();
        script.lines.addAll(List.of("", "COMMIT;"));
        return PrintableSql.of(String.join("\n", script.lines)).text();
    }

    private void losses() {
        if (!translation.losses().isEmpty()) {
            remark("");
            remark("Left out:");
        }
        for (RoleLoss loss : translation.losses()) {
            remark(loss.toString());
            if (loss.statement() != null) {
                remark("  " + loss.remedy(translation.target().kind().helper() + " may run"));
            }
        }
    }

    private void roles() {
        // Names and comments must arrive as written here, with any client and any client encoding.
        lines.addAll(List.of("", "BEGIN;", "SET LOCAL client_encoding = 'UTF8';",
                "SET LOCAL client_min_messages = warning;"));
        List<Roles.Role> made = new ArrayList<>();
        lines.add("");
        for (RoleOutcome outcome : translation.outcomes()) {
            switch (outcome.action()) {
                case CREATED, ALTERED -> made.add(outcome.role());
                case KEPT ->
                    remark("Role \"" + outcome.role() + "\" keeps its attributes and its password: " + outcome.why());
                case LEFT_OUT -> remark("Role \"" + outcome.role() + "\" is left out: " + outcome.why());
            }
        }
        if (!made.isEmpty()) {
            create(made);
            made.forEach(this::alter);
        }
        section("Comments",
                translation.commented().stream().flatMap(role -> RoleStatements.comment(role).stream()).toList());
    }

    private void create(List<Roles.Role> roles) {
        remark("Roles; those that are missing are created");
        lines.add(block("""
                DECLARE
                  role_name text;
                BEGIN
                  FOREACH role_name IN ARRAY ARRAY[
                    %s]
                  LOOP
                    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
                      EXECUTE pg_catalog.format('CREATE ROLE %%I', role_name);
                    ELSIF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name AND %s) THEN
                      RAISE WARNING 'role "%%" keeps its attributes and its password: it is the current user or the \
                bootstrap superuser', role_name;
                    END IF;
                  END LOOP;
                END""".formatted(
                roles.stream().map(role -> Sql.literal(role.name())).collect(Collectors.joining(",\n    ")), OWN)));
    }

    private void alter(Roles.Role role) {
        lines.add(block("""
                BEGIN
                  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %s AND %s) THEN
                    %s;%s
                  END IF;
                END""".formatted(Sql.literal(role.name()), OWN,
                RoleStatements.alter(role, translation.target().givable()), unlimited(role))));
    }

    /** One that the target has may have expired there, which none without VALID UNTIL ever does. */
    private String unlimited(Roles.Role role) {
        return role.validUntil() != null || !translation.target().exists(role.name()) ? "" : """

                    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %s AND rolvaliduntil IS NOT NULL) THEN
                      ALTER ROLE %s VALID UNTIL 'infinity';
                    END IF;""".formatted(Sql.literal(role.name()), Sql.ident(role.name())).indent(2).stripTrailing();
    }

    /**
     * They are for the database that takes the place of the source's, which one is usually not connected to before it
     * is created.
     */
    private void databaseSettings() {
        List<Roles.Setting> settings = translation.settings(true);
        if (settings.isEmpty()) {
            return;
        }
        StringBuilder statements = new StringBuilder();
        for (Roles.Setting setting : settings) {
            statements.append("\n    EXECUTE ").append(Sql.literal(RoleStatements.inDatabase(setting)))
                    .append(" || pg_catalog.quote_ident(pg_catalog.current_database()) || ")
                    .append(Sql.literal(RoleStatements.assignment(setting)))
                    .append(';');
        }
        String database = translation.target().database().orElse(source.database());
        lines.add("");
        remark("Settings in one database, the one that is connected to");
        lines.add(block("""
                BEGIN
                  IF pg_catalog.current_database() IN ('postgres', 'template1') AND pg_catalog.current_database() <> \
                %s THEN
                    RAISE WARNING USING MESSAGE = %s;
                  ELSE%s
                  END IF;
                END""".formatted(Sql.literal(database),
                Sql.literal(Printable.of("settings of roles in a database are left out (" + settings.size()
                        + "): run this once more when you are connected to the database that takes the place of \""
                        + source.database() + "\"").text()),
                statements)));
    }

    private void section(String title, List<String> statements) {
        if (!statements.isEmpty()) {
            lines.add("");
            remark(title);
            statements.forEach(statement -> lines.add(statement + ";"));
        }
    }

    /** A line break in a name must not end the comment. */
    private void remark(String text) {
        lines.add(("-- " + Printable.of(text)).stripTrailing());
    }

    /** Dollar quotes that nothing inside can close, whatever a role is called. */
    private static String block(String code) {
        String body = PrintableSql.of(code).text();
        String tag = "$role$";
        while (body.contains(tag)) {
            tag = tag.substring(0, tag.length() - 1) + "_$";
        }
        return "DO " + tag + " " + body + " " + tag + ";";
    }
}
