-- Everything odd that a PostgreSQL database of version 15 holds. Loaded into an empty database by the tests, as superuser.
CREATE SCHEMA "we""ird";
CREATE SCHEMA "Ünïcode ☃" AUTHORIZATION "Ünïcode ☃";
CREATE SCHEMA "has space";
CREATE SCHEMA "drop" AUTHORIZATION "drop";
CREATE SCHEMA catalogue_pg;
CREATE SCHEMA s234567890123456789012345678901234567890123456789012345678901ab;

-- names
CREATE TABLE "we""ird"."we""ird" ("we""ird" int PRIMARY KEY, "select" text, "a.b" text, "tab	tab" text, "back\slash" text, "percent%s" text);
INSERT INTO "we""ird"."we""ird" SELECT i, 'x', 'y', E'\t', E'\\.', '%s' FROM generate_series(1, 5) i;
CREATE TABLE "Ünïcode ☃"."Ünïcode ☃" ("Ünïcode ☃" text);
INSERT INTO "Ünïcode ☃"."Ünïcode ☃" VALUES ('☃'), (U&'\+01F600'), ('ﬁ'), ('');
CREATE TABLE "has space"."has space" ("has space" int);
INSERT INTO "has space"."has space" VALUES (1);
CREATE TABLE "drop"."table" ("column" int, "user" text, "order" int, "drop" int);
INSERT INTO "drop"."table" VALUES (1, 'u', 2, 3);
CREATE TABLE same (same int);
INSERT INTO same VALUES (1);
CREATE TABLE s234567890123456789012345678901234567890123456789012345678901ab.t234567890123456789012345678901234567890123456789012345678901ab
  (c234567890123456789012345678901234567890123456789012345678901ab int);
INSERT INTO s234567890123456789012345678901234567890123456789012345678901ab.t234567890123456789012345678901234567890123456789012345678901ab VALUES (63);
CREATE INDEX "index; with 'quotes'" ON "has space"."has space" ("has space");
COMMENT ON TABLE "has space"."has space" IS E'it''s a\nmany\\line "comment"; DROP TABLE x; \\restrict';
CREATE TABLE "new
line" ("col
umn" int);
INSERT INTO "new
line" VALUES (1);

-- types
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'Ünïcode');
ALTER TYPE mood RENAME VALUE 'sad' TO 'sa,d';
ALTER TYPE mood ADD VALUE 'a "b"' BEFORE 'sa,d';
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nested AS (p pair, ps pair[], m mood);
CREATE DOMAIN positive AS int CHECK (VALUE > 0) NOT NULL DEFAULT 1;
CREATE DOMAIN int_list AS int[] CHECK (array_length(VALUE, 1) < 10);
CREATE DOMAIN smaller AS positive CHECK (VALUE < 1000);
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE text_range AS RANGE (subtype = text, collation = "C");
CREATE TABLE every_type (
  c_bool bool, c_bytea bytea, c_char "char", c_name name, c_int8 int8, c_int2 int2, c_int4 int4, c_text text, c_oid oid, c_tid tid, c_xid xid, c_cid cid,
  c_json json, c_xml xml, c_point point, c_lseg lseg, c_path path, c_box box, c_polygon polygon, c_line line, c_circle circle, c_float4 float4,
  c_float8 float8, c_money money, c_macaddr macaddr, c_macaddr8 macaddr8, c_inet inet, c_cidr cidr, c_bpchar char(10), c_varchar varchar(20), c_date date,
  c_time time, c_timetz timetz, c_timestamp timestamp, c_timestamptz timestamptz, c_interval interval, c_bit bit(5), c_varbit varbit, c_numeric numeric,
  c_uuid uuid, c_tsvector tsvector, c_tsquery tsquery, c_jsonb jsonb, c_jsonpath jsonpath, c_txid_snapshot txid_snapshot, c_pg_snapshot pg_snapshot,
  c_pg_lsn pg_lsn, c_xid8 xid8, c_int4range int4range, c_numrange numrange, c_tsrange tsrange, c_tstzrange tstzrange, c_daterange daterange,
  c_int8range int8range, c_int2vector int2vector, c_oidvector oidvector, c_int4s int4[], c_texts text[][], c_mood mood, c_moods mood[], c_pair pair, c_pairs pair[],
  c_nested nested, c_list int_list, c_positive positive, c_smaller smaller, c_frange float_range, c_trange text_range, c_aclitem aclitem, c_aclitems aclitem[],
  c_regtype regtype, c_regproc regproc, c_regrole regrole, c_regnamespace regnamespace, c_refcursor refcursor, c_ranges int4range[]
);
INSERT INTO every_type (c_bool, c_bytea, c_char, c_name, c_int8, c_int2, c_int4, c_text, c_oid, c_tid, c_xid, c_cid, c_json, c_xml, c_point, c_lseg, c_path, c_box,
  c_polygon, c_line, c_circle, c_float4, c_float8, c_money, c_macaddr, c_macaddr8, c_inet, c_cidr, c_bpchar, c_varchar, c_date, c_time, c_timetz, c_timestamp,
  c_timestamptz, c_interval, c_bit, c_varbit, c_numeric, c_uuid, c_tsvector, c_tsquery, c_jsonb, c_jsonpath, c_txid_snapshot, c_pg_snapshot, c_pg_lsn, c_xid8,
  c_int4range, c_numrange, c_tsrange, c_tstzrange, c_daterange, c_int8range, c_int2vector, c_oidvector, c_int4s, c_texts, c_mood, c_moods, c_pair, c_pairs,
  c_nested, c_list, c_positive, c_smaller, c_frange, c_trange, c_aclitem, c_aclitems, c_regtype, c_regproc, c_regrole, c_regnamespace, c_refcursor, c_ranges)
