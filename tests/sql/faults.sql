-- A database that is moved over and over while things fail: one table that is cut in parts, and one of most kinds of objects. 150 MB, made in some ten
-- seconds by a superuser of an empty database, from nothing random.
SET client_min_messages = error;
SET synchronous_commit = off;
CREATE SCHEMA depot AUTHORIZATION depot_owner;
CREATE SCHEMA lookup;
COMMENT ON SCHEMA depot IS 'what is kept where';
GRANT USAGE ON SCHEMA depot, lookup TO depot_reader;

CREATE DOMAIN depot.percent AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE TYPE depot.state AS ENUM ('new', 'packed', 'sent', 'returned');
CREATE TYPE depot.size AS (width int, height int);
CREATE SEQUENCE depot.ticket START 1000 INCREMENT 7 CACHE 5;
SELECT setval('depot.ticket', 1700);
CREATE SEQUENCE depot.turn MAXVALUE 9 CYCLE;
SELECT nextval('depot.turn') FROM generate_series(1, 12);
CREATE FUNCTION depot.folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT lower(regexp_replace($1, '[^[:alnum:]]', '', 'g')) $$;
CREATE FUNCTION depot.area(depot.size) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT ($1).width * ($1).height $$;

-- The one that is cut in parts, of which no row is like another.
CREATE TABLE depot.reading (id bigint NOT NULL, sensor int NOT NULL, at timestamptz NOT NULL, value float8, note text);
INSERT INTO depot.reading SELECT i, i % 97, timestamptz '2024-01-01 UTC' + i * interval '1 minute', sin(i), md5(i::text) || ' ' || md5((-i)::text)
  FROM generate_series(1, 800000) i;
ALTER TABLE depot.reading ADD PRIMARY KEY (id);
CREATE INDEX reading_sensor ON depot.reading (sensor, at);
CREATE STATISTICS depot.reading_both ON sensor, at FROM depot.reading;

-- Without keys; equal rows too.
CREATE TABLE depot.line (at timestamp, said text);
INSERT INTO depot.line SELECT timestamp '2024-01-01' + i % 5000 * interval '1 second', repeat('line ', i % 9) FROM generate_series(1, 60000) i;

-- Values out of line, compressed and not.
CREATE TABLE depot.document (id int PRIMARY KEY, body text, scan bytea, plain text);
ALTER TABLE depot.document ALTER scan SET STORAGE EXTERNAL;
INSERT INTO depot.document SELECT i, repeat(md5(i::text), 300 + i), decode(p.hex, 'hex'), left(p.hex, 1500)
  FROM generate_series(1, 400) i, LATERAL (SELECT string_agg(md5(i || ' ' || j), '') AS hex FROM generate_series(1, 900 + i % 7) j) p;

-- Identity, serial, keys, checks, triggers, rules.
CREATE TABLE depot.customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, rebate depot.percent DEFAULT 0, changed timestamptz,
  short text GENERATED ALWAYS AS (left(name, 4)) STORED, CONSTRAINT named CHECK (length(name) > 2));
INSERT INTO depot.customer (name, rebate) SELECT 'Customer ' || i, i % 100 FROM generate_series(1, 20000) i;
CREATE UNIQUE INDEX customer_folded ON depot.customer (depot.folded(name));
CREATE TABLE depot.parcel (id serial PRIMARY KEY, customer int NOT NULL REFERENCES depot.customer, state depot.state DEFAULT 'new', box depot.size,
  previous int REFERENCES depot.parcel, weight numeric CHECK (weight > 0));
INSERT INTO depot.parcel (customer, state, box, previous, weight)
  SELECT 1 + i % 20000, (enum_range(NULL::depot.state))[1 + i % 4], (i % 50, i % 70)::depot.size, nullif(i / 2, 0), 1 + i % 30 FROM generate_series(1, 50000) i;
CREATE INDEX parcel_area ON depot.parcel (depot.area(box)) WHERE state <> 'returned';
CREATE TABLE depot.content (parcel int REFERENCES depot.parcel ON DELETE CASCADE, place int, article int, amount int NOT NULL, PRIMARY KEY (parcel, place));
INSERT INTO depot.content SELECT i, p, i % 300, p * 3 FROM generate_series(1, 50000) i, generate_series(1, 2) p;
CREATE TABLE depot.audit (at timestamptz DEFAULT now(), customer int, said text);
CREATE FUNCTION depot.audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO depot.audit (customer, said) VALUES (NEW.id, TG_OP || ' ' || NEW.name);
  RETURN NEW;
