//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import lib.server.DropStatements;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * The extension TimescaleDB of a database, once it is known that its schemas hold no objects of other users that we
 * would read or call. On managed services the owner of a database may create in the schemas of the extension and put
 * triggers on its tables, and everybody may create functions in {@code public} before PostgreSQL 15, so that a name
 * alone says nothing (PostgreSQL manual, 10.3 "Functions", CVE-2018-1058). To be a member of the extension says nothing
 * either: whoever has created it, as any owner of a database may, can add to it (ALTER EXTENSION).
 *
 * @param schema where its functions stand
 * @param jobTable the table of the jobs, quoted, which stands in another schema since 2.25
 */
public record TimescaleExtension(String version, String schema, String jobTable) {
    public static final String NAME = "timescaledb";

    /**
     * Who may do everything here anyway: superusers, and the connecting user; not a role that the database's owner has
     * had it take (ALTER DATABASE SET role).
     */
    static final String TRUSTED =
            "(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolsuper OR r.oid = 10 OR r.rolname = session_user)";

    /**
     * What we read: every relation in these schemas, the statistics of jobs in another one where chunks stand too, and
     * what is part of a dump.
     */
    private static final String READ = """
            SELECT d.objid FROM pg_catalog.pg_namespace s JOIN pg_catalog.pg_depend d
              ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
               AND d.refobjid = s.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
             WHERE s.nspname IN ('_timescaledb_catalog', '_timescaledb_config', 'timescaledb_information')
            UNION SELECT b.oid FROM pg_catalog.pg_namespace s JOIN pg_catalog.pg_class b ON b.relnamespace = s.oid
              AND b.relname = 'bgw_job_stat'
             WHERE s.nspname = '_timescaledb_internal'
            UNION SELECT pg_catalog.unnest(e.extconfig)""";

    private static final String ADDED = """
            SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
              ELSE 'TABLE' END AS kind,
                   pg_catalog.format('%%I.%%I', s.nspname, c.relname) AS name, c.relowner AS owner,
                   'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS catalog, c.oid AS object
              FROM (%2$s) u(oid) JOIN pg_catalog.pg_class c ON c.oid = u.oid
                JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relowner NOT IN %1$s
            UNION ALL
            SELECT 'TRIGGER', pg_catalog.format('%%I ON %%I.%%I', t.tgname, s.nspname, c.relname), p.proowner,
                   'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid
              FROM (%2$s) u(oid) JOIN pg_catalog.pg_trigger t ON t.tgrelid = u.oid
                JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
              JOIN pg_catalog.pg_class c ON c.oid = u.oid JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
             WHERE NOT t.tgisinternal AND p.proowner NOT IN %1$s
            UNION ALL
            SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, p.oid::pg_catalog.regprocedure::text,
              p.proowner,
                   'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
              FROM pg_catalog.pg_proc p
             WHERE p.proname IN ('alter_job', 'timescaledb_pre_restore', 'timescaledb_post_restore', 'cagg_migrate')
               AND p.pronamespace = e.extnamespace
               AND p.proowner NOT IN %1$s""".formatted(TRUSTED, READ);

    private static final String QUERY = """
            SELECT e.extversion, n.nspname, (
                   SELECT pg_catalog.format('%%I.%%I', s.nspname, c.relname) FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
                    WHERE c.relname = 'bgw_job' AND c.relkind = 'r' AND s.nspname IN ('_timescaledb_config',
                      '_timescaledb_catalog') LIMIT 1),
                   EXISTS (SELECT FROM (%s) f)
              FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
             WHERE e.extname = 'timescaledb'""".formatted(ADDED);

    /** Triggers first: nothing depends on them, and they may stand on what goes too. */
    private static final String NAMED = """
            SELECT f.catalog, f.object, f.kind, f.name, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(f.owner)),
              f.owner = e.extowner AND EXISTS (
                   SELECT FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_trigger t ON f.kind = 'TRIGGER'
                     AND t.oid = f.object
                    WHERE d.classid = CASE f.kind WHEN 'TRIGGER' THEN 'pg_catalog.pg_proc'::pg_catalog.regclass
                      ELSE f.catalog END
                      AND d.objid = coalesce(t.tgfoid, f.object) AND d.deptype = 'e' AND d.refobjid = e.oid)
              FROM pg_catalog.pg_extension e CROSS JOIN LATERAL (%s) f
             WHERE e.extname = 'timescaledb' ORDER BY f.kind <> 'TRIGGER', f.object DESC""".formatted(ADDED);