VALUES
  (true, '\x00ff0a5c2e', 'x', 'a name', 9223372036854775807, -32768, 2147483647, E'\\N\t\n\r\b\f\v\x01☃', 4294967295, '(1,2)', '5', '6',
   '{"b": 1, "a": [1.0, null], "b": 2}', '<?xml version="1.0" encoding="UTF-8"?><a b="c">é</a>', '(1.1,2.2)', '[(0,0),(1,1)]', '[(0,0),(1,1),(2,0)]', '((0,0),(1,1))',
   '((0,0),(1,1),(1,0))', '{1,-1,0}', '<(0,0),2>', 'NaN', '-Infinity', '-92233720368547758.08', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
   '::ffff:1.2.3.4/96', '2001:db8::/32', 'pad', 'varying', 'infinity', '24:00:00', '23:59:59.999999-15:59', '4713-01-01 00:00:00 BC', '-infinity',
   '178000000 years -3 mons 4 days -05:06:07.000001', B'10101', B'', 'NaN', '00000000-0000-0000-0000-000000000000', 'a:1A fat:2,4C',
   '!a & (b <-> c:*A)',  '{"k": [1e100, "x"]}', '$.a[*] ? (@.b > 1)', '10:20:10,14', '10:20:10,14', '16/B374D848', '18446744073709551615',
   '[1,5)', '(,1.5]', '["2001-01-01 BC","infinity")', 'empty', '[2020-01-01,2020-12-31]', '(,)', '1 2 3', '4 5', '[0:1]={7,NULL}', '{{a,"b,c"},{NULL,"d\"e"}}',
   'sa,d', '{"sa,d","it''s ok","a \"b\""}', '(1,"x,y")', '{"(1,a)","(,)",NULL}', '("(1,b)","{""(2,c)""}",Ünïcode)', '{1,2}', 3, 4, '[1.5,2.5)', '(a,b]',
   'torture_reader=r/postgres', '{postgres=arwdDxt/postgres,=r/postgres}', 'every_type', 'now', '"we""ird role"', '"has space"', 'cursor', '{"[1,2)",empty}')
  ON CONFLICT DO NOTHING;
