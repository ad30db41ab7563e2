//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Selection;
import lib.code.PlannedCode;
import lib.server.DatabaseCreation;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.source.Inventory;
import lib.source.Lz4Column;
import lib.source.Tablespaces;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Sql;
import lib.timescale.Timescale;

/**
 * What is peculiar about the source's tables and needs a word or a look: tablespaces, unlogged tables, invalid indexes,
 * bytes that are no text.
 */
public final class TableChecks {
    private final Session source;
    private final Server.Facts facts;
    private final Session target;
    private final Selection selection;

    TableChecks(Session source, Server.Facts facts, Session target, Selection selection) {
        this.source = source;
        this.facts = facts;
        this.target = target;
        this.selection = selection;
    }

    /** @return a warning for what a dump of the source leaves out and no other check names */
    public static List<Finding> leftOut(Session source, Server.Facts facts, Selection selection) {
        List<Finding> findings = new ArrayList<>();
        invalid(new TableChecks(source, facts, null, selection).stored(), findings);
        return findings;
    }

    /** @return the columns of the source that a target without lz4 cannot compress */
    public static List<Lz4Column> lz4(Session source, Server.Facts facts, Selection selection) {
        return lz4(new TableChecks(source, facts, null, selection).stored());
    }

    private static List<Lz4Column> lz4(Map<String, List<Stored>> stored) {
        return stored.getOrDefault("lz4", List.of()).stream()
                .map(column -> new Lz4Column(column.name, column.statement)).toList();
    }

    /** @param timescale whether the source has TimescaleDB, and nothing of others stands among its own */
    List<Finding> check(Server server, boolean timescale, boolean intoUtf8) {
        List<Finding> findings =
                new ArrayList<>(
                        Tablespaces.check(new Inventory(source, server, selection, Set.of(), null).tablespaces(),
                                timescale ? Timescale.tablespaces(source) : List.of(), target));
        tablespaceSettings(source, "true", findings);
        tablespaceSettings(target,
                "(s.setrole = 0 OR s.setrole = pg_catalog.to_regrole(pg_catalog.quote_ident(current_user)))", findings);
        Map<String, List<Stored>> stored = stored();
        unlogged(stored.getOrDefault("unlogged", List.of()), findings);
        invalid(stored, findings);
        findings.addAll(Lz4Column.check(lz4(stored), target, ""));
        columnOrder(findings);
        if (facts.encoding().equals("SQL_ASCII") && intoUtf8) {
            notUtf8(findings);
        }
        return findings;
    }

    /**
     * A tablespace that a setting names and its server lacks: the server warns of it at the beginning of each session,
     * and takes the default one.
     */
    private record NamedTablespace(String of, String setting, String name, boolean exists) {
    }

    /**
     * @param which whose settings are looked at: all roles of the source come along, and only those of the sessions
     * count on the target
     */
    private void tablespaceSettings(Session session, String which, List<Finding> findings) {
        List<NamedTablespace> named = session.list("listing the settings that name tablespaces",
                """
                SELECT pg_catalog.concat_ws(' IN ', 'ROLE ' || pg_catalog.quote_ident(r.rolname),
                                 CASE WHEN s.setdatabase <> 0 THEN 'DATABASE ' || pg_catalog.quote_ident(d.datname)
                                   WHEN s.setrole = 0 THEN 'ROLE ALL' END),
                       pg_catalog.split_part(c, '=', 1), t.name, EXISTS (SELECT FROM pg_catalog.pg_tablespace p
                         WHERE p.spcname = t.name)
                  FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
                  LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, pg_catalog.unnest(s.setconfig) c,
                       LATERAL (SELECT pg_catalog.replace(pg_catalog.regexp_replace(n, '^"(.*)"$', '\\1'), '""', '"')
                         AS name
                                  FROM pg_catalog.regexp_split_to_table(pg_catalog.substr(c, pg_catalog.strpos(c,
                                    '=') + 1), ' *, *') n) t
                 WHERE c ~ '^(default_tablespace|temp_tablespaces)=' AND t.name <> '' AND %s
                   AND (s.setdatabase = 0 OR d.datname = pg_catalog.current_database()) ORDER BY 1, 2, 3"""
                        .formatted(which),
                row -> new NamedTablespace(row.getString(1), row.getString(2), row.getString(3), row.getBoolean(4)));
        Set<String> missing = named.isEmpty() ? Set.of()
                : Tablespaces.missing(named.stream().map(NamedTablespace::name).toList(), target);
        for (NamedTablespace tablespace : named) {
            if (!tablespace.exists || missing.contains(tablespace.name)) {
                String reset = "ALTER " + tablespace.of + " RESET " + tablespace.setting + ";";
                String create = "CREATE TABLESPACE " + Sql.ident(tablespace.name) + " LOCATION '…';";
                String lacking = tablespace.exists ? "target" : session.side();
                findings.add(Finding.warning("tablespaces",
                        lacking.equals(session.side()) ? reset + " or " + create + " on the " + session.side()
                                : create + " on the target, or " + reset + " on the source",
                        "%s of the %s's %s names tablespace \"%s\", which the %s lacks: what is created without "
                                + "one goes to the default one",
                        tablespace.setting, session.side(),
                        tablespace.of.replaceFirst("^ROLE", "role").replaceFirst("^DATABASE", "database")
                                .replaceFirst(" IN DATABASE ", " in database "),
                        tablespace.name, lacking));
            }
        }
    }

