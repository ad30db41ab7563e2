package lib.timescale;

import java.util.List;
import lib.server.FactQuery;

/**
 * What is known about the chunks of hypertables and their parts. Their tables, indexes and constraints are named by
 * internal numbers, so they are told apart by ranges and definitions. What a chunk has in common with its hypertable is
 * said to be so, and what a hypertable lacks is not said of each of its chunks.
 */
public final class ChunkFacts {
    /** Bits of a chunk's status: src/chunk.h in TimescaleDB's sources. */
    private static final FactQuery CHUNKS = FactQuery.ofTimescale("chunk", false, """
            SELECT 'chunk' AS kind, k.name AS identity, 'hypertable ' || k.hypertable AS parent,
                   (SELECT n.nspname FROM pg_namespace n WHERE n.oid = c.relnamespace) AS "of schema",
                   c.relname AS "of name",
                   CASE WHEN k.status & 4 = 4 THEN 'frozen' END AS state,
                   CASE WHEN c.relowner = k.relowner THEN 'as its hypertable' ELSE {owner c.relowner} END AS owner,
                   CASE WHEN EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid
                     AND i.inhparent = k.parent) THEN 'yes' ELSE 'no' END
                     AS "inherits from its hypertable",
                   CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'logged' END AS persistence, m.amname
                     AS "access method",
                   (SELECT {name t.spcname} FROM pg_tablespace t WHERE t.oid = c.reltablespace) AS tablespace,
                   nullif(concat_ws(', ', CASE WHEN c.relrowsecurity THEN 'enabled' END, CASE
                     WHEN c.relforcerowsecurity THEN 'forced' END), '')
                     AS "row security",
                   CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'
                     ELSE 'index' END AS "replica identity",
                   {options c.reloptions} AS option,
                   CASE WHEN c.relowner = k.relowner AND c.relacl IS NOT DISTINCT FROM k.relacl
                        OR {privileges r c.relacl c.relowner} IS NOT DISTINCT
                          FROM {privileges r k.relacl k.relowner} THEN 'as its hypertable'
                     ELSE replace(replace({privileges r c.relacl c.relowner}, chr(30), ': '), chr(31), '; ') END
                       AS grants,
                   {comment pg_class c.oid} AS comment
              FROM {chunks} k JOIN pg_class c ON c.oid = k.relid LEFT JOIN pg_am m ON m.oid = c.relam""");

    /**
     * A chunk has settings of its own since 2.18; they are those of its hypertable at the time when it was compressed.
     */
    private static final FactQuery COMPRESSED_CHUNKS = FactQuery.ofTimescale("compressed chunk", false, """
            SELECT 'compressed chunk' AS kind, k.name AS identity, 'chunk ' || k.name AS parent, 'compressed' AS "is",
                   nullif(concat_ws(', ', CASE WHEN k.status & 2 = 2 THEN 'unordered' END,
                     CASE WHEN k.status & 8 = 8 THEN 'rows added since' END), '') AS state,
                   CASE WHEN c.relowner = k.relowner THEN 'as its hypertable' ELSE {owner c.relowner} END AS owner,
                   {has compression_settings.compress_relid: (SELECT concat_ws('; ',
                     'segment by ' || nullif(array_to_string(s.segmentby, ', '), ''),
                       'order by ' || array_to_string(s.orderby, ', ') || ' ' || s.orderby_desc::text ||
                         s.orderby_nullsfirst::text
                       {has compression_settings.index: , {same timescaledb: s.index::text else %s}})
                     FROM _timescaledb_catalog.compression_settings s WHERE s.relid = k.relid) else {unknown}}
                       AS settings,
                   (SELECT concat(z.numrows_pre_compression, ' rows in ', z.numrows_post_compression)
                      FROM _timescaledb_catalog.compression_chunk_size z WHERE z.chunk_id = k.id) AS statistics,
                   (SELECT string_agg(concat(i.definition, CASE WHEN NOT i.indisvalid THEN ' invalid' END), '; '
                     ORDER BY i.definition)
                      FROM (SELECT x.indisvalid, substring(pg_get_indexdef(x.indexrelid) from ' USING (.*)$')
                        AS definition
                              FROM pg_index x WHERE x.indrelid = c.oid) i) AS indexes
              FROM {chunks} k JOIN pg_class c ON c.oid = k.compressed WHERE k.status & 1 = 1"""
            .formatted(CatalogShape.SPARSE_INDEXES));

