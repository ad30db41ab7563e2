//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.code.FunctionUse;
import lib.server.Finding;
import lib.server.Session;

/**
 * What is computed on the target out of texts that are read as arrays. No session that loads may have array_nulls off,
 * because COPY writes an element that is NULL as that word, and would read it as a text (PostgreSQL manual, 8.15.6
 * "Array Input and Output Syntax"). What a function says is judged by the types that its text names: nothing is run.
 *
 * @param texts what that is, in words
 * @param anew the statements that compute it again
 */
public record ArrayNulls(List<String> texts, List<String> anew) {
    private static final Pattern OFF = Pattern.compile("(?i)of|off|f|fa|fal|fals|false|n|no|0");
    /** Those of users that name an array type in any way that there is, or return one. */
    private static final String FUNCTIONS =
            """
            SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_type t ON t.oid = p.prorettype
             WHERE p.oid >= 16384 AND (t.typcategory = 'A' OR p.prosrc ~*
               '\\[\\s*\\d*\\s*\\]|\\marray\\M(?!\\s*\\[)|%\\s*(row)?type\\M'
               OR pg_catalog.to_jsonb(p)->>'prosqlbody' ~ ':resulttype \\d+ :resultcollid'
                   OR EXISTS (SELECT FROM pg_catalog.regexp_matches(p.prosrc, '\\m_\\w+', 'g') m
                     JOIN pg_catalog.pg_type a ON a.typname = pg_catalog.lower(m[1]) AND a.typcategory = 'A'))""";
    /**
     * A value that is written as a text and read as another type is the only one whose type stands before its collation
     * (outfuncs.c in PostgreSQL's source).
     */
    private static final String DIRECTLY =
            """
            SELECT CASE WHEN x.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'materialized view '
              ELSE 'constraint ' END
                   || pg_catalog.format('%%I.%%I', n.nspname, c.relname) || coalesce(': ' ||
                     pg_catalog.quote_ident(x.name), ''), x.catalog, x.oid
              FROM (SELECT w.ev_class AS relation, NULL AS name,
                'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS catalog, w.ev_class AS oid,
                w.ev_action::text AS tree
                      FROM pg_catalog.pg_rewrite w
                    UNION ALL SELECT k.conrelid, k.conname, k.tableoid, k.oid, k.conbin::text
                      FROM pg_catalog.pg_constraint k WHERE k.contype = 'c') x
              JOIN pg_catalog.pg_class c ON c.oid = x.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE (c.relkind = 'm' OR x.name IS NOT NULL) AND %s AND EXISTS (
                   SELECT FROM pg_catalog.regexp_matches(x.tree, ':resulttype (\\d+) :resultcollid', 'g') m
                     JOIN pg_catalog.pg_type t ON t.oid = m[1]::pg_catalog.oid AND t.typcategory = 'A')""";
    /** What computes them again, in a session of the database; a generated column only if what it is made of is set. */
    private static final String COMPUTING_AGAIN =
            """
            SELECT pg_catalog.format('UPDATE ONLY %%I.%%I SET %%I = %%3$I;', n.nspname, c.relname, a.attname)
              FROM pg_catalog.pg_attrdef f
              JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = (
                SELECT pg_catalog.min(d.refobjsubid) FROM pg_catalog.pg_depend d WHERE d.classid = f.tableoid
                  AND d.objid = f.oid AND d.refobjid = f.adrelid AND d.refobjsubid <> f.adnum)
              JOIN pg_catalog.pg_class c ON c.oid = f.adrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE (f.tableoid, f.oid) IN (%1$s)
            UNION ALL SELECT pg_catalog.format(CASE c.relkind WHEN 'm' THEN 'REFRESH MATERIALIZED VIEW %%I.%%I;'
              ELSE 'REINDEX INDEX %%I.%%I;' END, n.nspname, c.relname)
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('m', 'i') AND (c.tableoid, c.oid) IN (%1$s)""";

    /** @return whether a database with this setting takes NULL in the text of an array for a word */
    public static boolean off(String setting) {
        return setting != null && OFF.matcher(setting).matches();
    }

    /** @return null where there is none */
    public static ArrayNulls read(Session source, Selection selection) {
        Map<String, String> found = new TreeMap<>();
        source.list("looking for texts that are read as arrays",
                DIRECTLY.formatted(selection.relation("c", "n")),
                row -> found.put(row.getString(1),
                        "(" + row.getLong(2) + "::pg_catalog.oid, " + row.getLong(3) + "::pg_catalog.oid)"));
        List<Long> functions = new ArrayList<>();
        source.list("looking for functions that read arrays", FUNCTIONS,
                row -> functions.add(row.getLong(1)));
        (functions.isEmpty() ? List.<FunctionUse>of() : FunctionUse.list(source, selection, functions))
                .forEach(use -> found.put(use.what() + " " + use.name(),
                        "(" + use.catalog() + "::pg_catalog.oid, " + use.oid() + "::pg_catalog.oid)"));
        if (found.isEmpty()) {
            return null;
        }
        return new ArrayNulls(List.copyOf(found.keySet()),
                source.texts("listing what computes values again",
                        COMPUTING_AGAIN
                                .formatted(found.values().stream().distinct().collect(Collectors.joining(", ")))));
    }

    /** @return for a target whose database has it off, a warning that names what may come out in another way */
    public Finding warning() {
        return Finding.warning("settings",
                anew.isEmpty() ? null
                        : "if such a text contains NULL, afterwards in psql on the target: "
                                + String.join(" ", anew),
                "array_nulls is off for the target's database but on while it is loaded, which affects what reads a "
                        + "text as an array: %s",
                String.join(", ", texts));
    }
}
