-- A small database with an object of every kind and every property that a comparison looks at. Loaded into an empty database by the tests.
SELECT current_setting('server_version_num')::int >= 130000 AS since13, current_setting('server_version_num')::int >= 150000 AS since15 \gset
CREATE EXTENSION hstore;
CREATE SCHEMA ext;
CREATE EXTENSION pg_trgm WITH SCHEMA ext;
CREATE EXTENSION postgres_fdw;
COMMENT ON EXTENSION postgres_fdw IS 'our own words';

CREATE SCHEMA s AUTHORIZATION owner;
COMMENT ON SCHEMA s IS 'a schema';
COMMENT ON SCHEMA public IS 'a comment of our own';
CREATE SCHEMA "Odd ""schema""";

CREATE TYPE s.mood AS ENUM ('sad', 'ok');
ALTER TYPE s.mood ADD VALUE 'it''s fine' BEFORE 'ok';
CREATE TYPE s.pair AS (a int, "B b" text COLLATE "C");
COMMENT ON COLUMN s.pair.a IS 'first';
CREATE DOMAIN s.percent AS int DEFAULT 50 NOT NULL CONSTRAINT low CHECK (VALUE >= 0) CONSTRAINT span CHECK (VALUE BETWEEN 0 AND 100 AND VALUE <> 13);
CREATE DOMAIN s.code AS text COLLATE "C";
CREATE TYPE s.floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE s.shell;
CREATE TYPE s.point3;
CREATE FUNCTION s.point3_in(cstring) RETURNS s.point3 LANGUAGE internal IMMUTABLE STRICT AS 'int8in';
CREATE FUNCTION s.point3_out(s.point3) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int8out';
CREATE TYPE s.point3 (INPUT = s.point3_in, OUTPUT = s.point3_out, LIKE = int8);

CREATE FUNCTION s.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 7 AS 'SELECT a + b';
CREATE FUNCTION s.rows() RETURNS SETOF int LANGUAGE plpgsql SECURITY DEFINER STABLE ROWS 10 SET search_path TO s, pg_temp SET work_mem TO '9MB' AS
  'BEGIN RETURN NEXT 1; END';
