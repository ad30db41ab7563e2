//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.catalog.OwnedObjects;
import lib.catalog.Selection;
import lib.code.FunctionText;
import lib.code.FunctionUse;
import lib.server.Session;

/**
 * Looks for {@link PathNeeds} in the system catalogs of the source and in the texts of its functions; nothing is run.
 */
public final class PathNeedSearch {
    private record Routine(long oid, String identity, String name, FunctionText text, boolean parsed, boolean bound,
            String path, String owner, String extension) {
    }

    /** With a text where the body is kept as the server has understood it, too. */
    private static final String ROUTINES = """
            SELECT p.oid, p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proname, %s,
                   p.prosrc = '', EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) c WHERE c LIKE 'search\\_path=%%'),
                   coalesce((SELECT pg_catalog.substr(c, 13) FROM pg_catalog.pg_db_role_setting s,
                     pg_catalog.unnest(s.setconfig) c
                              WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d
                                WHERE d.datname = pg_catalog.current_database()))
                                AND s.setrole IN (0, p.proowner) AND c LIKE 'search\\_path=%%'
                              ORDER BY s.setrole = 0 OR s.setdatabase = 0, s.setrole = 0, s.setdatabase = 0 LIMIT 1),
                                '"$user", public'),
                   r.rolname, coalesce(e.extname, '')
              FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
                JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
              LEFT JOIN pg_catalog.pg_depend x ON x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                AND x.objid = p.oid AND x.deptype = 'e'
              LEFT JOIN pg_catalog.pg_extension e ON e.oid = x.refobjid
             WHERE p.oid >= 16384 AND p.prokind = 'f' AND l.lanname NOT IN ('internal', 'c')
               AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype,
                 'pg_catalog.event_trigger'::pg_catalog.regtype)
               -- Of an extension's own functions only those that something of the user's calls.
               AND (e.oid IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                 WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = p.oid
                 AND d.deptype = 'n' AND d.classid <> 'pg_catalog.pg_proc'::pg_catalog.regclass))
             ORDER BY 2""";

    /** What has a name like something of the system is found without a search_path, or another one is. */
    private static final String NAMES =
            """
            SELECT 'FUNCTION', p.proname::pg_catalog.text, n.nspname::pg_catalog.text FROM pg_catalog.pg_proc p
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE p.oid >= 16384 AND %1$s AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc s WHERE s.proname = p.proname
               AND s.pronamespace = 11)
            UNION SELECT 'RELATION', c.relname, n.nspname FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND %1$s
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.relname = c.relname AND s.relnamespace = 11)
            UNION SELECT 'TYPE', t.typname, n.nspname FROM pg_catalog.pg_type t
              JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
             WHERE t.oid >= 16384 AND t.typcategory <> 'A' AND %1$s AND NOT EXISTS (SELECT FROM pg_catalog.pg_type s
               WHERE s.typname = t.typname AND s.typnamespace = 11)
            UNION SELECT 'OPERATOR', o.oprname, n.nspname FROM pg_catalog.pg_operator o
              JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
             WHERE o.oid >= 16384 AND %1$s AND NOT EXISTS (SELECT FROM pg_catalog.pg_operator s
               WHERE s.oprname = o.oprname AND s.oprnamespace = 11)
            UNION SELECT 'SCHEMA', n.nspname, pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_namespace n
              WHERE %1$s"""
                    .formatted("n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'");

    /** What a materialized view reads, also through views and partitioned tables. */
    private static final String READ =
            """
            WITH RECURSIVE read(view, oid) AS (
              SELECT c.oid, c.oid FROM pg_catalog.pg_class c WHERE c.oid = ANY ('{%1$s}'::pg_catalog.oid[])
              UNION SELECT r.view, o.oid FROM read r, LATERAL (
                SELECT d.refobjid AS oid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d
                  ON d.classid = w.tableoid AND d.objid = w.oid
                 WHERE w.ev_class = r.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = r.oid) o)
            SELECT r.view, r.oid, false FROM read r JOIN pg_catalog.pg_class c ON c.oid = r.oid
              WHERE c.relkind IN ('r', 'm')
            UNION ALL SELECT i.indrelid, i.indexrelid, true FROM pg_catalog.pg_index i
              WHERE i.indrelid = ANY ('{%1$s}'::pg_catalog.oid[])""";

    private record Read(long view, long relation, boolean index) {
    }

    private PathNeedSearch() {
    }