    /**
     * What stands among its own; a member, or a trigger of one, is what the owner of the extension has, who may add to
     * it.
     */
    private record AddedObject(DropStatements.DroppedObject thing, String owner, boolean member) {
        @Override
        public String toString() {
            return thing.kind().toLowerCase(Locale.ROOT) + " " + thing.identity() + " of role " + owner;
        }
    }

    /**
     * Looks for it.
     *
     * @return null where the database does not have it
     * @throws Failure naming what others have put among its own
     */
    public static TimescaleExtension of(Session session) {
        // Planning the whole query takes long, and many databases do not have the extension.
        if (session.texts("looking for TimescaleDB",
                "SELECT 1 FROM pg_catalog.pg_extension e WHERE e.extname = 'timescaledb'").isEmpty()) {
            return null;
        }
        List<TimescaleExtension> found = session.list("looking for TimescaleDB", QUERY, row -> {
            if (row.getBoolean(4)) {
                throw refusal(session);
            }
            return new TimescaleExtension(row.getString(1), row.getString(2), row.getString(3));
        });
        return found.isEmpty() ? null : found.get(0);
    }

    /** @return an SQL condition for a row of pg_extension: it is TimescaleDB */
    public static String is(String row) {
        return row + ".extname = '" + NAME + "'";
    }

    /** @return an SQL condition for a row of pg_extension: it is not TimescaleDB */
    public static String isNot(String row) {
        return row + ".extname <> '" + NAME + "'";
    }

    /** @return the versions that the server can create */
    public static List<String> offers(Session session) {
        return session.texts("listing the versions of timescaledb",
                "SELECT version FROM pg_catalog.pg_available_extension_versions WHERE name = '" + NAME + "'");
    }

    /** @return the versions that a way leads to from this one */
    public static List<String> updates(Session session, String version) {
        return session.texts("listing the updates of timescaledb", """
                SELECT target FROM pg_catalog.pg_extension_update_paths('%s') WHERE path IS NOT NULL
                  AND source = %s""".formatted(NAME, Sql.literal(version)));
    }

    /** @return the statement that updates it, first in a session */
    public static String update(String version) {
        return "ALTER EXTENSION timescaledb UPDATE TO " + Sql.literal(version);
    }

    /**
     * The old version's library must not be in the session that creates the new one; without this parameter the first
     * statement loads it.
     *
     * @return the statements that create it anew, first in a session
     */
    public static List<String> recreation(String schema, String version) {
        List<String> statements =
                new ArrayList<>(List.of("SET timescaledb.disable_load = on", "BEGIN", "DROP EXTENSION timescaledb"));
        if (!schema.equals("public")) {
            statements.add("CREATE SCHEMA IF NOT EXISTS " + Sql.ident(schema));
        }
        statements.add(
                "CREATE EXTENSION timescaledb WITH SCHEMA " + Sql.ident(schema) + " VERSION " + Sql.literal(version));
        statements.add("COMMIT");
        return statements;
    }

    private static Failure refusal(Session session) {
        List<AddedObject> added = session.list("looking for what others have put among TimescaleDB's own",
                NAMED, row -> new AddedObject(
                        new DropStatements.DroppedObject(row.getLong(1), row.getLong(2), row.getString(3),
                                row.getString(4),
                                null),
                        row.getString(5), row.getBoolean(6)));
        Failure failure =
                Failure.of("on the %s, objects in the schemas of TimescaleDB do not belong to it: %s%s",
                        session.side(),
                        added.stream().limit(5).map(AddedObject::toString).collect(Collectors.joining(", ")),
                        added.size() > 5 ? " and " + (added.size() - 5) + " more" : "");
        List<AddedObject> members = added.stream().filter(AddedObject::member).toList();
        List<DropStatements.DroppedObject> others =
                added.stream().filter(object -> !object.member).map(AddedObject::thing).toList();
        // What a superuser created who is none any more looks the same, and the extension cannot do without it.
        String connect =
                members.isEmpty() ? "" : "connect to the " + session.side() + " as role " + members.get(0).owner
                        + ", which owns the extension and what is named here";
        if (others.isEmpty()) {
            return failure.hint("%s", connect);
        }
        DropStatements drops = DropStatements.of(session, others);
        // A trigger is dropped by the owner of its table.
        boolean triggers = others.stream().anyMatch(item -> item.kind().equals("TRIGGER"));
        String by = triggers ? "" : others.size() == 1 ? "its owner or " : "their owners or ";
        return failure.hint(
                "look at it, then%s, as %sa superuser of the %s: %s" + (connect.isEmpty() ? "" : " Then %s"),
                drops.taking(), by, session.side(), drops.sql(), connect);
    }
}