CREATE FUNCTION s.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION s.ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE s.work(INOUT x int) LANGUAGE plpgsql AS 'BEGIN x := 1; END';
CREATE AGGREGATE s.product(numeric) (sfunc = numeric_mul, stype = numeric, initcond = '1');
CREATE AGGREGATE s.middle(ORDER BY float8) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_cont_float8_final, finalfunc_extra);
CREATE FUNCTION s.alike(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) = lower($2)';
CREATE OPERATOR s.=~= (LEFTARG = text, RIGHTARG = text, FUNCTION = s.alike, COMMUTATOR = OPERATOR(s.=~=), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE FUNCTION s.compare(s.point3, s.point3) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint8cmp';
CREATE FUNCTION s.less(s.point3, s.point3) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int8lt';
CREATE OPERATOR s.< (LEFTARG = s.point3, RIGHTARG = s.point3, FUNCTION = s.less);
CREATE OPERATOR FAMILY s.point3_family USING btree;
CREATE OPERATOR CLASS s.point3_class DEFAULT FOR TYPE s.point3 USING btree FAMILY s.point3_family AS OPERATOR 1 s.<, FUNCTION 1 s.compare(s.point3, s.point3);
CREATE CAST (s.mood AS int) WITH INOUT AS ASSIGNMENT;
CREATE COLLATION s.bytes (provider = libc, locale = 'C');
CREATE CONVERSION s.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY s.plain (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION s.words (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION s.words ALTER MAPPING FOR asciiword WITH s.plain, simple;
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;

CREATE TABLE s.items (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name varchar(20) NOT NULL COLLATE "C" DEFAULT 'it''s',
  price numeric(10,2) CONSTRAINT price_span CHECK ((price BETWEEN 0 AND 1000 OR price = 9999) AND price <> 13 AND (id > 0 AND name <> '')),
  kind varchar(10) CHECK (kind IN ('a', 'b''s', 'c, d')),
  code char(3) CHECK (code NOT IN ('x', 'y')),
  mood s.mood DEFAULT 'ok' CHECK (mood IN ('ok', 'sad')),
  twice numeric GENERATED ALWAYS AS (price * 2) STORED,
  data bytea, tags text[] DEFAULT '{}', share s.percent, letter "char", "json" jsonb, "Sélect" text, gone int,
  CONSTRAINT unfinished UNIQUE (name) WITH (fillfactor = 70)
) WITH (fillfactor = 80, autovacuum_enabled = false, toast.autovacuum_enabled = false);
ALTER TABLE s.items DROP COLUMN gone;
ALTER TABLE s.items ALTER name SET STATISTICS 500, ALTER name SET STORAGE EXTERNAL, ALTER price SET (n_distinct = 5), ALTER data SET STATISTICS 0;
COMMENT ON TABLE s.items IS 'things';
COMMENT ON COLUMN s.items.name IS 'what it is called';
COMMENT ON CONSTRAINT price_span ON s.items IS 'a constraint';
CREATE INDEX items_name ON s.items (lower(name), price DESC NULLS LAST) INCLUDE (kind) WITH (fillfactor = 90) WHERE kind IN ('a', 'b');
CREATE INDEX items_sum ON s.items ((price * 2));
ALTER INDEX s.items_sum ALTER COLUMN 1 SET STATISTICS 99;
CREATE UNIQUE INDEX items_name_id ON s.items (name, id);
ALTER TABLE s.items REPLICA IDENTITY USING INDEX items_name_id;
ALTER TABLE s.items CLUSTER ON items_name_id;
COMMENT ON INDEX s.items_sum IS 'an index';
CREATE STATISTICS s.items_stats (dependencies) ON name, price FROM s.items;
\if :since13
ALTER STATISTICS s.items_stats SET STATISTICS 77;
\endif
INSERT INTO s.items (name, price, kind, code, data, share, letter, "json", "Sélect")
  SELECT 'item ' || i, i, 'a', 'c' || i % 10, decode(md5(i::text), 'hex'), i, 'x', jsonb_build_object('k', i), E'tab\t"quoted" ☃' FROM generate_series(1, 12) i;
INSERT INTO s.items (name, letter) OVERRIDING SYSTEM VALUE VALUES ('nothing', '') ON CONFLICT DO NOTHING;

CREATE TABLE s.parts (id bigserial PRIMARY KEY, item int CONSTRAINT parts_item REFERENCES s.items ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, v text);
ALTER TABLE s.parts ADD CONSTRAINT late CHECK (v <> 'never') NOT VALID;
ALTER TABLE s.parts ADD CONSTRAINT apart EXCLUDE USING btree (v WITH =) WHERE (v IS NOT NULL);
INSERT INTO s.parts (item, v) SELECT i, 'part ' || i FROM generate_series(1, 10) i;
CREATE TRIGGER fire BEFORE UPDATE OF v ON s.parts FOR EACH ROW WHEN (NEW.v IS NOT NULL AND (OLD.v IS NULL AND OLD.id > 1)) EXECUTE FUNCTION s.fire('x');
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON s.parts DEFERRABLE FOR EACH ROW EXECUTE FUNCTION s.fire();
ALTER TABLE s.parts DISABLE TRIGGER later;
COMMENT ON TRIGGER fire ON s.parts IS 'a trigger';
CREATE RULE keep AS ON DELETE TO s.parts WHERE OLD.id BETWEEN 1 AND 5 AND OLD.v <> 'x' DO INSTEAD NOTHING;
COMMENT ON RULE keep ON s.parts IS 'a rule';
ALTER TABLE s.items ENABLE ROW LEVEL SECURITY;
ALTER TABLE s.items FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON s.items AS RESTRICTIVE FOR UPDATE TO readers, alice USING (name = current_user AND price > 1 AND kind IN ('a', 'b')) WITH CHECK (price > 0);
CREATE POLICY all_of_it ON s.items USING (true);
COMMENT ON POLICY own ON s.items IS 'a policy';

CREATE TABLE s.events (id int, at timestamptz NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE s.events_2024 PARTITION OF s.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (id);
CREATE TABLE s.events_2024_1 PARTITION OF s.events_2024 FOR VALUES IN (1, 2);
CREATE TABLE s.events_rest PARTITION OF s.events DEFAULT;
CREATE INDEX events_note ON s.events (note);
CREATE TABLE s.notes (id int, at timestamptz, FOREIGN KEY (id, at) REFERENCES s.events) PARTITION BY HASH (id);
CREATE TABLE s.notes_0 PARTITION OF s.notes FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TRIGGER each_row AFTER INSERT ON s.events FOR EACH ROW EXECUTE FUNCTION s.fire();
INSERT INTO s.events SELECT 1 + i % 2, timestamptz '2024-11-01' + i * interval '3 days', 'event ' || i FROM generate_series(1, 30) i WHERE i > 20 OR i % 2 = 0;

CREATE TABLE s.base (a int, b text);
CREATE TABLE s.heir (b text, c int, a int);
ALTER TABLE s.heir INHERIT s.base;
INSERT INTO s.base VALUES (1, 'x');
INSERT INTO s.heir VALUES ('y', 2, 3), ('y', 2, 3);
CREATE TABLE s.typed OF s.pair;
CREATE UNLOGGED TABLE s.scratch (v int);
CREATE TABLE s.second_method (v int) USING heap2;
CREATE TABLE s.nothing ();
INSERT INTO s.nothing DEFAULT VALUES;
CREATE TABLE "Odd ""schema"""."Odd.table" ("a.b" int, "user" text, "system" text, "json" int);
CREATE INDEX "odd index" ON "Odd ""schema"""."Odd.table" ("json", "system") WHERE "system" <> '"json"';
INSERT INTO "Odd ""schema"""."Odd.table" VALUES (1, 'u', 'system', 7);

CREATE VIEW s.cheap WITH (security_barrier) AS
  SELECT i.id, i.name, p.v FROM s.items i JOIN s.parts p ON p.item = i.id WHERE i.price BETWEEN 1 AND 10 AND i.kind IN ('a', 'b') AND (i.id > 1 OR i.id < 0 OR i.name = '');
ALTER VIEW s.cheap ALTER COLUMN v SET DEFAULT 'new';
COMMENT ON VIEW s.cheap IS 'a view';
-- What the server prints of a constant without a name in a later branch gets a name when it is read again.
CREATE VIEW s.papers AS SELECT p.id, p.kind FROM (SELECT 1 AS id, 'base' AS kind UNION ALL SELECT 2, 'parts') p;
CREATE VIEW s.halves AS SELECT q.a, q.b, q.c, q.d FROM (SELECT 1 AS a, 2 AS b, 1.5 AS c, now() AS d UNION ALL SELECT 3, NULL, 7, NULL) q;
CREATE MATERIALIZED VIEW s.kinds AS SELECT p.kind FROM (SELECT 'base' AS kind UNION ALL SELECT 'parts') p;
CREATE RULE union_keep AS ON UPDATE TO s.parts WHERE EXISTS (SELECT FROM (SELECT 1 AS a, 'x' AS b UNION ALL SELECT NULL, 'y') u WHERE u.a = 7) DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW s.total AS SELECT sum(price) AS total FROM s.items;
CREATE MATERIALIZED VIEW s.stale AS SELECT count(*) FROM s.base;
INSERT INTO s.base VALUES (2, 'later');
CREATE MATERIALIZED VIEW s.never AS SELECT 1 AS one WITH NO DATA;
CREATE SEQUENCE s.up START 5 INCREMENT 5 CACHE 3 OWNED BY s.base.a;
SELECT nextval('s.up');
CREATE SEQUENCE s.down AS int INCREMENT -2 MAXVALUE 100 START 50 CYCLE;
SELECT nextval('s.down'), nextval('s.down');
CREATE SEQUENCE s.unused START 42;

CREATE FOREIGN DATA WRAPPER wrapper OPTIONS (debug 'wrapper-secret');
CREATE SERVER far TYPE 'far' VERSION '9' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far.invalid', dbname 'db');
CREATE USER MAPPING FOR alice SERVER far OPTIONS (user 'alice', password 'mapping-secret');
CREATE USER MAPPING FOR PUBLIC SERVER far;
CREATE FOREIGN TABLE s.remote (a int OPTIONS (column_name 'aa')) SERVER far OPTIONS (table_name 'there');
CREATE PUBLICATION a_few FOR TABLE s.items, s.parts WITH (publish = 'insert, update');
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE EVENT TRIGGER ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION s.ddl();
COMMENT ON EVENT TRIGGER ddl IS 'an event trigger';
CREATE FUNCTION s.hstore_from(internal) RETURNS internal LANGUAGE internal STRICT IMMUTABLE AS 'btrim1';
CREATE TRANSFORM FOR s.point3 LANGUAGE sql (FROM SQL WITH FUNCTION s.hstore_from(internal));

SELECT lo_from_bytea(101, decode(repeat('0123456789abcdef', 90000), 'hex')), lo_from_bytea(102, '\xdeadbeef'), lo_create(103);
SELECT lo_put(103, 5000, '\x01');
ALTER LARGE OBJECT 102 OWNER TO owner;
GRANT SELECT ON LARGE OBJECT 101 TO readers;
COMMENT ON LARGE OBJECT 101 IS 'a picture';

ALTER TABLE s.items OWNER TO owner;
ALTER FUNCTION s.add(int, int) OWNER TO "Odd role";
ALTER TYPE s.mood OWNER TO owner;
GRANT USAGE ON SCHEMA s TO readers;
GRANT SELECT, INSERT ON s.items TO readers WITH GRANT OPTION;
GRANT SELECT ON s.parts TO PUBLIC, alice;
GRANT UPDATE (name) ON s.items TO "Odd role";
GRANT USAGE ON SEQUENCE s.up TO readers;
GRANT USAGE ON FOREIGN SERVER far TO owner;
GRANT USAGE ON TYPE s.pair TO owner;
REVOKE EXECUTE ON FUNCTION s.add(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ext.show_limit(), pg_catalog.pg_ls_waldir() TO readers;
GRANT SELECT ON pg_catalog.pg_authid TO readers;
REVOKE DELETE ON s.parts FROM postgres;
ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA s GRANT SELECT ON TABLES TO readers;
ALTER DEFAULT PRIVILEGES FOR ROLE owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO readers;
COMMENT ON TYPE s.mood IS 'an enum';
COMMENT ON FUNCTION s.add(int, int) IS 'adds';
COMMENT ON SEQUENCE s.up IS 'counts';
COMMENT ON STATISTICS s.items_stats IS 'statistics';
COMMENT ON CAST (s.mood AS int) IS 'a cast';
COMMENT ON OPERATOR s.=~= (text, text) IS 'an operator';
COMMENT ON PUBLICATION a_few IS 'a publication';
COMMENT ON SERVER far IS 'a server';
COMMENT ON CONSTRAINT low ON DOMAIN s.percent IS 'of a domain';

\if :since15
CREATE FUNCTION s.union_body() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT u.b FROM (SELECT 1 AS a, 'x' AS b UNION ALL SELECT NULL, 'y') u; END;
CREATE FUNCTION s.body(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + 1 WHERE a BETWEEN 1 AND 9 AND a <> 5; END;
CREATE TABLE s.newer (a text COMPRESSION pglz, b int, UNIQUE NULLS NOT DISTINCT (b), r s.floats_multirange, at timestamptz, CHECK (extract(year FROM at) > 2000));
CREATE STATISTICS s.newer_stats ON (a || 'x'), b FROM s.newer;
CREATE VIEW s.invoker WITH (security_invoker) AS SELECT * FROM s.newer;
CREATE PUBLICATION filtered FOR TABLE s.items (id, name) WHERE (id > 5 AND id < 9 AND name <> '');
CREATE PUBLICATION of_schemas FOR TABLES IN SCHEMA ext;
GRANT SET ON PARAMETER log_min_messages TO alice;
\endif