END $$;
CREATE TRIGGER audited AFTER INSERT OR UPDATE ON depot.customer FOR EACH ROW EXECUTE FUNCTION depot.audited();
INSERT INTO depot.audit (at, customer, said) SELECT timestamptz '2024-01-01 UTC', i, 'made' FROM generate_series(1, 50) i;
COMMENT ON TRIGGER audited ON depot.customer IS 'must not fire while rows are copied';
CREATE FUNCTION depot.stamped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := now(); RETURN NEW; END $$;
CREATE TRIGGER stamped BEFORE UPDATE ON depot.customer FOR EACH ROW EXECUTE FUNCTION depot.stamped();
CREATE TABLE depot.ruled (id int PRIMARY KEY, said text);
CREATE TABLE depot.ruled_too (id int, said text);
INSERT INTO depot.ruled SELECT i, 'ruled ' || i FROM generate_series(1, 500) i;
CREATE RULE also AS ON INSERT TO depot.ruled DO ALSO INSERT INTO depot.ruled_too VALUES (NEW.id, NEW.said);

-- Row security, which holds for its owner too.
CREATE TABLE depot.secret (id int PRIMARY KEY, owner name, said text);
INSERT INTO depot.secret SELECT i, CASE i % 2 WHEN 0 THEN 'depot_owner' ELSE 'depot_clerk' END, md5(i::text) FROM generate_series(1, 2000) i;
ALTER TABLE depot.secret OWNER TO depot_owner;
ALTER TABLE depot.secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON depot.secret USING (owner = current_user);
GRANT SELECT, INSERT ON depot.secret TO depot_clerk;

