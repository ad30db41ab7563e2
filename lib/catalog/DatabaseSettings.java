package lib.catalog;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.roles.RoleTarget;
import lib.server.Finding;
import lib.server.Session;
import lib.server.Settings;
import lib.talk.Sql;
import lib.tools.RefusedStatement;

/**
 * Properties of the database itself, which pg_dump writes only together with CREATE DATABASE (pg_dump manual,
 * {@code --create}).
 */
public final class DatabaseSettings {
    /** Of the database, or of a role in it; {@code value} is ready for SQL. */
    private record Setting(String role, String parameter, String value) {
        private String statement(String database) {
            return (role == null ? "ALTER " : "ALTER ROLE " + Sql.ident(role) + " IN ") + "DATABASE "
                    + Sql.ident(database) + " SET "
                    + Settings.name(parameter) + " TO " + value;
        }
    }

    /** What none of these changes is how a value is computed from one that is stored. */
    private static final List<String> HINDERING =
            List.of("array_nulls", "default_transaction_read_only", "lc_messages", "local_preload_libraries", "role",
                    "session_preload_libraries");

    /** In quotes, where a quote is doubled: what stands in a name or a value is never taken for SQL. */
    private static final String NAME = "\"[^\"]*+(?:\"\"[^\"]*+)*+\"";
    private static final Pattern SET = Pattern.compile(
            "(?s)ALTER (ROLE %1$s IN )?DATABASE %1$s SET (%1$s(?:\\.%1$s)*+) TO (.*)".formatted(NAME));
    private static final Pattern OF_DATABASE = Pattern.compile("((?:%1$s|[^\"'])*?DATABASE )%1$s".formatted(NAME));
    private static final Pattern ON = Pattern.compile("(?i)on|t|tr|tru|true|y|ye|yes|1");

    private DatabaseSettings() {
    }

    /**
     * @return what CREATE DATABASE must be told beside the name to make one like the source's (PostgreSQL manual,
     * CREATE DATABASE)
     */
    public static String creation(Session source) {
        return source.text("reading the properties of the database",
                """
                SELECT pg_catalog.concat_ws(' ', 'TEMPLATE template0 ENCODING',
                  pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(d.encoding)),
                         'LC_COLLATE', pg_catalog.quote_literal(d.datcollate), 'LC_CTYPE',
                           pg_catalog.quote_literal(d.datctype),
                         CASE j->>'datlocprovider'
                           WHEN 'i' THEN 'LOCALE_PROVIDER icu ICU_LOCALE ' ||
                             pg_catalog.quote_literal(coalesce(j->>'datlocale', j->>'daticulocale'))
                                         || coalesce(' ICU_RULES ' || pg_catalog.quote_literal(j->>'daticurules'), '')
                           WHEN 'b' THEN 'LOCALE_PROVIDER builtin BUILTIN_LOCALE ' ||
                             pg_catalog.quote_literal(j->>'datlocale') END)
                  FROM pg_catalog.pg_database d, pg_catalog.to_jsonb(d) j
                    WHERE d.datname = pg_catalog.current_database()""");
    }

    /**
     * @return a warning for each setting of the database itself that the target's user may not give; {@code name} is
     * that of its database
     */
    public static List<Finding> refused(Session source, RoleTarget target, String name) {
        return refusals(source, target, name).stream().map(refusal -> Finding.warning("settings",
                target.superuser() ? null : target.kind().helper() + " may run: " + refusal.statement() + ";",
                "SET %s of the database is left out: %s", Settings.name(refusal.subject().name()),
                refusal.why())).toList();
    }

    /** @return the settings of the database itself that the target's user may not give */
    public static List<RefusedStatement> refusals(Session source, RoleTarget target, String name) {
        return parameters(source).stream().filter(setting -> setting.role == null)
                .flatMap(setting -> target.refusal(setting.parameter)
                        .map(why -> new RefusedStatement(setting.statement(name), why)).stream())
                .toList();
    }

