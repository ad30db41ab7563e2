-- A database with every ordinary kind of object that a superuser can make. Loaded into an empty database by the tests.
CREATE EXTENSION hstore;
CREATE SCHEMA ext;
CREATE EXTENSION pg_trgm WITH SCHEMA ext;
CREATE EXTENSION citext;
COMMENT ON EXTENSION citext IS 'our own words';

CREATE SCHEMA sales AUTHORIZATION "shop owner";
COMMENT ON SCHEMA sales IS 'orders and what belongs to them';
CREATE SCHEMA "Odd Schema";
CREATE SCHEMA empty_schema AUTHORIZATION clerk;

CREATE TYPE sales.state AS ENUM ('new', 'paid', 'sent');
ALTER TYPE sales.state ADD VALUE 'back' BEFORE 'sent';
CREATE TYPE sales.address AS (street text, zip varchar(10), tags text[]);
CREATE DOMAIN sales.email AS citext CHECK (VALUE ~ '@');
CREATE TYPE sales.span AS RANGE (subtype = float8);
COMMENT ON TYPE sales.state IS 'where an order is';

CREATE FUNCTION sales.tax(amount numeric, rate numeric DEFAULT 0.2) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT amount * rate';
CREATE FUNCTION sales.touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO sales, pg_temp AS
  $$ BEGIN NEW.touched := NEW.touched + 1; RETURN NEW; END $$;
CREATE FUNCTION sales.boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a trigger fired during the load'; END $$;
CREATE PROCEDURE sales.cleanup() LANGUAGE plpgsql AS 'BEGIN DELETE FROM sales.orders WHERE false; END';
CREATE AGGREGATE sales.product(numeric) (sfunc = numeric_mul, stype = numeric, initcond = '1');
CREATE FUNCTION sales.same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) = lower($2)';
CREATE OPERATOR sales.=~= (LEFTARG = text, RIGHTARG = text, FUNCTION = sales.same);
CREATE COLLATION sales.bytewise (provider = libc, locale = 'C');
CREATE TEXT SEARCH CONFIGURATION sales.plain (COPY = simple);
CREATE CAST (sales.state AS int) WITH INOUT;

CREATE TABLE sales.customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE sales.bytewise NOT NULL,
  mail sales.email UNIQUE,
  home sales.address,
  attributes hstore,
  born date,
  "Weird ""column""" text DEFAULT 'it''s',
  gone int,
  full_name text GENERATED ALWAYS AS (upper(name)) STORED,
  EXCLUDE USING gist (int8range(id, id, '[]') WITH &&)
);
ALTER TABLE sales.customers DROP COLUMN gone;
ALTER TABLE sales.customers ALTER COLUMN name SET STATISTICS 500, ALTER COLUMN name SET STORAGE EXTERNAL;
COMMENT ON COLUMN sales.customers.home IS 'where it goes';
CREATE INDEX customers_trgm ON sales.customers USING gin (name ext.gin_trgm_ops);
CREATE STATISTICS sales.customer_stats (dependencies, ndistinct) ON name, born FROM sales.customers;

CREATE TABLE sales.orders (
  id serial, customer bigint REFERENCES sales.customers ON DELETE CASCADE, state sales.state NOT NULL DEFAULT 'new',
  placed timestamptz NOT NULL, amount numeric(12,2) CHECK (amount >= 0), touched int NOT NULL DEFAULT 0, states sales.state[], note text,
  PRIMARY KEY (id, placed)
) PARTITION BY RANGE (placed);
CREATE TABLE sales.orders_2024 PARTITION OF sales.orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE sales.orders_2025 PARTITION OF sales.orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY HASH (id);
CREATE TABLE sales.orders_2025_0 PARTITION OF sales.orders_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE sales.orders_2025_1 PARTITION OF sales.orders_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE sales.orders_rest PARTITION OF sales.orders DEFAULT;
CREATE INDEX ON sales.orders (customer, placed DESC) WHERE state <> 'back';
CREATE INDEX ON sales.orders (lower(note));