INSERT INTO every_type (c_numeric, c_float4, c_float8, c_timestamp, c_timestamptz, c_positive, c_smaller, c_interval, c_text)
  VALUES ('Infinity', 'Infinity', 0.1 + 0.2, 'infinity', '0044-03-15 12:00:00 BC', 1, 1, '1 mon -1 day', ''),
         (1e-16383, 1.17549435e-38, 4.9e-324, '294276-12-31 23:59:59.999999', '294276-12-31', 2, 2, '00:00:00.000001', NULL),
         (-1e131071::numeric, -0.0, -0.0, '0001-01-01', '0001-01-01 BC', 3, 3, '-1 year', repeat('long ', 100000));
CREATE TABLE multiranges (a int4multirange, b datemultirange, c float_multirange);
INSERT INTO multiranges VALUES ('{[1,2),[5,9)}', '{}', '{[1.5,2.5),[7,8]}');
CREATE DOMAIN index_name AS regclass;
CREATE TYPE with_index AS (i regclass, n int);
CREATE DOMAIN happy AS mood CHECK (VALUE <> 'sa,d');
CREATE DOMAIN good_pair AS pair CHECK ((VALUE).a > 0);
CREATE TABLE built_from_types (happies happy[], pairs good_pair[], multi datemultirange[], ranges float_range[], lists int_list[], regs regclass[], row_of same, rows_of same[]);
INSERT INTO built_from_types VALUES ('{"it''s ok"}', '{"(1,x)"}', '{"{[2020-01-01,2020-02-01)}"}', '{"[1,2)"}', ARRAY['{1}', '{2,3}']::int_list[], '{same,every_type}', '(1)', '{(1),(2)}');
DO $$ BEGIN EXECUTE 'CREATE TABLE every_array (' || (SELECT string_agg(format('%I %I[]', 'c_' || e.typname, e.typname), ', ' ORDER BY a.oid) FROM pg_type a JOIN pg_type e ON e.typarray = a.oid
  WHERE a.oid < 10000 AND e.typtype <> 'p' AND e.typrelid = 0 AND e.typname NOT IN ('gtsvector', 'pg_node_tree')) || ')'; END $$;
INSERT INTO every_array DEFAULT VALUES;
DO $$ DECLARE c record; BEGIN
  FOR c IN SELECT a.attname FROM pg_attribute a JOIN pg_attribute f ON f.attrelid = 'every_type'::regclass AND f.attname = a.attname
            WHERE a.attrelid = 'every_array'::regclass AND a.attnum > 0 LOOP
    EXECUTE format('UPDATE every_array SET %1$I = ARRAY[(SELECT %1$I FROM every_type WHERE %1$I IS NOT NULL LIMIT 1), NULL]', c.attname);
  END LOOP; END $$;
CREATE TABLE reg_domains (ds index_name[]);
CREATE TABLE reg_composites (cs with_index[]);
CREATE TABLE reg_others (d index_name, regoper regoper, regcollation regcollation, regdictionary regdictionary);
CREATE TABLE reg_late (id int PRIMARY KEY, index_name regclass, function_name regprocedure, operator_name regoperator, configuration regconfig);
CREATE INDEX reg_target ON same (same);
INSERT INTO reg_late VALUES (1, 'reg_target', 'lower(text)', '+(int4,int4)', 'english'), (2, 'reg_late_pkey', NULL, NULL, NULL);
INSERT INTO reg_domains VALUES ('{reg_target,reg_late_pkey}');
INSERT INTO reg_composites VALUES ('{"(reg_late_pkey,2)",NULL}');
INSERT INTO reg_others VALUES ('reg_target', '||/', '"C"', 'simple');
CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fired during the load'; END $$;
CREATE TRIGGER quiet BEFORE INSERT ON reg_late FOR EACH ROW EXECUTE FUNCTION quiet();
COMMENT ON TRIGGER quiet ON reg_late IS 'a comment on what comes late';
CREATE TABLE reg_child (late int CONSTRAINT to_late REFERENCES reg_late);
INSERT INTO reg_child VALUES (1);
COMMENT ON CONSTRAINT to_late ON reg_child IS 'a comment on what comes later';
ALTER TABLE reg_late ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY late_policy ON reg_late USING (id > 0);
COMMENT ON POLICY late_policy ON reg_late IS 'a comment on a policy';
CREATE RULE late_rule AS ON INSERT TO reg_late DO INSTEAD NOTHING;

