//DEPS org.postgresql:postgresql:42.7.14
package lib.code;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.roles.RolePowers;
import lib.server.Session;
import lib.talk.Sql;

/**
 * What of the source acts with the rights of its owner, wherever it stands: whoever has the owner's name on the target
 * lends it theirs. A superuser's code has every right already, and is not listed; what a trigger, a policy or an event
 * trigger calls has the rights of whoever makes it fire.
 *
 * @param owner a role of the source that is no superuser
 * @param powers what it can do there that no privilege gives, as {@link RolePowers} has it
 * @param code what acts with its rights, in words: {@code function public.f(integer) (SECURITY DEFINER)}
 */
public record OwnersCode(String owner, List<String> powers, List<String> code) {
    /**
     * The letters: o the owners, e the relations that they own, m a materialized view with the views that it reads, u
     * what a view or a rule uses, t the types that call what a user has written: domains when something is converted to
     * them, ranges when their values are compared. A view reads, and a rule writes, with the rights of its relation's
     * owner (PostgreSQL manual, 41.5 "Rules and Privileges"); which relations, only the stored tree says where they are
     * the system's, for on those nothing depends (53.18 "pg_depend"). The server lets superusers write to its catalogs
     * (pg_class_aclmask in PostgreSQL's source, aclchk.c).
     */
    private static final String QUESTION = """
            WITH RECURSIVE o AS (SELECT r.oid, r.rolname FROM pg_catalog.pg_roles r WHERE NOT r.rolsuper AND %1$s),
              e AS (
                SELECT c.oid, c.relowner AS owner, c.relkind AS kind, c.relacl AS acl,
                       coalesce(c.reloptions::text, '') AS options,
                       pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name
                  FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relowner IN (SELECT oid FROM o) AND c.relkind IN ('r', 'p', 'm', 'v') AND %2$s),
              m AS (
                SELECT oid AS top, oid FROM e WHERE kind = 'm'
                UNION
                SELECT m.top, v.oid
                  FROM m
                  JOIN pg_catalog.pg_rewrite w ON w.ev_class = m.oid
                  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                      AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  JOIN pg_catalog.pg_class v ON v.oid = d.refobjid AND v.relkind = 'v'),
              u AS (
                SELECT e.oid, e.owner, e.name, e.kind = 'v' AND w.rulename = '_RETURN' AS reads,
                       pg_catalog.quote_ident(w.rulename) AS rule,
                       e.kind <> 'v' OR w.rulename <> '_RETURN' OR EXISTS (
                         SELECT FROM pg_catalog.aclexplode(e.acl) a
                          WHERE a.grantee <> e.owner AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')) AS writes,
                       x.id[1]::pg_catalog.oid AS used
                  FROM e
                  JOIN pg_catalog.pg_rewrite w ON w.ev_class = e.oid,
                      LATERAL (
                        SELECT DISTINCT t AS id
                          FROM pg_catalog.regexp_matches(w.ev_action::text, ':relid (\\d+)', 'g') t) x
                 WHERE e.kind <> 'm' AND x.id[1]::pg_catalog.oid <> e.oid
                   AND e.options !~* 'security_invoker=(on|true|yes|1)'),
              t(oid, range) AS (
                SELECT k.contypid, false
                  FROM pg_catalog.pg_constraint k
                  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
                      AND d.objid = k.oid
                 WHERE k.contypid <> 0
                   AND (
                     d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND %7$s
                     OR d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND %8$s)
                UNION
                SELECT g.rngtypid, true
                  FROM pg_catalog.pg_range g
                 WHERE g.rngtypid >= 16384 AND (%9$s OR %10$s)
                UNION
                SELECT x.oid, t.range
                  FROM t,
                      LATERAL (
                        SELECT d.objid AS oid
                          FROM pg_catalog.pg_depend d
                         WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refclassid = d.classid
                           AND d.refobjid = t.oid
                        UNION ALL
                        SELECT c.reltype
                          FROM pg_catalog.pg_depend d
                          JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.reltype <> 0
                         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                           AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = t.oid) x)
            SELECT o.rolname, f.code
              FROM o
              JOIN (
                  SELECT p.proowner AS owner,
                         pg_catalog.format(
                           'function %%I.%%I(%%s) (SECURITY DEFINER)', n.nspname, p.proname,
                           pg_catalog.oidvectortypes(p.proargtypes)) AS code
                    FROM pg_catalog.pg_proc p
                    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                   WHERE p.prosecdef AND %3$s AND %4$s
                  UNION ALL
                  SELECT e.owner,
                         'table ' || e.name
                           || ' (an index or extended statistics call a function that a user has written)'
                    FROM e
                   WHERE e.kind IN ('r', 'p', 'm') AND %5$s
                  UNION ALL
                  SELECT e.owner,
                         'table ' || e.name || ' (a type that is used in it calls a function that a user has written)'
                    FROM e
                   WHERE EXISTS (
                       SELECT FROM pg_catalog.pg_attribute a
                         JOIN t ON t.oid = a.atttypid AND t.range
                        WHERE e.kind IN ('r', 'p', 'm') AND a.attrelid = e.oid AND a.attnum > 0)
                     OR EXISTS (
                       SELECT FROM t
                         JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
                             AND d.refobjid = t.oid
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid IN (SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indrelid = e.oid)
                          OR d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
                          AND d.objid IN (SELECT s.oid FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = e.oid)
                          OR d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                          AND d.objid IN (
                            SELECT w.oid FROM m JOIN pg_catalog.pg_rewrite w ON w.ev_class = m.oid WHERE m.top = e.oid))
                  UNION ALL
                  SELECT e.owner, 'table ' || e.name || ' (a foreign key calls a function that a user has written)'
                    FROM e
                   WHERE EXISTS (
                     SELECT FROM pg_catalog.pg_constraint k
                       JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
                       JOIN pg_catalog.pg_cast t ON t.castsource = a.atttypid
                      WHERE k.contype = 'f' AND e.oid IN (k.conrelid, k.confrelid) AND t.castfunc >= 16384 AND %6$s)
                  UNION ALL
                  SELECT e.owner, 'materialized view ' || e.name || ' (calls a function that a user has written)'
                    FROM e
                   WHERE EXISTS (
                     SELECT FROM m
                       JOIN pg_catalog.pg_rewrite w ON w.ev_class = m.oid
                       JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                           AND d.objid = w.oid
                      WHERE m.top = e.oid
                        AND (
                          d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND %7$s
                          OR d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND %8$s))
                  UNION ALL
                  SELECT u.owner,
                         CASE WHEN u.reads THEN 'view ' ELSE 'rule ' || u.rule || ' of '
                           END || u.name || ' (uses ' || u.used::pg_catalog.regclass::text ||
                             ', where its owner may not do all that it may allow others)'
                    FROM u
                    JOIN pg_catalog.pg_class c ON c.oid = u.used
                   WHERE NOT (
                       pg_catalog.has_table_privilege(u.owner, c.oid, 'SELECT')
                       OR pg_catalog.has_any_column_privilege(u.owner, c.oid, 'SELECT'))
                     OR u.writes
                     AND NOT (
                       pg_catalog.has_table_privilege(u.owner, c.oid, 'INSERT')
                       AND pg_catalog.has_table_privilege(u.owner, c.oid, 'UPDATE')
                       AND pg_catalog.has_table_privilege(u.owner, c.oid, 'DELETE'))
                     OR c.relrowsecurity
                     AND (c.relforcerowsecurity OR NOT pg_catalog.pg_has_role(u.owner, c.relowner, 'USAGE'))
                     AND NOT (SELECT r.rolbypassrls FROM pg_catalog.pg_roles r WHERE r.oid = u.owner)) f ON f.owner =
                  o.oid
             ORDER BY 1, 2""";

