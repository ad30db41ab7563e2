//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Connecting.java Failure.java Finding.java Inventory.java Rows.java Selection.java Server.java Sql.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What is peculiar about the source's tables and needs a word or a look: tablespaces, unlogged tables, huge rows, bytes that are no text. */
final class Peculiarities {
    /** COPY builds a row in one buffer of at most 1 GB (MaxAllocSize), in hexadecimal for bytea; a quarter of that, stored, is suspicious. */
    private static final int SUSPICIOUS_CHUNKS = 130_000;
    private static final String LOOKING = "20s";

    private final Connection source;
    private final Server.Facts facts;
    private final Connection target;
    private final Selection selection;

    Peculiarities(Connection source, Server.Facts facts, Connection target, Selection selection) {
        this.source = source;
        this.facts = facts;
        this.target = target;
        this.selection = selection;
    }

    List<Finding> check(Server server, boolean intoUtf8) {
        List<Finding> findings = new ArrayList<>();
        for (String tablespace : new Inventory(source, server, selection).missingTablespaces(target)) {
            findings.add(Finding.warning("tablespaces", "CREATE TABLESPACE " + Sql.ident(tablespace) + " LOCATION '…';",
                    "tablespace \"%s\" does not exist on the target: everything goes to the default one", tablespace));
        }
        unlogged(findings);
        columnOrder(findings);
        hugeRows(findings);
        if (facts.encoding().equals("SQL_ASCII") && intoUtf8) {
            notUtf8(findings);
        }
        return findings;
    }

    private void unlogged(List<Finding> findings) {
        List<String> tables = Rows.texts(source, "source", "listing the unlogged tables", """
                SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname)
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND %s ORDER BY 1""".formatted(selection.relation("c", "n")));
        if (!tables.isEmpty()) {
            findings.add(Finding.warning("unlogged tables", "ALTER TABLE … SET LOGGED; on the target, where a crash or a failover must not empty them",
                    "%d table(s) stay unlogged on the target: %s", tables.size(), some(tables)));
        }
    }

    /** pg_dump lets a child inherit its columns, which then come first and in the order of its parents; a partition keeps its own order. */
    private void columnOrder(List<Finding> findings) {
        List<String> tables = Rows.texts(source, "source", "comparing the order of inherited columns", """
                WITH child AS (
                  SELECT c.oid, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name
                    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind = 'r' AND NOT c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) AND %s),
                place AS (
                  SELECT child.name, a.attnum, (SELECT pg_catalog.min(ARRAY[i.inhseqno, p.attnum])
                           FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname
                          WHERE i.inhrelid = child.oid AND NOT p.attisdropped AND p.attnum > 0) AS inherited
                    FROM child JOIN pg_catalog.pg_attribute a ON a.attrelid = child.oid AND a.attnum > 0 AND NOT a.attisdropped),
                ranked AS (
                  SELECT name, pg_catalog.row_number() OVER (PARTITION BY name ORDER BY attnum) AS now,
                         pg_catalog.row_number() OVER (PARTITION BY name ORDER BY inherited NULLS LAST, attnum) AS afterwards FROM place)
                SELECT DISTINCT name FROM ranked WHERE now <> afterwards ORDER BY 1""".formatted(selection.relation("c", "n")));
        if (!tables.isEmpty()) {
            findings.add(Finding.warning("column order", "name the columns in INSERT and SELECT",
                    "the columns of %d table(s) that inherit will stand in the order of their parents: %s", tables.size(), some(tables)));
        }
    }

    /** A value of a huge row lies in the TOAST table in pieces of 1,996 bytes, numbered from 0; only a superuser may look there. */
    private void hugeRows(List<Finding> findings) {
        if (!facts.superuser()) {
            return;
        }
        List<String[]> candidates = Rows.list(source, "source", "listing tables with large values", """
                SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname), c.reltoastrelid::pg_catalog.regclass::text
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND %s AND c.reltoastrelid <> 0
                   AND %s > %d::bigint * 1996"""
                .formatted(selection.relation("c", "n"), Selection.bytes("c.reltoastrelid"), SUSPICIOUS_CHUNKS),
                row -> new String[] {row.getString(1), row.getString(2)});
        for (String[] table : candidates) {
            try (Statement look = source.createStatement()) {
                look.execute("SET statement_timeout = '" + LOOKING + "'");
                String huge = Rows.text(source, "source", "looking for huge values",
                        "SELECT pg_catalog.max(chunk_seq) FROM " + table[1] + " WHERE chunk_seq > " + SUSPICIOUS_CHUNKS);
                if (huge != null) {
                    findings.add(Finding.warning("huge rows", null, "table %s holds a value of about %d MB: rows beyond 1 GB in COPY's format cannot be moved",
                            table[0], Long.parseLong(huge) * 1996 / 1_000_000));
                }
            } catch (Failure | SQLException e) {
                findings.add(Finding.warning("huge rows", null, "table %s was not searched for values beyond 250 MB to its end within %s", table[0], LOOKING));
            } finally {
                Rows.run(source, "source", "taking back the timeout", "SET statement_timeout = 0");
            }
        }
    }

    /** {@code length(bytea, encoding)} refuses bytes that are no text in that encoding. */
    private void notUtf8(List<Finding> findings) {
        List<String[]> tables = Rows.list(source, "source", "listing the text columns", """
                SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname),
                       pg_catalog.string_agg(pg_catalog.format('pg_catalog.sum(pg_catalog.length(pg_catalog.textsend(%%I::text), ''UTF8''))', a.attname), ', ')
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND (t.typcategory IN ('S', 'A', 'C', 'U', 'E') OR t.typtype = 'd')
                 WHERE c.relkind = 'r' AND %s GROUP BY 1 ORDER BY 1""".formatted(selection.relation("c", "n")),
                row -> new String[] {row.getString(1), row.getString(2)});
        for (String[] table : tables) {
            try (Statement look = source.createStatement()) {
                look.execute("SELECT " + table[1] + " FROM ONLY " + table[0]);
            } catch (SQLException e) {
                findings.add(Finding.stop("encoding", "create the target with ENCODING 'SQL_ASCII' TEMPLATE template0, or mend the texts",
                        "table %s holds bytes that are no UTF-8: %s", table[0], Connecting.words(e)));
            }
        }
    }

    private static String some(List<String> names) {
        return names.stream().limit(5).collect(Collectors.joining(", ")) + (names.size() > 5 ? " and " + (names.size() - 5) + " more" : "");
    }
}