-- shapes
CREATE TABLE big_values (id int, b bytea, t text);
INSERT INTO big_values SELECT i, decode(repeat('00ff5c0a', 1000000), 'hex'), repeat(E'x\\y\tz\n', 600000) FROM generate_series(1, 2) i;
DO $$ BEGIN EXECUTE 'CREATE TABLE wide (' || (SELECT string_agg('c' || i || ' int', ', ') FROM generate_series(1, 1600) i) || ')'; END $$;
INSERT INTO wide (c1, c800, c1600) VALUES (1, 800, 1600), (NULL, NULL, NULL);
CREATE TABLE empty (id int);
CREATE TABLE no_columns ();
INSERT INTO no_columns SELECT FROM generate_series(1, 7);
CREATE TABLE emptied (a int, b int);
INSERT INTO emptied VALUES (1, 2);
ALTER TABLE emptied DROP COLUMN a, DROP COLUMN b;
CREATE TABLE dropped (a int, b text, c int DEFAULT 7, d text);
INSERT INTO dropped VALUES (1, 'x', 3, 'd');
ALTER TABLE dropped DROP COLUMN b, ADD COLUMN e int DEFAULT 5, DROP COLUMN a;
CREATE TABLE duplicates (a int, b text);
INSERT INTO duplicates SELECT 1, 'same' FROM generate_series(1, 1000);
CREATE TABLE of_type OF pair (a WITH OPTIONS PRIMARY KEY);
INSERT INTO of_type VALUES (1, 'typed');

-- constraints
CREATE TABLE chicken (id int PRIMARY KEY, egg int NOT NULL);
CREATE TABLE egg (id int PRIMARY KEY, chicken int NOT NULL REFERENCES chicken DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE chicken ADD FOREIGN KEY (egg) REFERENCES egg DEFERRABLE INITIALLY IMMEDIATE;
BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO chicken VALUES (1, 1); INSERT INTO egg VALUES (1, 1); COMMIT;
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree ON DELETE SET NULL ON UPDATE CASCADE);
INSERT INTO tree SELECT i, nullif(i / 2, 0) FROM generate_series(1, 100) i;
CREATE TABLE booking (room int, during tsrange, CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&) WHERE (room = 1) DEFERRABLE);
INSERT INTO booking VALUES (1, '[2020-01-01,2020-02-01)'), (1, '[2020-02-01,2020-03-01)');
CREATE TABLE checked (v int CONSTRAINT "positive?" CHECK (v > 0) NO INHERIT, w int);
ALTER TABLE checked ADD CONSTRAINT later CHECK (w < 5) NOT VALID;
INSERT INTO checked VALUES (1, 1);
ALTER TABLE checked ADD UNIQUE NULLS NOT DISTINCT (w) INCLUDE (v);
CREATE UNIQUE INDEX partly ON checked ((v + 1)) WHERE w IS NOT NULL;
ALTER TABLE checked REPLICA IDENTITY FULL, SET (fillfactor = 70, autovacuum_enabled = false), CLUSTER ON checked_w_v_key;
ALTER TABLE checked ALTER w SET STATISTICS 33, ALTER w SET (n_distinct = -0.5);