CREATE TABLE public.parent (a int, b text);
CREATE TABLE public.child (c float8) INHERITS (public.parent);
CREATE TABLE "Odd Schema"."Odd Table" ("Select" int PRIMARY KEY, "we""ird" jsonb, "Ünïcode ☃" text);
CREATE TABLE public.no_columns ();
CREATE TABLE public.no_key (v text);
CREATE UNLOGGED TABLE public.scratch (v int);
CREATE TABLE public.kinds (
  b bytea, ts timestamp, i interval, n numeric, f float8, u uuid, ip inet, arr int[], r int4range, mr text, js json, x xml, bits bit(3), tsv tsvector, m money
);
CREATE TABLE public.names (c regclass, f regprocedure, t regtype);

CREATE TABLE public.egg (id int PRIMARY KEY, hen int);
CREATE TABLE public.hen (id int PRIMARY KEY, egg int REFERENCES public.egg DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE public.egg ADD CONSTRAINT egg_hen FOREIGN KEY (hen) REFERENCES public.hen DEFERRABLE INITIALLY DEFERRED;

INSERT INTO sales.customers (name, mail, home, attributes, born)
  SELECT 'customer ' || i, 'c' || i || '@example.org', ROW('street ' || i, '0' || i, ARRAY['x', NULL, 'y,z'])::sales.address, hstore('n', i::text), '2000-01-01'::date + i
    FROM generate_series(1, 2000) i;
INSERT INTO sales.orders (customer, state, placed, amount, states, note)
  SELECT 1 + i % 2000, (ARRAY['new','paid','back','sent'])[1 + i % 4]::sales.state, '2023-12-01'::timestamptz + i * interval '1 hour', i * 1.25,
         ARRAY['new','sent']::sales.state[], 'note ' || i
    FROM generate_series(0, 19999) i;
INSERT INTO public.parent SELECT i, 'p' || i FROM generate_series(1, 10) i;
INSERT INTO public.child SELECT i, 'c' || i, i / 3.0 FROM generate_series(1, 10) i;
INSERT INTO "Odd Schema"."Odd Table" SELECT i, jsonb_build_object('k', i), E'tab\tnewline\nback\\slash ☃ ' || i FROM generate_series(1, 100) i;
INSERT INTO public.no_columns SELECT FROM generate_series(1, 3);
INSERT INTO public.no_key VALUES ('same'), ('same'), (NULL), (''), (E'\\N');
INSERT INTO public.scratch SELECT generate_series(1, 5);
INSERT INTO public.kinds VALUES
  ('\x00ff5c', 'infinity', '1 year -3 days 04:05:06.789', 'NaN', '-Infinity', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '10.0.0.0/8', '{{1,2},{3,NULL}}',
   '[1,5)', 'x', '{"a": [1, 2]}', '<a>1</a>', B'101', to_tsvector('simple', 'a fat cat'), 12.34),
  ('', '0044-03-15 12:00:00 BC', '0', 12345678901234567890.123456789, 0.1, NULL, '::1', '{}', 'empty', '', 'null', NULL, NULL, NULL, -0.01),
  (NULL, NULL, NULL, NULL, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
BEGIN;
INSERT INTO public.egg VALUES (1, 1);
INSERT INTO public.hen VALUES (1, 1);
COMMIT;

CREATE TRIGGER touch BEFORE UPDATE ON sales.customers FOR EACH ROW EXECUTE FUNCTION sales.boom();
CREATE TRIGGER insert_boom BEFORE INSERT ON public.no_key FOR EACH ROW EXECUTE FUNCTION sales.boom();
CREATE TRIGGER off_boom AFTER INSERT ON public.parent FOR EACH STATEMENT EXECUTE FUNCTION sales.boom();
ALTER TABLE public.parent DISABLE TRIGGER off_boom;
CREATE RULE protect AS ON DELETE TO public.no_key DO INSTEAD NOTHING;
INSERT INTO public.names VALUES ('public.egg', 'sales.tax(numeric,numeric)', 'sales.state'), ('public.hen', NULL, 'int4');

CREATE VIEW sales.open_orders AS SELECT o.id, o.customer, o.amount FROM sales.orders o WHERE o.state <> 'sent';
CREATE MATERIALIZED VIEW sales.by_customer AS SELECT customer, sum(amount) AS total FROM sales.open_orders GROUP BY customer;
CREATE UNIQUE INDEX ON sales.by_customer (customer);
CREATE MATERIALIZED VIEW public.totals AS SELECT sum(total) AS total FROM sales.by_customer;
CREATE MATERIALIZED VIEW public.never AS SELECT 1 AS one WITH NO DATA;
CREATE SEQUENCE public.counter INCREMENT BY -5 MAXVALUE 100 START 50 CYCLE;
SELECT nextval('public.counter'), nextval('public.counter');
CREATE SEQUENCE public.unused START 42;

ALTER TABLE sales.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON sales.customers FOR SELECT TO clerk USING (name = current_user);
CREATE PUBLICATION some_tables FOR TABLE public.hen;
CREATE PUBLICATION everything FOR ALL TABLES;

SELECT lo_from_bytea(4711, decode(repeat('0123456789abcdef', 100000), 'hex'));
SELECT lo_from_bytea(4712, '\xdeadbeef');
SELECT lo_create(4713);
ALTER LARGE OBJECT 4712 OWNER TO clerk;
GRANT SELECT ON LARGE OBJECT 4711 TO reader;
COMMENT ON LARGE OBJECT 4711 IS 'a picture';

ALTER TABLE sales.customers OWNER TO "shop owner";
ALTER TABLE sales.orders OWNER TO "shop owner";
ALTER TABLE sales.orders_2024 OWNER TO clerk;
ALTER FUNCTION sales.tax(numeric, numeric) OWNER TO clerk;
ALTER TYPE sales.state OWNER TO "shop owner";
ALTER DOMAIN sales.email OWNER TO clerk;
ALTER AGGREGATE sales.product(numeric) OWNER TO clerk;
ALTER OPERATOR sales.=~= (text, text) OWNER TO clerk;
ALTER MATERIALIZED VIEW public.totals OWNER TO "shop owner";
ALTER SEQUENCE public.counter OWNER TO clerk;
ALTER STATISTICS sales.customer_stats OWNER TO "shop owner";
ALTER TEXT SEARCH CONFIGURATION sales.plain OWNER TO clerk;
GRANT SELECT ON sales.by_customer TO "shop owner";
GRANT USAGE ON SCHEMA sales TO reader, clerk;
GRANT SELECT ON ALL TABLES IN SCHEMA sales TO reader;
GRANT UPDATE (note), INSERT ON sales.orders TO clerk WITH GRANT OPTION;
SET SESSION AUTHORIZATION clerk;
GRANT INSERT ON sales.orders TO auditor;
RESET SESSION AUTHORIZATION;
REVOKE EXECUTE ON FUNCTION sales.tax(numeric, numeric) FROM PUBLIC;
REVOKE ALL ON TABLE public.hen FROM postgres;
GRANT EXECUTE ON FUNCTION ext.show_limit() TO reader;
GRANT SELECT ON public.parent TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE "shop owner" IN SCHEMA sales GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE clerk REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE FUNCTION public.no_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'DDL is forbidden here'; END $$;
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET work_mem TO %L', current_database(), '16MB');
  EXECUTE format('ALTER ROLE clerk IN DATABASE %I SET statement_timeout TO %L', current_database(), '5s');
  EXECUTE format('GRANT CREATE ON DATABASE %I TO "shop owner"', current_database());
  EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO clerk', current_database());
END $$;
CREATE EVENT TRIGGER no_drop ON ddl_command_end EXECUTE FUNCTION public.no_drop();
