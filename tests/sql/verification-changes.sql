-- Changes to a copy of verification.sql's database, and the differences that each block must bring to light, no more and no fewer:
--> kind | object | on the source | on the target
-- A question mark stands for any text. A line with --< undoes what reaches beyond the database. A block without --> makes no difference.

CREATE TABLE public.extra ();
CREATE INDEX ON s.parts (item);
ALTER TABLE s.notes ADD extra int;
CREATE ROLE extra;
GRANT SELECT ON s.items TO extra;
CREATE EXTENSION citext;
CREATE SCHEMA extra;
--< DROP ROLE extra

CREATE EXTENSION intarray;
ALTER EXTENSION intarray ADD TABLE s.typed;
--> table | s.typed | present | missing

DROP SCHEMA "Odd ""schema""" CASCADE;
ALTER SCHEMA s OWNER TO alice;
COMMENT ON SCHEMA public IS 'standard public schema';
ALTER DATABASE :db RESET work_mem;
ALTER ROLE alice IN DATABASE :db SET statement_timeout TO '6s';
ALTER DATABASE :db SET geqo TO off;
REVOKE CREATE ON DATABASE :db FROM owner;
GRANT TEMPORARY ON DATABASE :db TO PUBLIC;
COMMENT ON DATABASE :db IS NULL;
--> schema | "Odd ""schema""" | present | missing
--> schema owner | s | owner | alice
--> schema comment | public | a comment of our own | missing
--> setting | the database: work_mem | 16MB | missing
--> setting | role alice in the database: statement_timeout | 5s | 6s
--> database grant | the database to owner | CREATE | missing
--> database grant | the database to PUBLIC | CONNECT | CONNECT, TEMPORARY
--> database comment | the database | a database | missing

DROP TABLE s.parts CASCADE;
--> table | s.parts | present | missing
--> sequence | s.parts_id_seq | present | missing
--> view | s.cheap | SELECT i.id, i.name, p.v FROM (s.items i JOIN s.parts p ON ((p.item = i.id))) WHERE ?; | missing

ALTER TABLE s.parts OWNER TO alice;
ALTER TABLE s.scratch SET LOGGED;
REFRESH MATERIALIZED VIEW s.total WITH NO DATA;
ALTER TABLE s.base ALTER b TYPE varchar(9) COLLATE "C";
ALTER TABLE s.newer ALTER a SET COMPRESSION default;
--> table owner | s.parts | postgres | alice
--> table persistence | s.scratch | unlogged | logged
--> materialized view state | s.total | populated | not populated
--> column | s.base.b | text | character varying(9)
--> column collation | s.base.b | missing | pg_catalog."C"
--> column | s.heir.b | text | character varying(9)
--> column collation | s.heir.b | missing | pg_catalog."C"
--> column compression | s.newer.a | pglz | missing

ALTER TABLE s.items SET (fillfactor = 81, toast.autovacuum_enabled = true);
ALTER TABLE s.items RESET (autovacuum_enabled);
ALTER TABLE s.items NO FORCE ROW LEVEL SECURITY;
ALTER TABLE s.second_method SET ACCESS METHOD heap;
ALTER TABLE s.events DETACH PARTITION s.events_2024;
ALTER TABLE s.heir NO INHERIT s.base;
ALTER TABLE s.typed NOT OF;
--> table option | s.items: fillfactor | 80 | 81
--> table option | s.items: autovacuum_enabled | false | missing
--> table toast option | s.items: autovacuum_enabled | false | true
--> table row security | s.items | enabled, forced | enabled
--> table access method | s.second_method | heap2 | heap
--> partitioned table partition bound | s.events_2024 | FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00') | missing
--> partitioned table parents | s.events_2024 | s.events | missing
--> index parent index | s.events_2024_note_idx | s.events_note | missing
--> index parent index | s.events_2024_pkey | s.events_pkey | missing
--> table parents | s.heir | s.base | missing
--> table row type | s.typed | s.pair | missing

ALTER TABLE s.items REPLICA IDENTITY FULL;
--> table replica identity | s.items | index | full
--> index replica identity | s.items_name_id | yes | missing

