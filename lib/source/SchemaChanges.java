//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Printable;
import lib.timescale.TimescaleCatalog;

/**
 * What of a database's schema was created, changed or dropped after a snapshot was taken. ACCESS SHARE on every table
 * keeps nobody from creating an index or a trigger, or from replacing a function, and what the server deparses
 * ({@code pg_get_indexdef} and the like) shows the catalogs as they are now (PostgreSQL manual, 13.3.1, and pg_dump's
 * source, "Note that pg_dump runs in a transaction-snapshot mode").
 */
public final class SchemaChanges {
    private static final String USERS = "n.nspname !~ '^(pg_|" + TimescaleCatalog.SCHEMAS + "|information_schema$)'";
    private static final String OBJECTS =
            """
            SELECT CASE c.relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'v' THEN 'view'
                     WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table'
                     WHEN 'c' THEN 'type' ELSE 'table' END,
                   pg_catalog.format('%%I.%%I', n.nspname, c.relname), c.oid, c.xmin::text
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'function', pg_catalog.format('%%I.%%I', n.nspname, p.proname), p.oid, p.xmin::text
              FROM pg_catalog.pg_proc p
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE %1$s
            UNION ALL
            SELECT 'type', pg_catalog.format('%%I.%%I', n.nspname, t.typname), t.oid, t.xmin::text
              FROM pg_catalog.pg_type t
              JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
             WHERE (t.typtype IN ('d', 'e', 'r', 'm') OR t.typtype = 'b' AND t.typcategory <> 'A') AND %1$s
            UNION ALL
            SELECT 'value', pg_catalog.format('%%L of %%I.%%I', e.enumlabel, n.nspname, t.typname), e.oid,
                   e.xmin::text
              FROM pg_catalog.pg_enum e
              JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
              JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'operator', pg_catalog.format('%%I.%%s', n.nspname, o.oprname), o.oid, o.xmin::text
              FROM pg_catalog.pg_operator o
              JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'collation', pg_catalog.format('%%I.%%I', n.nspname, c.collname), c.oid, c.xmin::text
              FROM pg_catalog.pg_collation c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'text search configuration', pg_catalog.format('%%I.%%I', n.nspname, c.cfgname), c.oid,
                   c.xmin::text
              FROM pg_catalog.pg_ts_config c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'text search dictionary', pg_catalog.format('%%I.%%I', n.nspname, d.dictname), d.oid, d.xmin::text
              FROM pg_catalog.pg_ts_dict d
              JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'foreign server', pg_catalog.quote_ident(s.srvname), s.oid, s.xmin::text
              FROM pg_catalog.pg_foreign_server s
            UNION ALL
            SELECT 'default privileges', pg_catalog.format('of %%s', r.rolname), d.oid, d.xmin::text
              FROM pg_catalog.pg_default_acl d
              JOIN pg_catalog.pg_roles r ON r.oid = d.defaclrole
            UNION ALL
            SELECT 'role', pg_catalog.quote_ident(r.rolname), r.oid, pg_catalog.md5(r::text)
              FROM pg_catalog.pg_roles r
            UNION ALL
            SELECT 'constraint', pg_catalog.format('%%I.%%I', n.nspname, o.conname), o.oid, o.xmin::text
              FROM pg_catalog.pg_constraint o
              JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace
             WHERE %1$s
            UNION ALL
            SELECT 'trigger', pg_catalog.format('%%I on %%I.%%I', t.tgname, n.nspname, c.relname), t.oid, t.xmin::text
              FROM pg_catalog.pg_trigger t
              JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE NOT t.tgisinternal AND %1$s
            UNION ALL
            SELECT CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'rule' END,
                   pg_catalog.format('%%I.%%I', n.nspname, c.relname), r.oid, r.xmin::text
              FROM pg_catalog.pg_rewrite r
              JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'policy', pg_catalog.format('%%I on %%I.%%I', p.polname, n.nspname, c.relname), p.oid, p.xmin::text
              FROM pg_catalog.pg_policy p
              JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'statistics', pg_catalog.format('%%I.%%I', n.nspname, s.stxname), s.oid, s.xmin::text
              FROM pg_catalog.pg_statistic_ext s
              JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
             WHERE %1$s
            UNION ALL
            SELECT 'schema', pg_catalog.quote_ident(n.nspname), n.oid, n.xmin::text
              FROM pg_catalog.pg_namespace n
             WHERE %1$s
            UNION ALL
            SELECT 'extension', pg_catalog.quote_ident(e.extname), e.oid, e.xmin::text
              FROM pg_catalog.pg_extension e
            UNION ALL
            SELECT 'event trigger', pg_catalog.quote_ident(e.evtname), e.oid, e.xmin::text
              FROM pg_catalog.pg_event_trigger e
            UNION ALL
            SELECT 'publication', pg_catalog.quote_ident(p.pubname), p.oid, p.xmin::text
              FROM pg_catalog.pg_publication p"""
                    .formatted(USERS);

    /** One version of an object: a change of it writes its row in the catalog anew. */
    private record Version(String name, String transaction) {
    }

    private static final int SHOWN = 5;

    private SchemaChanges() {
    }

    /**
     * Compares two looks at one database.
     *
     * @param then a session with the older snapshot
     * @return each change, such as {@code function public.f was changed}, sorted
     */
    static List<String> between(Session then, Session now) {
        Map<String, Version> before = read(then);
        Map<String, Version> after = read(now);
        TreeSet<String> changes = new TreeSet<>();
        after.forEach((key, version) -> {
            Version old = before.get(key);
            if (old == null) {
                changes.add(version.name + " was created");
            } else if (!old.transaction.equals(version.transaction)) {
                changes.add(old.name.equals(version.name) ? version.name + " was changed"
                        : old.name + " is now " + version.name);
            }
        });
        before.forEach((key, version) -> {
            if (!after.containsKey(key)) {
                changes.add(version.name + " was dropped");
            }
        });
        return List.copyOf(changes);
    }

    /** @return how a message goes on that names these changes as a cause, or nothing when there are none */
    public static Printable description(List<String> changes) {
        return Printable.of(changes.isEmpty() ? ""
                : "; the schema of the source was changed during the run: "
                        + changes.stream().limit(SHOWN).collect(Collectors.joining(", "))
                        + (changes.size() > SHOWN ? " and " + (changes.size() - SHOWN) + " more" : ""));
    }

    private static Map<String, Version> read(Session session) {
        Map<String, Version> versions = new LinkedHashMap<>();
        session.list("looking for changes of the schema", OBJECTS,
                row -> versions.put(row.getString(1) + ' ' + row.getLong(3),
                        new Version(row.getString(1) + ' ' + row.getString(2), row.getString(4))));
        return versions;
    }
}