    /** What stays behind, or changes, with the statement that mends it. */
    private record Stored(String kind, String name, String statement) {
    }

    /**
     * One question for all of it. Since 14 a column can have a method of compression, and the server can be built
     * without one of these.
     */
    private Map<String, List<Stored>> stored() {
        return source.list("listing unlogged tables, invalid indexes and methods of compression",
                """
                SELECT 'unlogged', pg_catalog.format('%%I.%%I', n.nspname, c.relname),
                  pg_catalog.format('ALTER TABLE %%I.%%I SET LOGGED;', n.nspname, c.relname)
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND %1$s
                UNION ALL
                SELECT CASE WHEN y.copy THEN 'copy' ELSE 'invalid' END, pg_catalog.format('%%I.%%I', m.nspname,
                  i.relname),
                       pg_catalog.format(CASE WHEN y.copy THEN 'DROP' ELSE 'REINDEX'
                         END || ' INDEX CONCURRENTLY %%I.%%I;', m.nspname, i.relname)
                  FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
                    JOIN pg_catalog.pg_namespace m ON m.oid = i.relnamespace
                  JOIN pg_catalog.pg_class c ON c.oid = x.indrelid JOIN pg_catalog.pg_namespace n
                    ON n.oid = c.relnamespace
                 CROSS JOIN LATERAL (SELECT i.relname ~ '_cc(new|old)[0-9]*$' AS copy) y
                 WHERE NOT x.indisvalid AND i.relkind = 'i' AND %1$s%2$s ORDER BY 1, 2""".formatted(
                        selection.relation("c", "n"),
                        facts.major() < 14 ? ""
                                : """

                UNION ALL
                SELECT 'lz4', pg_catalog.format('%%I.%%I.%%I', n.nspname, c.relname, a.attname),
                       pg_catalog.format('ALTER TABLE %%I.%%I ALTER COLUMN %%I SET COMPRESSION pglz;', n.nspname,
                         c.relname, a.attname)
                  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE a.attcompression = 'l' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm')
                   AND %s"""
                                        .formatted(selection.relation("c", "n"))),
                row -> new Stored(row.getString(1), row.getString(2), row.getString(3)))
                .stream().collect(Collectors.groupingBy(Stored::kind));
    }

    private static void unlogged(List<Stored> tables, List<Finding> findings) {
        if (!tables.isEmpty()) {
            findings.add(Finding.warning("unlogged tables",
                    "if a crash or failover must not empty them, afterwards on the target: " + statements(tables),
                    "%d table(s) stay unlogged on the target: %s", tables.size(), Count.some(names(tables))));
        }
    }