DROP TABLE s.nothing;
CREATE VIEW s.nothing AS SELECT;
ALTER TABLE s.items ALTER name DROP DEFAULT;
ALTER TABLE s.items ALTER name SET STATISTICS -1, ALTER name SET STORAGE EXTENDED, ALTER price RESET (n_distinct);
COMMENT ON COLUMN s.items.name IS 'what it is not';
REVOKE UPDATE (name) ON s.items FROM "Odd role";
--> table | s.nothing | table | view
--> column default | s.items.name | 'it''s'::character varying | missing
--> column statistics target | s.items.name | 500 | missing
--> column storage | s.items.name | external | missing
--> column option | s.items.price: n_distinct | 5 | missing
--> column comment | s.items.name | what it is called | what it is not
--> column grant | s.items.name to "Odd role" | UPDATE | missing

CREATE OR REPLACE VIEW s.cheap WITH (security_barrier) AS SELECT i.id, i.name, p.v FROM s.items i JOIN s.parts p ON p.item = i.id;
--> view | s.cheap | ? | SELECT i.id, i.name, p.v FROM (s.items i JOIN s.parts p ON ((p.item = i.id)));

ALTER VIEW s.cheap RESET (security_barrier);
ALTER VIEW s.cheap ALTER v DROP DEFAULT;
COMMENT ON VIEW s.cheap IS NULL;
ALTER TABLE s.items DROP COLUMN twice;
ALTER TABLE s.notes_0 ALTER id SET NOT NULL;
ALTER TABLE s.nothing ADD x int;
ALTER TABLE s.scratch ALTER v TYPE numeric(9,2);
ALTER TABLE s.parts ALTER item SET NOT NULL;
--> view option | s.cheap: security_barrier | true | missing
--> column default | s.cheap.v | 'new'::text | missing
--> view comment | s.cheap | a view | missing
--> column | s.scratch.v | integer | numeric(9,2)
--> column | s.notes_0.id | integer | integer not null
--> column | s.items.twice | numeric | missing
--> column | s.parts.item | integer | integer not null

REFRESH MATERIALIZED VIEW s.stale;
SELECT setval('s.up', 1000), setval('s.down', 1), setval('s.unused', 42);
SELECT lo_unlink(103);
SELECT lo_from_bytea(103, decode(repeat('00', 5000) || '01', 'hex'));

ALTER TABLE s.items ALTER id SET GENERATED BY DEFAULT;
ALTER TABLE s.items ALTER twice DROP EXPRESSION;
ALTER TABLE s.items DROP CONSTRAINT price_span;
DROP INDEX s.items_name;
--> column generated | s.items.id | always as identity | by default as identity
--> column generated | s.items.twice | (price * (2)::numeric) stored | missing
--> constraint | s.items.price_span | CHECK (((((price >= (0)::numeric) AND (price <= (1000)::numeric)) OR ?))) | missing
--> index | s.items_name | CREATE INDEX items_name ON s.items ? INCLUDE (kind) WITH (fillfactor='90') WHERE ? | missing

REVOKE INSERT ON s.items FROM readers;
REVOKE SELECT ON s.parts FROM PUBLIC;
GRANT ALL ON s.parts TO postgres;
GRANT DELETE ON s.base TO alice;
ALTER TABLE s.items SET WITHOUT CLUSTER;
COMMENT ON INDEX s.items_sum IS NULL;
--> table grant | s.items to readers | INSERT with grant option, SELECT with grant option | SELECT with grant option
--> table grant | s.parts to PUBLIC | SELECT | missing
--> table grant | s.parts to its owner | INSERT, REFERENCES, ? | DELETE, INSERT, REFERENCES, ?
--> table grant | s.base to alice | missing | DELETE
--> index clustered | s.items_name_id | yes | missing
--> index comment | s.items_sum | an index | missing

REVOKE GRANT OPTION FOR SELECT ON s.items FROM readers;
ALTER TABLE s.items DROP CONSTRAINT items_kind_check, ADD CONSTRAINT items_kind_check CHECK (kind IN ('a', 'b''s', 'c, e')) NOT VALID;
ALTER TABLE s.parts DROP CONSTRAINT parts_item, ADD CONSTRAINT parts_item FOREIGN KEY (item) REFERENCES s.items ON DELETE CASCADE
  DEFERRABLE INITIALLY DEFERRED NOT VALID;