    /**
     * Asks the source. Nothing that a user has written runs by it.
     *
     * @param owners the roles of interest
     * @param powers of the source's roles
     * @return one for each of them that is no superuser
     */
    public static List<OwnersCode> read(Session source, Selection selection, Collection<String> owners,
            RolePowers powers) {
        Map<String, List<String>> code = new TreeMap<>();
        owners.stream().filter(owner -> !powers.of(owner).contains(RolePowers.SUPERUSER))
                .forEach(owner -> code.put(owner, new ArrayList<>()));
        if (!code.isEmpty()) {
            String names =
                    code.keySet().stream().map(Sql::literal).collect(Collectors.joining(", ", "r.rolname IN (", ")"));
            source.list("listing what acts with its owner's rights",
                    QUESTION.formatted(names, selection.relation("c", "n"), selection.namespace("n"),
                            Selection.noExtension("pg_proc", "p.oid"), PlannedCode.written("e.oid"),
                            PlannedCode.writtenFunction("t.castfunc"),
                            PlannedCode.writtenFunction("d.refobjid"), PlannedCode.writtenOperator("d.refobjid"),
                            PlannedCode.writtenFunction("g.rngsubdiff::pg_catalog.oid"),
                            PlannedCode.writtenFunction("g.rngcanonical::pg_catalog.oid")),
                    row -> code.get(row.getString(1)).add(row.getString(2)));
        }
        return code.entrySet().stream()
                .map(owner -> new OwnersCode(owner.getKey(), List.copyOf(powers.of(owner.getKey())), owner.getValue()))
                .toList();
    }
}
