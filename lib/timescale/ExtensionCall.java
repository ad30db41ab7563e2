//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.Map;
import java.util.stream.Collectors;
import lib.talk.Sql;

/**
 * Calls of functions of TimescaleDB. Every argument of the extension's own function is given, in its place and cast to
 * exactly its type, because a call by names and with defaults goes to whatever function of that name fits better, and
 * anybody's may stand beside it; what fits exactly is taken before all others (PostgreSQL manual, 10.3 "Functions",
 * step 3.a). The arguments are others in every version.
 */
public final class ExtensionCall {
    private ExtensionCall() {
    }

    /**
     * @param function one that stands in the schema of the extension
     * @param given SQL expressions of some arguments, by name; an argument that the version does not have is left away,
     * others have their defaults. Of several functions of this name, the one with most of these arguments is called.
     * @return a query for the text of a call, whatever the version of the extension is
     */
    public static String query(String function, Map<String, String> given) {
        String expressions = given.entrySet().stream().map(
                argument -> " WHEN " + Sql.literal(argument.getKey()) + " THEN " + Sql.literal(argument.getValue()))
                .sorted().collect(Collectors.joining());
        String names = given.keySet().stream().sorted().map(Sql::literal).collect(Collectors.joining(", "));
        return """
                SELECT pg_catalog.format('%%I.%%I(', n.nspname, p.proname) ||
                  pg_catalog.string_agg(pg_catalog.format(CASE WHEN t.typtype = 'p' THEN '%%s'
                         ELSE '(%%s)::%%I.%%I' END,
                         CASE a.name%s ELSE coalesce(pg_catalog.pg_get_function_arg_default(p.oid,
                           a.place::pg_catalog.int4), 'NULL') END,
                         s.nspname, t.typname), ', ' ORDER BY a.place) || ')'
                  FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                  JOIN pg_catalog.pg_proc p ON p.proname = %s AND p.pronamespace = n.oid
                  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                    AND d.objid = p.oid AND d.deptype = 'e'
                   AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid
                  JOIN pg_catalog.pg_roles o ON o.oid = p.proowner AND (o.rolsuper OR o.oid = 10
                    OR o.rolname = session_user)
                  CROSS JOIN ROWS FROM (pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]),
                    pg_catalog.unnest(p.proargnames)) WITH ORDINALITY a(type, name, place)
                  JOIN pg_catalog.pg_type t ON t.oid = a.type JOIN pg_catalog.pg_namespace s ON s.oid = t.typnamespace
                 WHERE e.extname = 'timescaledb' GROUP BY p.oid, n.nspname, p.proname
                 ORDER BY pg_catalog.count(*) FILTER (WHERE a.name IN (%s)) DESC, p.oid LIMIT 1"""
                .formatted(expressions, Sql.literal(function), names);
    }
}