--> table grant | s.items to readers | INSERT with grant option, SELECT with grant option | INSERT with grant option, SELECT
--> constraint | s.items.items_kind_check | CHECK (?'c, d'?) | CHECK (?'c, e'?) NOT VALID
--> constraint | s.parts.parts_item | FOREIGN KEY ? INITIALLY DEFERRED | FOREIGN KEY ? INITIALLY DEFERRED NOT VALID

ALTER TABLE s.parts ALTER CONSTRAINT parts_item NOT DEFERRABLE;
ALTER TABLE s.parts DISABLE TRIGGER ALL;
--> constraint | s.parts.parts_item | FOREIGN KEY ? ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED | FOREIGN KEY ? ON DELETE CASCADE
--> constraint triggers | s.parts.parts_item | enabled | disabled
--> trigger state | s.parts.fire | enabled | disabled

ALTER TABLE s.items DROP CONSTRAINT unfinished;
COMMENT ON CONSTRAINT price_span ON s.items IS NULL;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's.items_name'::regclass;
--> constraint | s.items.unfinished | UNIQUE (name) | missing
--> constraint comment | s.items.price_span | a constraint | missing
--> index state | s.items_name | valid | invalid

ALTER INDEX s.items_name SET (fillfactor = 91);
ALTER INDEX s.unfinished SET (fillfactor = 71);
ALTER INDEX s.items_sum ALTER COLUMN 1 SET STATISTICS -1;
ALTER TABLE s.parts DISABLE TRIGGER fire;
ALTER TABLE s.parts ENABLE ALWAYS TRIGGER later;
--> index | s.items_name | ? | ?
--> index option | s.unfinished: fillfactor | 70 | 71
--> index statistics option | s.items_sum: 1 | 99 | missing
--> trigger state | s.parts.fire | enabled | disabled
--> trigger state | s.parts.later | disabled | enabled always

DROP TRIGGER fire ON s.parts;
CREATE TRIGGER fire AFTER UPDATE ON s.parts FOR EACH ROW EXECUTE FUNCTION s.fire('x');
DROP TRIGGER each_row ON s.events;
DROP RULE keep ON s.parts;
DROP POLICY own ON s.items;
--> trigger | s.parts.fire | ? | CREATE TRIGGER fire AFTER UPDATE ON s.parts FOR EACH ROW EXECUTE FUNCTION s.fire('x')
--> trigger comment | s.parts.fire | a trigger | missing
--> trigger | s.events.each_row | CREATE TRIGGER each_row AFTER INSERT ON s.events FOR EACH ROW EXECUTE FUNCTION s.fire() | missing
--> rule | s.parts.keep | CREATE RULE keep AS ON DELETE TO s.parts WHERE ? DO INSTEAD NOTHING; | missing
--> policy | s.items.own | present | missing

ALTER POLICY own ON s.items TO readers USING (name = current_user AND price > 2) WITH CHECK (price >= 0);
ALTER STATISTICS s.items_stats SET STATISTICS -1;
DROP STATISTICS s.newer_stats;
ALTER SEQUENCE s.up INCREMENT 6 CACHE 4 OWNED BY NONE;
ALTER SEQUENCE s.down NO CYCLE;
--> policy roles | s.items.own | alice, readers | readers
--> policy using | s.items.own | ? | (((name)::text = CURRENT_USER) AND (price > (2)::numeric))
--> policy check | s.items.own | (price > (0)::numeric) | (price >= (0)::numeric)
--> statistics target | s.items_stats | 77 | missing
--> statistics | s.newer_stats | CREATE STATISTICS s.newer_stats ON b, (a || 'x'::text) FROM s.newer | missing
--> sequence increment | s.up | 5 | 6
--> sequence cache | s.up | 3 | 4
--> sequence owning column | s.up | s.base.a | missing
--> sequence cycle | s.down | yes | no

SELECT setval('s.up', 10), setval('s.down', 49), setval('s.unused', 40);
--> sequence value | s.up | 15 | 10
--> sequence value | s.down | 48 | 49
--> sequence value | s.unused | 42 (not yet used) | 40