    private static final FactQuery COLUMNS = FactQuery.ofTimescale("chunk column", false, """
            SELECT 'chunk column' AS kind, k.name || '.' || {name a.attname} AS identity,
                   'chunk ' || k.name || chr(31) || 'column ' || k.hypertable || '.' || {name a.attname} AS parent,
                   concat(format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' not null' END) AS "is",
                   CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS "default",
                   CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
                   CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
                     ELSE 'extended' END AS storage,
                   nullif(a.attstattarget, -1)::text AS "statistics target",
                   CASE WHEN a.attoptions IS NOT NULL THEN {options a.attoptions} END AS option
              FROM {chunks} k JOIN pg_attribute a ON a.attrelid = k.relid AND a.attnum > 0 AND NOT a.attisdropped
              LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum""");

    /**
     * The names of chunks' constraints begin with the chunk's number and another one; those of ranges are numbers only.
     */
    private static final FactQuery CONSTRAINTS = FactQuery.ofTimescale("chunk constraint", false,
            """
            SELECT 'chunk constraint' AS kind,
                   k.name || ': ' || CASE WHEN p.contype = 'c' AND p.conname ~ '^constraint_[0-9]+$'
                     THEN replace(pg_get_constraintdef(p.oid), '_timescaledb_internal.get_partition_hash',
                       '_timescaledb_functions.get_partition_hash')
                                          ELSE {name regexp_replace(p.conname, '^([0-9]+_)+', '')} END AS identity,
                   'chunk ' || k.name || chr(31) || 'constraint ' || k.hypertable || '.'
                     || {name regexp_replace(p.conname, '^([0-9]+_)+', '')} AS parent,
                   min(replace(pg_get_constraintdef(p.oid), '_timescaledb_internal.get_partition_hash',
                     '_timescaledb_functions.get_partition_hash')) AS definition
              FROM {chunks} k JOIN pg_constraint p ON p.conrelid = k.relid WHERE p.contype NOT IN ('n', 't')
                GROUP BY 1, 2, 3""");

    private static final String DEFINITION = """
            CASE WHEN y.indisprimary THEN 'primary key ' WHEN y.indisunique THEN 'unique ' ELSE '' END
              || substring(pg_get_indexdef(y.indexrelid) from ' USING (.*)$') AS definition""";

    /** Of two indexes of one definition, the number is compared. */
    private static final FactQuery INDEXES = FactQuery.ofTimescale("chunk index", false, """
            SELECT 'chunk index' AS kind, i.identity, min(i.parent) AS parent,
                   concat_ws(', ', CASE WHEN count(*) > 1 THEN count(*) || ' indexes' ELSE 'an index' END,
                     CASE WHEN NOT bool_and(i.indisvalid) THEN 'invalid' END, CASE
                       WHEN bool_or(i.indisclustered) THEN 'clustered' END,
                     CASE WHEN bool_or(i.indisreplident) THEN 'replica identity' END) AS "is"
              FROM (SELECT k.name || ': ' || x.definition AS identity, 'chunk ' || k.name || coalesce(chr(31) ||
                'index ' || h.name, '') AS parent,
                           x.indisvalid, x.indisclustered, x.indisreplident
                      FROM {chunks} k JOIN (SELECT y.*, %1$s FROM pg_index y) x ON x.indrelid = k.relid
                      LEFT JOIN (SELECT y.indrelid, %1$s, min({name n.nspname} || '.' || {name c.relname}) AS name
                                   FROM pg_index y JOIN pg_class c ON c.oid = y.indexrelid
                                     JOIN pg_namespace n ON n.oid = c.relnamespace
                                  WHERE y.indrelid IN (SELECT r.relid FROM {hypertables} r) GROUP BY 1, 2) h
                        ON h.indrelid = k.parent AND h.definition = x.definition
                     WHERE {source: x.indisvalid else true}) i
             GROUP BY i.identity""".formatted(DEFINITION));

    private static final FactQuery TRIGGERS = FactQuery.ofTimescale("chunk trigger", false, """
            SELECT 'chunk trigger' AS kind, k.name || ': ' || {name g.tgname} AS identity,
                   'chunk ' || k.name || chr(31) || 'trigger ' || k.hypertable || '.' || {name g.tgname} AS parent,
                   replace({trigger g.oid}, format(' ON %I.%I ', n.nspname, c.relname), ' ON the chunk ') AS definition,
                   CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replica'
                     WHEN 'A' THEN 'enabled always' ELSE 'enabled' END
                     AS state
              FROM {chunks} k JOIN pg_class c ON c.oid = k.relid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_trigger g ON g.tgrelid = k.relid WHERE NOT g.tgisinternal""");

    private ChunkFacts() {
    }

    public static List<FactQuery> queries() {
        return List.of(CHUNKS, COMPRESSED_CHUNKS, COLUMNS, CONSTRAINTS, INDEXES, TRIGGERS);
    }
}