    /**
     * @return whether one of {@link #settings} is no setting, or would keep sessions and client programs from loading,
     * or from reading a dump right
     */
    public static boolean disturbsLoad(String statement) {
        return statement.startsWith("COMMENT ")
                || parameter(statement).filter(name -> HINDERING.stream().map(Settings::name).anyMatch(name::equals))
                        .isPresent();
    }

    /** @return the parameter that one of {@link #settings} sets, quoted, unless it is a comment */
    private static Optional<String> parameter(String statement) {
        return Optional.of(SET.matcher(statement)).filter(Matcher::matches).map(found -> found.group(2));
    }

    /** @return the same statement, of {@link #settings} or {@link #privileges}, said of the database with this name */
    public static String of(String name, String statement) {
        Matcher named = OF_DATABASE.matcher(statement);
        return named.lookingAt() ? named.group(1) + Sql.ident(name) + statement.substring(named.end()) : statement;
    }

    /** @return whether this is how a setting that is on is written */
    public static boolean isOn(String value) {
        return ON.matcher(value).matches();
    }

    /**
     * @return whether one of {@link #settings} closes the database to writers, as for a move: the target's would be
     * closed from its beginning
     */
    public static boolean makesReadOnly(String statement) {
        return value(List.of(statement), "default_transaction_read_only").filter(DatabaseSettings::isOn).isPresent();
    }

    /** @return whether one of {@link #settings} is for the database itself and this parameter */
    public static boolean sets(List<String> statements, String parameter) {
        return own(statements, parameter).findFirst().isPresent();
    }

    /** @return what one of {@link #settings} sets for the database itself, if there is one for this parameter */
    public static Optional<String> value(List<String> statements, String parameter) {
        return own(statements, parameter).filter(value -> value.startsWith("'"))
                .map(value -> value.substring(1, value.length() - 1).replace("''", "'")).findFirst();
    }

    /** @return the values that are set for the database itself, as SQL */
    private static Stream<String> own(List<String> statements, String parameter) {
        return statements.stream().map(SET::matcher).filter(Matcher::matches)
                .filter(found -> found.group(1) == null && found.group(2).equals(Settings.name(parameter)))
                .map(found -> found.group(3));
    }

    /** @return the statements that give the privileges on the source's database, said of the database with this name */
    public static List<String> privileges(Session source, String name) {
        return Grants.onDatabase(source, name);
    }

    /**
     * @return the statements that comment on the source's database, and on plpgsql, which no dump does, and that give
     * the settings of the database and those of roles in it; all said of the database with this name
     */
    public static List<String> settings(Session source, String name) {
        List<String> statements = source.list("reading the comment on the database",
                """
                SELECT d, c FROM (SELECT true, pg_catalog.shobj_description(d.oid, 'pg_database')
                  FROM pg_catalog.pg_database d
                                   WHERE d.datname = pg_catalog.current_database()
                                  UNION ALL
                                  SELECT false, nullif(pg_catalog.obj_description(e.oid, 'pg_extension'),
                                    'PL/pgSQL procedural language')
                                    FROM pg_catalog.pg_extension e WHERE e.extname = 'plpgsql') x(d, c)
                                      WHERE c IS NOT NULL""",
                row -> "COMMENT ON " + (row.getBoolean(1) ? "DATABASE " + Sql.ident(name) : "EXTENSION plpgsql")
                        + " IS " + Sql.literal(row.getString(2)));
        parameters(source).forEach(setting -> statements.add(setting.statement(name)));
        return statements;
    }

    private static List<Setting> parameters(Session source) {
        return source.list("listing the settings of the database", """
                SELECT r.rolname, pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
                  FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                  LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, pg_catalog.unnest(s.setconfig) WITH ORDINALITY
                    AS u(c, position)
                 WHERE d.datname = pg_catalog.current_database() AND (s.setrole = 0 OR r.oid <> 10
                   AND r.rolname !~ '^pg_')
                 ORDER BY r.rolname COLLATE "C" NULLS FIRST, u.position""",
                row -> new Setting(row.getString(1), row.getString(2),
                        Settings.value(row.getString(2), row.getString(3))));
    }
}
