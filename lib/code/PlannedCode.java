//DEPS org.postgresql:postgresql:42.7.14
package lib.code;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lib.catalog.Selection;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Which relations cannot be queried without running code that a user who is not a superuser has written. To plan a
 * query of a table, the server simplifies the expressions and the conditions of its indexes and of its extended
 * statistics, and calls functions that are declared IMMUTABLE where their arguments are constants, with the rights of
 * the user who runs the query (get_relation_info in PostgreSQL's source, plancat.c). {@code COPY table TO} is not
 * planned. What a superuser owns is trusted: a superuser has every right already.
 */
public final class PlannedCode {
    /**
     * Makes a session refuse views and foreign tables where the server can do that, because another user may replace a
     * table with one (CVE-2024-7348). The planner would also look at CHECK constraints, which every session of ours
     * makes it ignore.
     */
    public static final String TABLES_ONLY = restriction("view, foreign-table");
    /** Ends that restriction. */
    public static final String ANYTHING = restriction("");

    private static final String FOREIGN =
            "NOT EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_roles r ON r.oid = p.proowner"
                    + " WHERE p.oid = %s AND (r.rolsuper OR r.rolname = current_user))";

    /**
     * Functions of the system are in no dependency. A constant of a user's type becomes JSON by a cast, which a
     * dependency does not name.
     */
    private static final String RUNS = """
            EXISTS (SELECT FROM (
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS catalog, i.indexrelid AS object
                  FROM pg_catalog.pg_index i
                 WHERE i.indrelid = %1$s AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
                UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid
                  FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = %1$s) x
              JOIN pg_catalog.pg_depend d ON d.classid = x.catalog AND d.objid = x.object
             WHERE CASE d.refclassid WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN %2$s
                     WHEN 'pg_catalog.pg_operator'::pg_catalog.regclass THEN %3$s
                     WHEN 'pg_catalog.pg_type'::pg_catalog.regclass
                       THEN EXISTS (SELECT FROM pg_catalog.pg_cast k WHERE k.castfunc >= 16384 AND %4$s)
                     ELSE false END)""";

    /**
     * A function in SQL is put into the plan, and its text is read for that under the search_path of the session. Only
     * what names a function or a type without a schema, which the system does not have, fails then.
     */
    private static final String UNPLANNABLE =
            """
            EXISTS (SELECT FROM (
                SELECT pg_catalog.lower(p.prosrc) AS text FROM pg_catalog.pg_index i
                  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND d.objid = i.indexrelid
                  LEFT JOIN pg_catalog.pg_operator o ON d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
                    AND o.oid = d.refobjid
                  JOIN pg_catalog.pg_proc p ON p.oid = CASE d.refclassid
                    WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.refobjid ELSE o.oprcode END
                  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
                 WHERE i.indrelid = %1$s AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
                   AND p.oid >= 16384 AND l.lanname = 'sql' AND p.prosrc <> '' AND p.proconfig IS NULL OFFSET 0) f
             WHERE EXISTS (SELECT FROM pg_catalog.pg_proc u WHERE CASE WHEN u.oid < 16384
               OR pg_catalog.strpos(f.text, u.proname) = 0 THEN false ELSE
                     f.text ~ ('(^|[^.[:alnum:]_$])' || pg_catalog.regexp_replace(pg_catalog.quote_ident(u.proname),
                       '([^[:alnum:]_])', '\\\\\\1', 'g') || '\\s*\\(')
                     AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc s WHERE s.proname = u.proname
                       AND s.pronamespace = 11) END)
                OR EXISTS (SELECT FROM pg_catalog.pg_type u WHERE CASE WHEN u.oid < 16384
                  OR pg_catalog.strpos(f.text, '::' || u.typname) = 0 THEN false ELSE
                     NOT EXISTS (SELECT FROM pg_catalog.pg_type s WHERE s.typname = u.typname
                       AND s.typnamespace = 11) END))""";

    private static final String WRITTEN =
            "EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_roles r ON r.oid = p.proowner"
                    + " WHERE p.oid = %s AND NOT r.rolsuper AND " + Selection.noExtension("pg_proc", "p.oid") + ")";

    private static final String AMONG =
            """
            WITH RECURSIVE asked(place, whole, held, oid) AS (
              SELECT v.place, v.whole, v.held, pg_catalog.to_regclass(v.name)::pg_catalog.oid
                FROM (VALUES %s) v(place, whole, held, name)
              UNION SELECT a.place, a.whole, a.held, i.inhrelid FROM asked a
                JOIN pg_catalog.pg_inherits i ON i.inhparent = a.oid WHERE a.whole)
            SELECT DISTINCT a.place FROM asked a JOIN pg_catalog.pg_class c ON c.oid = a.oid
             WHERE c.relkind NOT IN ('r', 'p', 'm') OR NOT a.held AND NOT EXISTS (
               SELECT FROM pg_catalog.pg_roles o WHERE o.oid = c.relowner AND (o.rolsuper OR o.rolname = current_user))
                 OR %s""";

    private PlannedCode() {
    }

    private static String restriction(String kinds) {
        return """
                SELECT pg_catalog.set_config(s.name, '%s', false) FROM (VALUES ('restrict_nonsystem_relation_kind'))
                  s(name)
                 WHERE pg_catalog.current_setting(s.name, true) IS NOT NULL""".formatted(kinds);
    }

    /**
     * A relation to be queried.
     *
     * @param sql its qualified name
     * @param whole with all that inherits from it
     * @param packed the qualified names of the tables that hold its compressed rows
     * @param held whether nobody can give it an index or statistics now
     */
    public record Queried(String sql, boolean whole, List<String> packed, boolean held) {
        /** A relation that nobody has locked. */
        public Queried(String sql, boolean whole) {
            this(sql, whole, List.of(), false);
        }

        public Queried asHeld() {
            return new Queried(sql, whole, packed, true);
        }

        /** @return all of it, as LOCK names it */
        List<String> names() {
            return Stream.concat(Stream.of(whole ? sql : "ONLY " + sql), packed.stream().map(name -> "ONLY " + name))
                    .toList();
        }

        /** The rows of a VALUES list. */
        private Stream<String> values(int place) {
            return Stream.concat(Stream.of(value(place, whole, sql)),
                    packed.stream().map(name -> value(place, false, name)));
        }

        private String value(int place, boolean all, String name) {
            return "(" + place + ", " + all + ", " + held + ", " + Sql.literal(name) + ")";
        }
    }

    /**
     * @param relation an SQL expression for the identifier of a table or a materialized view
     * @return an SQL condition: a query of it would run what somebody has written who is neither a superuser nor the
     * user
     */
    static String runs(String relation) {
        return RUNS.formatted(relation, FOREIGN.formatted("d.refobjid"),
                FOREIGN.formatted("(SELECT o.oprcode FROM pg_catalog.pg_operator o WHERE o.oid = d.refobjid)"),
                FOREIGN.formatted("k.castfunc"));
    }

    /** @return this condition, including code that the connecting user has written */
    static String written(String relation) {
        return RUNS.formatted(relation, writtenFunction("d.refobjid"), writtenOperator("d.refobjid"),
                writtenFunction("k.castfunc"));
    }

    /** @return an SQL condition: the function with this identifier is neither a superuser's nor an extension's */
    static String writtenFunction(String identifier) {
        return WRITTEN.formatted(identifier);
    }

    /** @return this condition for the function behind an operator */
    static String writtenOperator(String identifier) {
        return WRITTEN.formatted("(SELECT o.oprcode FROM pg_catalog.pg_operator o WHERE o.oid = " + identifier + ")");
    }

    /**
     * @param session one that sees what is there now, for the planner does so too, whatever the snapshot
     * @return the places in the list of those of which {@link #runs} holds or may soon hold, for they are somebody
     * else's and not held, of those that cannot be planned without a search_path, and of what is no table any more
     */
    public static Set<Integer> among(Session session, String doing, List<Queried> relations) {
        String values = IntStream.range(0, relations.size()).boxed().flatMap(i -> relations.get(i).values(i))
                .collect(Collectors.joining(", "));
        return relations.isEmpty() ? Set.of()
                : new HashSet<>(session.list(doing,
                        AMONG.formatted(values, runs("a.oid") + " OR " + UNPLANNABLE.formatted("a.oid")),
                        row -> row.getInt(1)));
    }

    /**
     * Begins a transaction that holds a table as it is, so that nobody puts something else in its place or gives it an
     * index; the caller ends it.
     *
     * @param table its qualified name
     * @return whether a query of it alone runs nothing; also false where that cannot be told without waiting for
     * somebody's lock
     */
    public static boolean holds(Session session, String doing, String table) {
        try (Statement statement = session.createStatement()) {
            statement.execute("BEGIN");
            statement.execute(TABLES_ONLY.replace("false)", "true)"));
            statement.execute("LOCK TABLE ONLY " + table + " IN ACCESS SHARE MODE NOWAIT");
        } catch (SQLException e) {
            return false;
        }
        Queried queried = new Queried(table, false);
        if (among(session, doing, List.of(queried)).isEmpty()) {
            return true;
        }
        try (Statement statement = session.createStatement()) {
            statement.execute("LOCK TABLE ONLY " + table + " IN SHARE UPDATE EXCLUSIVE MODE NOWAIT");
        } catch (SQLException e) {
            return false;
        }
        return among(session, doing, List.of(queried.asHeld())).isEmpty();
    }
}