    /**
     * pg_dump leaves them out (getIndexes in its source), and nothing else misses them. Those that REINDEX has made are
     * copies (PostgreSQL manual, REINDEX).
     */
    private static void invalid(Map<String, List<Stored>> stored, List<Finding> findings) {
        List<Stored> own = stored.getOrDefault("invalid", List.of());
        List<Stored> copies = stored.getOrDefault("copy", List.of());
        List<Stored> indexes = Stream.concat(own.stream(), copies.stream()).toList();
        if (!indexes.isEmpty()) {
            findings.add(Finding.warning("invalid indexes", (own.isEmpty() ? ""
                    : "to have them on the target, run on the source first: " + statements(own))
                    + (copies.isEmpty() ? ""
                            : (own.isEmpty() ? "" : " and ") + "to drop what a failed REINDEX has left there: "
                                    + statements(copies)),
                    "%d index(es) of the source are invalid, as a failed CREATE INDEX CONCURRENTLY leaves them, and "
                            + "are not migrated: %s",
                    indexes.size(),
                    Count.some(names(indexes))));
        }
    }

    private static String statements(List<Stored> some) {
        return some.stream().map(Stored::statement).collect(Collectors.joining(" "));
    }

    private static List<String> names(List<Stored> some) {
        return some.stream().map(Stored::name).toList();
    }

    /**
     * pg_dump lets a child inherit its columns, which then come first and in the order of its parents; a partition
     * keeps its own order.
     */
    private void columnOrder(List<Finding> findings) {
        List<String> tables = source.texts("comparing the order of inherited columns", """
                WITH child AS (
                  SELECT c.oid, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name
                    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind = 'r' AND NOT c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_inherits i
                     WHERE i.inhrelid = c.oid) AND %s),
                place AS (
                  SELECT child.name, a.attnum, (SELECT pg_catalog.min(ARRAY[i.inhseqno, p.attnum])
                           FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_attribute p ON p.attrelid = i.inhparent
                             AND p.attname = a.attname
                          WHERE i.inhrelid = child.oid AND NOT p.attisdropped AND p.attnum > 0) AS inherited
                    FROM child JOIN pg_catalog.pg_attribute a ON a.attrelid = child.oid AND a.attnum > 0
                      AND NOT a.attisdropped),
                ranked AS (
                  SELECT name, pg_catalog.row_number() OVER (PARTITION BY name ORDER BY attnum) AS now,
                         pg_catalog.row_number() OVER (PARTITION BY name
                           ORDER BY inherited NULLS LAST, attnum) AS afterwards FROM place)
                SELECT DISTINCT name FROM ranked WHERE now <> afterwards ORDER BY 1"""
                .formatted(selection.relation("c", "n")));
        if (!tables.isEmpty()) {
            findings.add(Finding.warning("column order", "name the columns in INSERT and SELECT",
                    "the columns of %d table(s) that inherit will stand in the order of their parents: %s",
                    tables.size(), Count.some(tables)));
        }
    }

    /**
     * {@code length(bytea, encoding)} refuses bytes that are no text in that encoding. The text is what the type's
     * output function gives: a cast to text may be anybody's.
     */
    private void notUtf8(List<Finding> findings) {
        List<String[]> tables = source.list("listing the text columns", """
                SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname),
                       pg_catalog.string_agg(pg_catalog.format('pg_catalog.sum(pg_catalog.length(pg_catalog.textsend(\
                pg_catalog.format(''%%%%s'', %%I)), ''UTF8''))', a.attname), ', ')
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND (t.typcategory IN ('S', 'A', 'C', 'U', 'E')
                    OR t.typtype = 'd')
                 WHERE c.relkind = 'r' AND %s GROUP BY 1 ORDER BY 1""".formatted(selection.relation("c", "n")),
                row -> new String[]{row.getString(1), row.getString(2)});
        for (String[] table : tables) {
            String doing = "looking for bytes that are not valid UTF-8";
            try {
                if (PlannedCode.holds(source, doing, table[0])) {
                    source.run(doing, "SELECT " + table[1] + " FROM ONLY " + table[0]);
                } else {
                    findings.add(Finding.warning("encoding",
                            "check it as its owner: SELECT " + table[1] + " FROM ONLY " + table[0] + ";",
                            "table %s was not searched for bytes that are not valid UTF-8: it is locked, or reading "
                                    + "it would run code that no superuser owns",
                            table[0]));
                }
            } catch (Failure e) {
                findings.add(Finding.stop("encoding",
                        "create the target with " + DatabaseCreation.bytes(target) + ", or correct the texts",
                        "table %s holds bytes that are not valid UTF-8: %s", table[0],
                        SqlFailures.message((SQLException) e.getCause())));
            } finally {
                source.run(doing, "ROLLBACK");
            }
        }
    }
}