-- inheritance and partitions
CREATE TABLE parent (a int, b text);
CREATE TABLE reordered (b text, a int, own float8);
INSERT INTO reordered VALUES ('b', 1, 2);
ALTER TABLE reordered INHERIT parent;
CREATE TABLE both_parents () INHERITS (parent, same);
INSERT INTO both_parents VALUES (1, 'b', 2);
CREATE TABLE measure (at date, region text, value numeric) PARTITION BY RANGE (at);
CREATE TABLE measure_1 PARTITION OF measure FOR VALUES FROM (MINVALUE) TO ('2020-01-01') PARTITION BY LIST (region);
CREATE TABLE measure_1_eu PARTITION OF measure_1 FOR VALUES IN ('de', 'fr', NULL);
CREATE TABLE measure_1_rest PARTITION OF measure_1 DEFAULT;
CREATE TABLE measure_2 (value numeric, region text, at date, extra int);
ALTER TABLE measure_2 DROP COLUMN extra;
ALTER TABLE measure ATTACH PARTITION measure_2 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE measure_rest PARTITION OF measure DEFAULT;
ALTER TABLE measure ADD UNIQUE (at, region);
CREATE INDEX ON measure (value) WHERE region = 'de';
INSERT INTO measure SELECT '2019-06-01'::date + i, (ARRAY['de', 'fr', 'us', NULL])[1 + i % 4], i FROM generate_series(1, 800) i;
CREATE TABLE measure_note (at date, region text, FOREIGN KEY (at, region) REFERENCES measure (at, region));
CREATE TABLE generated (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text GENERATED ALWAYS AS (repeat('x', a)) STORED);
INSERT INTO generated VALUES (1), (2);
CREATE TABLE identities (a int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5), b smallint GENERATED BY DEFAULT AS IDENTITY);
INSERT INTO identities DEFAULT VALUES;
INSERT INTO identities DEFAULT VALUES;

CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY, v text);
INSERT INTO unlogged VALUES (1, 'kept by a dump');
CREATE TABLE stored (v text COMPRESSION pglz, w text) WITH (toast.autovacuum_enabled = false, toast_tuple_target = 4080);
ALTER TABLE stored ALTER v SET STORAGE EXTERNAL, ALTER w SET STORAGE MAIN;
CREATE SEQUENCE down AS smallint INCREMENT -3 MINVALUE -30 MAXVALUE 5 START 5 CACHE 4 CYCLE;
SELECT setval('down', -3);
CREATE SEQUENCE unused START 7;
CREATE SEQUENCE owned OWNED BY stored.v;
CREATE TABLE own_default (id bigint DEFAULT nextval('owned'), at timestamptz DEFAULT now(), s text DEFAULT E'it''s\n' || current_user);
INSERT INTO own_default (id) VALUES (1);
CREATE FOREIGN DATA WRAPPER odd_wrapper OPTIONS (debug 'it''s');

-- code
CREATE FUNCTION view_user() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint';
CREATE VIEW v_one AS SELECT view_user() AS n;
CREATE OR REPLACE FUNCTION view_user() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM duplicates';
CREATE FUNCTION of_view() RETURNS SETOF v_one LANGUAGE sql AS 'SELECT * FROM v_one';
CREATE VIEW v_two AS SELECT * FROM of_view() WHERE n > 0;
CREATE VIEW v_checked WITH (security_barrier) AS SELECT same FROM same WHERE same > 0 WITH LOCAL CHECK OPTION;
CREATE FUNCTION atomic_sql(a int, VARIADIC b int[] DEFAULT '{}') RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + coalesce(array_length(b, 1), 0); END;
CREATE FUNCTION definer() RETURNS text LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF STRICT COST 7 SET work_mem TO '1MB' SET search_path TO "has space", "$user"
  AS $body$ BEGIN RETURN '$$'; END $body$;
