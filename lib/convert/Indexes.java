//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import lib.server.Session;

/** Reads the indexes of tables of the source. */
final class Indexes {
    /** What differs from the column's own collation and from the type's own operator class is written. */
    private static final String KEY = """
            pg_catalog.pg_get_indexdef(i.indexrelid, s.k, false)
              || coalesce((SELECT pg_catalog.format(' COLLATE %I.%I', cn.nspname, co.collname)
                   FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
                  WHERE co.oid = i.indcollation[s.k - 1] AND co.oid IS DISTINCT FROM ta.attcollation), '')
              || coalesce((SELECT pg_catalog.format(' %I.%I', pn.nspname, op.opcname)
                     || coalesce('(' || pg_catalog.array_to_string(xa.attoptions, ', ') || ')', '')
                   FROM pg_catalog.pg_opclass op JOIN pg_catalog.pg_namespace pn ON pn.oid = op.opcnamespace
                  WHERE op.oid = i.indclass[s.k - 1] AND (NOT op.opcdefault OR xa.attoptions IS NOT NULL)), '')
              || CASE WHEN m.amname <> 'btree' THEN '' ELSE
                   CASE i.indoption[s.k - 1]::int & 3 WHEN 0 THEN '' WHEN 1 THEN ' DESC NULLS LAST'
                     WHEN 2 THEN ' NULLS FIRST' ELSE ' DESC' END END""";

    private static final String QUERY = """
            SELECT i.indexrelid, i.indrelid, n.nspname, c.relname, x.relname, m.amname, coalesce(k.oid, 0), k.contype,
              i.indisunique, pg_catalog.to_jsonb(k)->>'conperiod' = 'true',
              ARRAY(SELECT a.attname::text FROM pg_catalog.generate_series(1, i.indnkeyatts) s(k)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.k - 1]
                 AND a.attnum > 0 ORDER BY s.k),
              ARRAY(SELECT (""" + KEY + """
                ) FROM pg_catalog.generate_series(1, i.indnkeyatts) s(k)
                JOIN pg_catalog.pg_attribute xa ON xa.attrelid = i.indexrelid AND xa.attnum = s.k
                LEFT JOIN pg_catalog.pg_attribute ta ON ta.attrelid = i.indrelid AND ta.attnum = i.indkey[s.k - 1]
                 AND ta.attnum > 0 ORDER BY s.k),
              ARRAY(SELECT a.attname::text FROM pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts) s(k)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.k - 1]
                ORDER BY s.k),
              (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(o.option_name) || '='
                || pg_catalog.quote_literal(o.option_value), ', ') FROM pg_catalog.pg_options_to_table(x.reloptions) o),
              (SELECT t.spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = x.reltablespace),
              pg_catalog.pg_get_expr(i.indpred, i.indrelid),
              coalesce(pg_catalog.to_jsonb(i)->>'indnullsnotdistinct', 'false') = 'false',
              coalesce(k.condeferrable, false), coalesce(k.condeferred, false), i.indisreplident, i.indisclustered,
              pg_catalog.obj_description(i.indexrelid, 'pg_class'), pg_catalog.obj_description(k.oid, 'pg_constraint'),
              ARRAY(SELECT pg_catalog.format('view %I.%I', vn.nspname, v.relname) FROM pg_catalog.pg_depend d
                JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
                JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace
                 WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                   AND d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.refobjid = k.oid
                UNION SELECT 'function ' || d.objid::pg_catalog.regprocedure FROM pg_catalog.pg_depend d
                 WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                   AND d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.refobjid = k.oid
                 ORDER BY 1)
              FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
              JOIN pg_catalog.pg_am m ON m.oid = x.relam JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
                AND k.contype IN ('p', 'u', 'x')
             WHERE (i.indisvalid OR c.relkind = 'p') AND i.indrelid = ANY (""";

    private Indexes() {
    }

    /** @return the indexes of these tables by their OIDs; not those that are invalid, which are not made either */
    static List<IndexDefinition> of(Session session, Collection<Long> tables) {
        return session.list("listing the indexes",
                QUERY + SourceTables.oids(tables) + ") ORDER BY n.nspname, c.relname, x.relname",
                row -> new IndexDefinition(row.getLong(1), row.getLong(2),
                        new TableName(row.getString(3), row.getString(4)), row.getString(5), row.getString(6),
                        row.getLong(7), row.getString(8), row.getBoolean(9), row.getBoolean(10), texts(row, 11),
                        texts(row, 12), texts(row, 13), row.getString(14), row.getString(15), row.getString(16),
                        row.getBoolean(17), row.getBoolean(18), row.getBoolean(19), row.getBoolean(20),
                        row.getBoolean(21), row.getString(22), row.getString(23), texts(row, 24)));
    }

    static List<String> texts(ResultSet row, int column) throws SQLException {
        Array array = row.getArray(column);
        return Arrays.asList((String[]) array.getArray());
    }
}