    /**
     * Asks the system catalogs of the source; no more than for the texts of functions where there is none that could be
     * meant.
     *
     * @param objects what has owners on the source
     * @param extensions those of the source
     */
    public static PathNeeds find(Session source, Selection selection, List<OwnedObjects.Owned> objects,
            Collection<String> extensions) {
        if (objects.stream().noneMatch(object -> object.kind().equals("ROUTINE"))
                && extensions.stream().allMatch("plpgsql"::equals)) {
            return PathNeeds.NONE;
        }
        List<Routine> routines = source.list("reading functions", ROUTINES.formatted(FunctionText.BODY),
                row -> new Routine(row.getLong(1), row.getString(2), row.getString(3),
                        new FunctionText(row.getString(4)), row.getBoolean(5), row.getBoolean(6), row.getString(7),
                        row.getString(8), row.getString(9)));
        if (routines.stream().allMatch(routine -> routine.parsed || routine.bound)) {
            return PathNeeds.NONE;
        }
        Map<FunctionText.Kind, Map<String, Set<String>>> known = new HashMap<>();
        Map<String, String> schemas = new HashMap<>();
        source.list("listing the names of functions, tables, types and operators", NAMES,
                row -> List.of(row.getString(1), row.getString(2), row.getString(3)))
                .forEach(name -> {
                    if (name.get(0).equals("SCHEMA")) {
                        schemas.put(name.get(1), name.get(2));
                    } else {
                        known.computeIfAbsent(FunctionText.Kind.valueOf(name.get(0)), any -> new HashMap<>())
                                .computeIfAbsent(name.get(1), any -> new TreeSet<>()).add(name.get(2));
                    }
                });
        Map<Long, PathNeeds.Need> needs = new TreeMap<>();
        routines.stream().filter(routine -> !routine.parsed && !routine.bound).forEach(routine -> {
            Map<String, Set<String>> names = routine.text.unqualified(known);
            if (!names.isEmpty()) {
                needs.put(routine.oid, new PathNeeds.Need(routine.identity, List.copyOf(names.keySet()),
                        path(routine, names.values(), schemas), routine.extension));
            }
        });
        return needs.isEmpty() ? PathNeeds.NONE : evaluated(source, selection, routines, needs);
    }

    /**
     * The function's owner, or the database, has a search_path that works; it need not have all schemas, where others
     * call it.
     */
    private static String path(Routine routine, Collection<Set<String>> names, Map<String, String> quoted) {
        Set<String> path = new LinkedHashSet<>();
        Matcher parts = Pattern.compile("\"((?:[^\"]|\"\")*)\"|[^\\s,]+").matcher(routine.path);
        while (parts.find()) {
            String part = parts.group(1) == null ? parts.group() : parts.group(1).replace("\"\"", "\"");
            path.add(part.equals("$user") ? routine.owner : part);
        }
        path.retainAll(quoted.keySet());
        names.stream().filter(having -> having.stream().noneMatch(path::contains)).toList()
                .forEach(having -> path.add(having.iterator().next()));
        return path.stream().map(quoted::get).collect(Collectors.joining(", "));
    }

    private static PathNeeds evaluated(Session source, Selection selection, List<Routine> routines,
            Map<Long, PathNeeds.Need> needs) {
        Map<Long, Set<Long>> reached = reached(routines, needs.keySet());
        List<FunctionUse> uses = FunctionUse.list(source, selection, reached.keySet());
        List<Read> read = read(source,
                uses.stream().filter(FunctionUse::view).map(FunctionUse::relation).collect(Collectors.toSet()));
        Map<List<Object>, Set<Long>> functions = new HashMap<>();
        List<PathNeeds.Evaluation> evaluations = new ArrayList<>();
        Set<Long> used = new TreeSet<>();
        uses.forEach(use -> functions
                .computeIfAbsent(List.of(use.catalog(), use.oid(), use.relation()), any -> new TreeSet<>())
                .addAll(reached.getOrDefault(use.function(), needs.keySet())));
        for (FunctionUse use : uses) {
            Set<Long> called = functions.remove(List.of(use.catalog(), use.oid(), use.relation()));
            if (called != null) {
                used.addAll(called);
                evaluations
                        .add(new PathNeeds.Evaluation(use.what(), use.name(), use.catalog(), use.oid(), use.relation(),
                                called.stream().map(needs::get).map(PathNeeds.Need::function).sorted().toList(),
                                read.stream().filter(one -> one.view == use.relation() && !one.index)
                                        .map(Read::relation).toList(),
                                read.stream()
                                        .filter(one -> use.what().equals("materialized view")
                                                && one.view == use.relation() && one.index)
                                        .map(Read::relation).toList()));
            }
        }
        return new PathNeeds(
                used.stream().map(needs::get).sorted(Comparator.comparing(PathNeeds.Need::function)).toList(),
                evaluations);
    }

    /**
     * @return for each function that one of the others is run by, which; what a function runs that has a search_path
     * has that one, too
     */
    private static Map<Long, Set<Long>> reached(List<Routine> routines, Set<Long> needs) {
        Map<String, List<Routine>> named = routines.stream().collect(Collectors.groupingBy(Routine::name));
        Map<Long, Set<Long>> calls = new HashMap<>();
        routines.stream().filter(routine -> !routine.bound)
                .forEach(routine -> calls.put(routine.oid,
                        routine.text.called(named::containsKey).stream().flatMap(name -> named.get(name).stream())
                                .map(Routine::oid)
                                .collect(Collectors.toSet())));
        Map<Long, Set<Long>> reached = new TreeMap<>();
        for (Routine routine : routines) {
            Set<Long> seen = new LinkedHashSet<>(Set.of(routine.oid));
            List<Long> open = new ArrayList<>(seen);
            while (!open.isEmpty()) {
                calls.getOrDefault(open.remove(open.size() - 1), Set.of()).stream().filter(seen::add)
                        .forEach(open::add);
            }
            seen.retainAll(needs);
            if (!seen.isEmpty()) {
                reached.put(routine.oid, seen);
            }
        }
        return reached;
    }

    private static List<Read> read(Session source, Set<Long> views) {
        return views.isEmpty() ? List.of() : source.list("listing what materialized views read",
                READ.formatted(views.stream().map(String::valueOf).collect(Collectors.joining(","))),
                row -> new Read(row.getLong(1), row.getLong(2), row.getBoolean(3)));
    }
}