ALTER FUNCTION definer() OWNER TO "we""ird role";
CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fired during the load'; END $$;
CREATE TRIGGER "always" BEFORE INSERT ON duplicates FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION boom('x', 'it''s');
ALTER TABLE duplicates ENABLE ALWAYS TRIGGER "always";
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON same DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION boom();
CREATE TRIGGER on_partitions AFTER INSERT ON measure FOR EACH ROW EXECUTE FUNCTION boom();
CREATE VIEW updatable AS SELECT a, b FROM parent;
CREATE RULE ins AS ON INSERT TO updatable DO INSTEAD INSERT INTO parent VALUES (NEW.a, NEW.b);
CREATE RULE notify_all AS ON UPDATE TO same DO ALSO NOTIFY same;
CREATE VIEW by_key AS SELECT id, egg FROM chicken GROUP BY id;
CREATE MATERIALIZED VIEW m_top AS SELECT count(*) AS c FROM by_key;
CREATE MATERIALIZED VIEW m_next AS SELECT c FROM m_top;
CREATE AGGREGATE percentile(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
CREATE AGGREGATE joined(text) (sfunc = textcat, stype = text, initcond = '');
CREATE FUNCTION near(point, point) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 <-> $2 < 1';
CREATE OPERATOR "has space".~~~ (LEFTARG = point, RIGHTARG = point, FUNCTION = near, COMMUTATOR = OPERATOR("has space".~~~));
CREATE OPERATOR FAMILY odd_family USING btree;
CREATE OPERATOR CLASS odd_class FOR TYPE int4 USING btree FAMILY odd_family AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
CREATE INDEX odd_index ON same (same odd_class);
CREATE FUNCTION mood_int(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE CAST (mood AS int) WITH FUNCTION mood_int(mood) AS ASSIGNMENT;
CREATE CONVERSION odd_conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE COLLATION odd_collation (provider = libc, lc_collate = 'C', lc_ctype = 'C');
CREATE TABLE collated (v text COLLATE odd_collation, w text COLLATE "POSIX");
INSERT INTO collated VALUES ('a', 'B');
CREATE INDEX ON collated (w COLLATE "C" text_pattern_ops DESC NULLS LAST);
CREATE TEXT SEARCH DICTIONARY odd_dictionary (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION odd_configuration (COPY = english);
ALTER TEXT SEARCH CONFIGURATION odd_configuration ALTER MAPPING FOR asciiword WITH odd_dictionary, english_stem;
CREATE EXTENSION postgres_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.invalid', dbname 'x');
CREATE USER MAPPING FOR torture_reader SERVER elsewhere OPTIONS (user 'u', password 'mapped-secret');
CREATE FOREIGN TABLE far_away (id int OPTIONS (column_name 'ID')) SERVER elsewhere OPTIONS (table_name 'there');
CREATE STATISTICS odd_statistics (mcv) ON (a % 10), b FROM parent;

CREATE PROCEDURE proc(INOUT a int, b text DEFAULT 'x') LANGUAGE plpgsql AS $$ BEGIN a := 1; COMMIT; END $$;
CREATE FUNCTION windowed(int) RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
CREATE FUNCTION tabled(OUT a int, OUT b text) RETURNS SETOF record LANGUAGE sql ROWS 3 PARALLEL SAFE AS $$ SELECT 1, 'x' $$;
CREATE AGGREGATE moving(float8) (sfunc = float8pl, stype = float8, msfunc = float8pl, minvfunc = float8mi, mstype = float8, parallel = safe, combinefunc = float8pl);
CREATE OPERATOR !== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4ne, NEGATOR = ===, RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, NEGATOR = !==, COMMUTATOR = ===, HASHES, MERGES);
CREATE RECURSIVE VIEW counting (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < 3;
CREATE MATERIALIZED VIEW m_empty AS SELECT 1 AS n WITH NO DATA;
CREATE UNIQUE INDEX m_index ON m_top (c);
CREATE TYPE base_type;
CREATE FUNCTION base_in(cstring) RETURNS base_type LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION base_out(base_type) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE base_type (INPUT = base_in, OUTPUT = base_out, LIKE = int4, CATEGORY = 'N');
CREATE TABLE of_base (v base_type, vs base_type[]);
INSERT INTO of_base VALUES ('42', '{1,2}');
CREATE CAST (base_type AS int) WITHOUT FUNCTION AS IMPLICIT;
CREATE TYPE only_a_shell;
CREATE FUNCTION odd_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE TRUSTED LANGUAGE odd_language HANDLER odd_handler;
CREATE ACCESS METHOD odd_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE odd_stored (v int) USING odd_heap;
INSERT INTO odd_stored VALUES (1);
CREATE TRANSFORM FOR base_type LANGUAGE odd_language (FROM SQL WITH FUNCTION prsd_lextype(internal));
CREATE TEXT SEARCH PARSER odd_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE odd_template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
COMMENT ON COLUMN parent.a IS 'column';
COMMENT ON CONSTRAINT no_overlap ON booking IS 'constraint';
COMMENT ON INDEX odd_index IS 'index';
COMMENT ON TRIGGER "always" ON duplicates IS 'trigger';
COMMENT ON RULE ins ON updatable IS 'rule';
COMMENT ON FUNCTION definer() IS 'function';
COMMENT ON AGGREGATE joined(text) IS 'aggregate';
COMMENT ON TYPE mood IS 'type';
COMMENT ON CONSTRAINT positive_check ON DOMAIN positive IS 'constraint of a domain';
COMMENT ON CAST (mood AS int) IS 'cast';
COMMENT ON OPERATOR CLASS odd_class USING btree IS 'operator class';
COMMENT ON TEXT SEARCH CONFIGURATION odd_configuration IS 'configuration';
COMMENT ON SERVER elsewhere IS 'server';
COMMENT ON EXTENSION postgres_fdw IS 'a comment of one''s own';
COMMENT ON STATISTICS odd_statistics IS 'statistics';
COMMENT ON SCHEMA "has space" IS 'schema';
ALTER STATISTICS odd_statistics SET STATISTICS 77;

-- row-level security, publications, privileges, large objects
ALTER TABLE tree ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON tree AS RESTRICTIVE FOR ALL TO PUBLIC, torture_reader USING (id > 0) WITH CHECK (parent IS NOT NULL);
CREATE PUBLICATION "odd columns" FOR TABLE chicken (id) WHERE (id > 0);
CREATE PUBLICATION "odd publication" FOR TABLES IN SCHEMA "has space" WITH (publish = 'insert', publish_via_partition_root);
SELECT lo_from_bytea(77, '\x00'), lo_from_bytea(2000000000, decode(repeat('ab', 600000), 'hex'));
ALTER LARGE OBJECT 77 OWNER TO "we""ird role";
GRANT SELECT, UPDATE ON LARGE OBJECT 77 TO torture_reader WITH GRANT OPTION;
COMMENT ON LARGE OBJECT 77 IS 'seventy-seven';
GRANT SELECT (a), UPDATE (b) ON parent TO torture_reader;
GRANT ALL ON "drop"."table" TO "drop" WITH GRANT OPTION;
GRANT USAGE ON TYPE mood TO torture_reader;
REVOKE USAGE ON TYPE pair FROM PUBLIC;
COMMENT ON POLICY mine ON tree IS 'policy';
COMMENT ON PUBLICATION "odd columns" IS 'publication';
GRANT EXECUTE ON FUNCTION definer() TO torture_reader;
REVOKE ALL ON FUNCTION atomic_sql FROM PUBLIC;
REVOKE ALL ON duplicates FROM postgres;
GRANT USAGE ON LANGUAGE odd_language TO torture_reader;
GRANT USAGE ON SEQUENCE down TO torture_reader;
GRANT USAGE ON FOREIGN SERVER elsewhere TO torture_reader;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO torture_reader;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA "has space" GRANT EXECUTE ON FUNCTIONS TO torture_reader;
ALTER TABLE "Ünïcode ☃"."Ünïcode ☃" OWNER TO "Ünïcode ☃";
ALTER TYPE mood OWNER TO "drop";
ALTER OPERATOR CLASS odd_class USING btree OWNER TO "drop";
ALTER OPERATOR FAMILY odd_family USING btree OWNER TO "drop";
ALTER COLLATION odd_collation OWNER TO "drop";
ALTER CONVERSION odd_conversion OWNER TO "drop";
ALTER SERVER elsewhere OWNER TO "drop";
ALTER PUBLICATION "odd publication" OWNER TO postgres;
ALTER MATERIALIZED VIEW m_next OWNER TO "drop";
GRANT SELECT ON m_top TO "drop";
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'an event trigger fired during the load'; END $$;
CREATE EVENT TRIGGER watch ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'GRANT', 'CREATE INDEX') EXECUTE FUNCTION watch();
COMMENT ON EVENT TRIGGER watch IS 'event trigger';
CREATE EVENT TRIGGER asleep ON sql_drop EXECUTE FUNCTION watch();
SET session_replication_role = replica;
ALTER EVENT TRIGGER asleep DISABLE;