-- Partitions and inheritance.
CREATE TABLE depot.event (id int, at date NOT NULL, kind text NOT NULL, said text, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE depot.event_1 PARTITION OF depot.event FOR VALUES FROM ('2024-01-01') TO ('2024-05-01');
CREATE TABLE depot.event_2 PARTITION OF depot.event FOR VALUES FROM ('2024-05-01') TO ('2024-09-01') PARTITION BY LIST (kind);
CREATE TABLE depot.event_2a PARTITION OF depot.event_2 FOR VALUES IN ('a', 'b');
CREATE TABLE depot.event_2z PARTITION OF depot.event_2 DEFAULT;
CREATE TABLE depot.event_rest PARTITION OF depot.event DEFAULT;
INSERT INTO depot.event SELECT i, date '2024-01-01' + i % 366, chr(97 + i % 5), md5(i::text) FROM generate_series(1, 40000) i;
CREATE INDEX event_said ON depot.event (said);
CREATE TABLE depot.hashed (id int PRIMARY KEY, said text) PARTITION BY HASH (id);
CREATE TABLE depot.hashed_0 PARTITION OF depot.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE depot.hashed_1 PARTITION OF depot.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE depot.hashed_2 PARTITION OF depot.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO depot.hashed SELECT i, 'hashed ' || i FROM generate_series(1, 9000) i;
CREATE TABLE depot.vehicle (plate text PRIMARY KEY, wheels int);
CREATE TABLE depot.truck (load numeric, CHECK (wheels >= 4)) INHERITS (depot.vehicle);
INSERT INTO depot.vehicle SELECT 'V ' || i, 2 FROM generate_series(1, 700) i;
INSERT INTO depot.truck SELECT 'T ' || i, 6, i * 1.5 FROM generate_series(1, 800) i;

-- Constraints of other kinds; tables that refer to each other.
CREATE TABLE depot.booking (bay int, during int4range, EXCLUDE USING gist (during WITH &&));
INSERT INTO depot.booking SELECT i % 5, int4range(i * 10, i * 10 + 9) FROM generate_series(1, 3000) i;
CREATE TABLE depot.chicken (id int PRIMARY KEY, egg int);
CREATE TABLE depot.egg (id int PRIMARY KEY, chicken int REFERENCES depot.chicken DEFERRABLE INITIALLY DEFERRED);
INSERT INTO depot.chicken SELECT i, i FROM generate_series(1, 1500) i;
INSERT INTO depot.egg SELECT i, 1501 - i FROM generate_series(1, 1500) i;
ALTER TABLE depot.chicken ADD CONSTRAINT from_egg FOREIGN KEY (egg) REFERENCES depot.egg DEFERRABLE INITIALLY DEFERRED;
CREATE UNLOGGED TABLE depot.unlogged (id int PRIMARY KEY, said text);
INSERT INTO depot.unlogged SELECT i, 'unlogged ' || i FROM generate_series(1, 4000) i;
CREATE TABLE depot.no_columns ();
INSERT INTO depot.no_columns SELECT FROM generate_series(1, 5);
CREATE TABLE depot.nothing (id int PRIMARY KEY);
CREATE TABLE depot.dropped (gone int, id int PRIMARY KEY, gone_too text, said text DEFAULT 'said');
INSERT INTO depot.dropped SELECT i, i, 'gone', 'dropped ' || i FROM generate_series(1, 3000) i;
ALTER TABLE depot.dropped DROP COLUMN gone, DROP COLUMN gone_too, ADD added text DEFAULT 'added';
-- What a procedure writes that commits in a loop.
CREATE TABLE depot.counted (id int PRIMARY KEY, turn int);
INSERT INTO depot.counted SELECT i, 0 FROM generate_series(1, 3000) i;
CREATE PROCEDURE depot.count_on() LANGUAGE plpgsql AS $$
DECLARE
  told CONSTANT text := 'SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = ''advisory'' AND objid = %s AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database()))';
  yes bool := false;
BEGIN
  WHILE NOT yes LOOP
    PERFORM pg_sleep(0.02);
    COMMIT;
    EXECUTE format(told, 71) INTO yes;
  END LOOP;
  FOR i IN 1..6 LOOP
    UPDATE depot.counted SET turn = turn + 1 WHERE id % 6 = i % 6;
    INSERT INTO depot.line VALUES (timestamp '2025-01-01', 'counted ' || i);
    UPDATE depot.reading SET value = i WHERE id BETWEEN i * 100000 AND i * 100000 + 40;
    COMMIT;
  END LOOP;
  yes := false;
  WHILE NOT yes LOOP
    PERFORM pg_sleep(0.02);
    COMMIT;
    EXECUTE format(told, 72) INTO yes;
  END LOOP;
END $$;
COMMENT ON PROCEDURE depot.count_on() IS 'writes when somebody holds the advisory lock 71, and ends when somebody holds 72';

-- Many small ones.
DO $$ BEGIN
  FOR i IN 1..12 LOOP
    EXECUTE format('CREATE TABLE lookup.%1$I (id smallserial PRIMARY KEY, word text UNIQUE)', 'words_' || i);
    EXECUTE format('INSERT INTO lookup.%1$I (word) SELECT md5(i::text) FROM generate_series(1, %2$s) i', 'words_' || i, i * 40);
  END LOOP;
END $$;

-- Views.
CREATE VIEW depot.packed WITH (security_barrier) AS SELECT id, customer FROM depot.parcel WHERE state = 'packed';
CREATE MATERIALIZED VIEW depot.per_sensor AS SELECT sensor, count(*) AS readings, max(note) AS last FROM depot.reading GROUP BY sensor;
CREATE UNIQUE INDEX per_sensor_key ON depot.per_sensor (sensor);
CREATE MATERIALIZED VIEW depot.on_view AS SELECT sum(readings) AS readings, (SELECT count(*) FROM depot.packed) AS packed FROM depot.per_sensor;
CREATE MATERIALIZED VIEW depot.not_yet AS SELECT * FROM depot.customer WITH NO DATA;
GRANT SELECT ON depot.packed, depot.per_sensor, depot.customer TO depot_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA depot GRANT SELECT ON TABLES TO depot_reader;

-- Large objects of several sizes.
SELECT lo_from_bytea(4000 + i, decode(repeat(md5(i::text), 1 + i * i * 40), 'hex')) FROM generate_series(1, 24) i;
SELECT lo_create(4100);
ALTER LARGE OBJECT 4001 OWNER TO depot_owner;
GRANT SELECT ON LARGE OBJECT 4002 TO depot_reader;
COMMENT ON LARGE OBJECT 4003 IS 'a scan';

-- Without it nobody could delete what has no key, once that is published.
ALTER TABLE depot.line REPLICA IDENTITY FULL;
ALTER TABLE depot.booking REPLICA IDENTITY FULL;
ALTER TABLE depot.truck REPLICA IDENTITY FULL;
ALTER TABLE depot.no_columns REPLICA IDENTITY FULL;
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE PUBLICATION parcels FOR TABLE depot.customer, depot.parcel WITH (publish = 'insert');
CREATE TABLE depot.ddl (at timestamptz DEFAULT clock_timestamp(), tag text);
CREATE FUNCTION depot.seen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO depot.ddl (tag) VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER depot_seen ON ddl_command_end EXECUTE FUNCTION depot.seen();
COMMENT ON TABLE depot.reading IS 'it''s large';
COMMENT ON COLUMN depot.reading.note IS E'two\nlines';
ALTER TABLE depot.customer OWNER TO depot_owner;
ALTER FUNCTION depot.folded(text) OWNER TO depot_owner;
ANALYZE;