CREATE OR REPLACE FUNCTION s.add(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql STABLE COST 8 AS 'SELECT a - b';
ALTER FUNCTION s.rows() SECURITY INVOKER RESET search_path;
ALTER FUNCTION s.rows() ROWS 11 SET work_mem TO '8MB';
--> function arguments | s.add(integer, integer) | a integer, b integer DEFAULT 1 | a integer, b integer DEFAULT 2
--> function volatility | s.add(integer, integer) | immutable | stable
--> function strictness | s.add(integer, integer) | strict | called on null input
--> function leakproof | s.add(integer, integer) | leakproof | not leakproof
--> function parallel | s.add(integer, integer) | safe | unsafe
--> function cost | s.add(integer, integer) | 7 | 8
--> function body | s.add(integer, integer) | md5 87db1411f20592cf00dfe9e34b4ade3d | md5 ?
--> function security | s.rows() | security definer | security invoker
--> function setting | s.rows(): search_path | s, pg_temp | missing
--> function setting | s.rows(): work_mem | 9MB | 8MB
--> function rows | s.rows() | 10 | 11

CREATE OR REPLACE FUNCTION s.body(a int) RETURNS int LANGUAGE sql RETURN a + 2;
--> function | s.body(integer) | BEGIN ATOMIC SELECT (a + 1) WHERE (((a >= 1) AND (a <= 9)) AND (a <> 5)); END | RETURN (a + 2)

DROP PROCEDURE s.work(int);
DROP AGGREGATE s.middle(float8);
ALTER FUNCTION s.add(int, int) OWNER TO postgres;
GRANT EXECUTE ON FUNCTION s.add(int, int) TO PUBLIC;
COMMENT ON FUNCTION s.add(int, int) IS NULL;
CREATE OR REPLACE AGGREGATE s.product(numeric) (sfunc = numeric_add, stype = numeric, initcond = '0');
--> procedure | s.work(integer) | present | missing
--> aggregate | s.middle(double precision) | present | missing
--> function owner | s.add(integer, integer) | "Odd role" | postgres
--> function grant | s.add(integer, integer) to PUBLIC | missing | EXECUTE
--> function comment | s.add(integer, integer) | adds | missing
--> aggregate aggregation | s.product(numeric) | state numeric by numeric_mul, initially 1 | state numeric by numeric_add, initially 0

ALTER TYPE s.mood RENAME VALUE 'it''s fine' TO 'fine';
ALTER TYPE s.mood OWNER TO alice;
ALTER DOMAIN s.percent DROP DEFAULT;
ALTER DOMAIN s.percent DROP NOT NULL;
ALTER DOMAIN s.percent DROP CONSTRAINT low;
ALTER DOMAIN s.percent DROP CONSTRAINT span;
ALTER TABLE s.typed NOT OF;
ALTER TYPE s.pair ADD ATTRIBUTE c int;
COMMENT ON COLUMN s.pair.a IS NULL;
REVOKE USAGE ON TYPE s.pair FROM owner;
--> enum | s.mood | 'sad', 'it''s fine', 'ok' | 'sad', 'fine', 'ok'
--> enum owner | s.mood | owner | alice
--> domain default | s.percent | 50 | missing
--> domain | s.percent | integer not null | integer
--> domain constraint | s.percent.low | CHECK ((VALUE >= 0)) | missing
--> domain constraint | s.percent.span | CHECK ((((VALUE >= 0) AND (VALUE <= 100)) AND (VALUE <> 13))) | missing
--> table row type | s.typed | s.pair | missing
--> composite type | s.pair | a integer, "B b" text collate C | a integer, "B b" text collate C, c integer
--> composite type column comment option | s.pair: a | first | missing
--> composite type grant | s.pair to owner | USAGE | missing

DROP OPERATOR CLASS s.point3_class USING btree;
DROP CAST (s.mood AS int);
DROP COLLATION s.bytes;
DROP CONVERSION s.latin;
ALTER TABLE s.newer DROP COLUMN r CASCADE;
DROP TYPE s.floats CASCADE;
--> operator class | s.point3_class using btree | for s.point3, default, family s.point3_family | missing
--> operator family members | s.point3_family using btree | function 1 s.compare(s.point3,s.point3) ?, operator 1 s.<(s.point3,s.point3) | missing
--> cast | s.mood as integer | with inout as assignment | missing
--> collation | s.bytes | libc, locale C, ctype C | missing
--> conversion | s.latin | LATIN1 to UTF8 by iso8859_1_to_utf8 | missing
--> range | s.floats | of double precision, by float8_ops, difference float8mi | missing
--> column | s.newer.r | s.floats_multirange | missing
--> view | s.invoker | SELECT newer.a, newer.b, newer.r, newer.at FROM s.newer; | missing

ALTER OPERATOR s.=~= (text, text) SET (JOIN = NONE);
ALTER OPERATOR s.=~= (text, text) OWNER TO owner;
ALTER TEXT SEARCH CONFIGURATION s.words ALTER MAPPING FOR asciiword WITH simple;
ALTER TEXT SEARCH DICTIONARY s.plain (STOPWORDS);
DROP EXTENSION hstore;
ALTER EXTENSION pg_trgm SET SCHEMA public;
UPDATE pg_extension SET extversion = '1.0' WHERE extname = 'pg_trgm';
COMMENT ON EXTENSION postgres_fdw IS NULL;
--> operator | s.=~=(text, text) | s.alike, ?, restrict eqsel, join eqjoinsel | s.alike, ?, restrict eqsel
--> operator owner | s.=~=(text, text) | postgres | owner
--> text search configuration mapping option | s.words: asciiword | s.plain, simple | simple
--> text search dictionary settings | s.plain | stopwords = 'english' | missing
--> extension | hstore | present | missing
--> extension schema | pg_trgm | ext | public
--> system object | ext.show_limit() | present | missing
--> extension version | pg_trgm | 1.6 | 1.0
--> extension comment | postgres_fdw | our own words | missing

REVOKE EXECUTE ON FUNCTION pg_catalog.pg_ls_waldir(), ext.show_limit() FROM readers;
REVOKE SELECT ON pg_authid FROM readers;
ALTER SERVER far OPTIONS (SET host 'elsewhere.invalid', DROP dbname);
ALTER FOREIGN DATA WRAPPER wrapper OPTIONS (SET debug 'other');
ALTER SERVER far VERSION '10';
ALTER USER MAPPING FOR alice SERVER far OPTIONS (SET password 'other');
DROP USER MAPPING FOR PUBLIC SERVER far;
ALTER FOREIGN TABLE s.remote OPTIONS (SET table_name 'elsewhere');
ALTER FOREIGN TABLE s.remote ALTER a OPTIONS (DROP column_name);
REVOKE USAGE ON FOREIGN SERVER far FROM owner;
--> system object grant | ext.show_limit() to readers | EXECUTE | missing
--> system object grant | pg_catalog.pg_authid to readers | SELECT | missing
--> system object grant | pg_catalog.pg_ls_waldir() to readers | EXECUTE | missing
--> server option | far: host | *** | ***
--> server option | far: dbname | *** | missing
--> foreign-data wrapper option | wrapper: debug | *** | ***
--> server server version | far | 9 | 10
--> user mapping option | alice on far: password | *** | ***
--> user mapping | PUBLIC on far | present | missing
--> foreign table foreign option | s.remote: table_name | there | elsewhere
--> column foreign option | s.remote.a: column_name | aa | missing
--> server grant | far to owner | USAGE | missing

ALTER PUBLICATION a_few SET (publish = 'insert');
ALTER PUBLICATION a_few DROP TABLE s.parts;
ALTER PUBLICATION filtered SET TABLE s.items (id) WHERE (id > 5);
DROP PUBLICATION everything;
ALTER PUBLICATION of_schemas DROP TABLES IN SCHEMA ext;
--> publication | a_few | insert, update | insert
--> published table | a_few: s.parts | present | missing
--> published table columns | filtered: s.items | id, name | id
--> published table condition | filtered: s.items | ((id > 5) AND (id < 9) AND ((name)::text <> ''::text)) | (id > 5)
--> publication | everything | all tables, insert, update, delete, truncate | missing
--> published schema | of_schemas: ext | present | missing

ALTER EVENT TRIGGER ddl DISABLE;
DROP ACCESS METHOD heap2 CASCADE;
DROP TRANSFORM FOR s.point3 LANGUAGE sql;
ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA s REVOKE SELECT ON TABLES FROM readers;
ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
--> event trigger state | ddl | enabled | disabled
--> table | s.second_method | present | missing
--> access method | heap2 | table, handler heap_tableam_handler | missing
--> transform | s.point3 for sql | from s.hstore_from(internal) | missing
--> default privileges | of owner in schema s on tables | present | missing
--> default privileges | of owner on functions | present | missing

SELECT lo_put(101, 300000, '\x00'), lo_put(102, 4, '\x00'), lo_truncate(lo_open(103, 131072), 4999);
--> large object contents | 101 | ? | ?
--> large object contents | 102 | 4 bytes, md5 ca6f362726aee4ee8b57f83bb8a40d16 | 5 bytes, md5 ?
--> large object contents | 103 | ? | ?

SELECT lo_unlink(103);
ALTER LARGE OBJECT 102 OWNER TO alice;
REVOKE SELECT ON LARGE OBJECT 101 FROM readers;
COMMENT ON LARGE OBJECT 101 IS NULL;
UPDATE s.parts SET v = 'part 1!' WHERE id = 1;
--> large object | 103 | present | missing
--> large object owner | 102 | owner | alice
--> large object grant | 101 to readers | SELECT | missing
--> large object comment | 101 | a picture | missing
--> row contents | s.parts | ? | ?

UPDATE s.parts SET item = CASE id WHEN 2 THEN 3 ELSE 2 END WHERE id IN (2, 3);
INSERT INTO s.heir (b, c, a) VALUES ('y', 2, 3);
DELETE FROM s.events_2024_1 WHERE at < '2024-11-10';
INSERT INTO s.nothing DEFAULT VALUES;
--> row contents | s.parts | ? | ?
--> rows | s.heir | 2 rows | 3 rows
--> rows | s.events_2024_1 | 10 rows | 9 rows
--> rows | s.nothing | 1 row | 2 rows

DROP PUBLICATION everything;
UPDATE s.items SET data = data || '\x00' WHERE id = 1;
UPDATE "Odd ""schema"""."Odd.table" SET "user" = NULL;
--> row contents | s.items | ? | ?
--> publication | everything | all tables, insert, update, delete, truncate | missing
--> row contents | "Odd ""schema"""."Odd.table" | ? | ?

ALTER TABLE s.base DROP COLUMN b CASCADE, ALTER a TYPE bytea USING '\x01';
--> column | s.base.a | integer | bytea
--> column | s.base.b | text | missing
--> column | s.heir.a | integer | bytea
--> row contents | s.base | ? | ?
--> row contents | s.heir | ? | ?

ALTER TABLE s.items ALTER data TYPE int USING 1;
--> column | s.items.data | bytea | integer
--> rows | s.items | ? rows | not comparable: function md5(integer) does not exist

ALTER ROLE alice NOCREATEDB CONNECTION LIMIT 5;
REVOKE readers FROM alice;
ALTER ROLE alice SET work_mem TO '9MB';
ALTER ROLE "Odd role" VALID UNTIL 'infinity';
COMMENT ON ROLE alice IS NULL;
--< ALTER ROLE alice CREATEDB CONNECTION LIMIT -1
--< GRANT readers TO alice WITH ADMIN OPTION
--< ALTER ROLE alice SET work_mem TO '8MB'
--< ALTER ROLE "Odd role" VALID UNTIL '2099-01-01 00:00:00+00'
--< COMMENT ON ROLE alice IS 'reads'
--> role createdb | alice | yes | no
--> role connection limit | alice | -1 | 5
--> role valid until | "Odd role" | 2099-01-01 00:00:00+00 | infinity
--> role comment | alice | reads | missing
--> membership | alice in readers | present | missing
--> setting | role alice: work_mem | 8MB | 9MB

REVOKE ADMIN OPTION FOR readers FROM alice;
REVOKE SET ON PARAMETER log_min_messages FROM alice;
REVOKE everybody FROM readers;
ALTER ROLE stranger SUPERUSER;
--< GRANT readers TO alice WITH ADMIN OPTION
--< GRANT SET ON PARAMETER log_min_messages TO alice
--< GRANT everybody TO readers
--< ALTER ROLE stranger NOSUPERUSER
--> membership admin | alice in readers | yes | no
--> membership | readers in everybody | present | missing
--> parameter grant | log_min_messages to alice | SET | missing

ALTER ROLE alice RENAME TO alicia;
--< ALTER ROLE alicia RENAME TO alice
--> role | alice | present | missing
--> policy roles | s.items.own | alice, readers | alicia, readers
