-- The demonstration with TimescaleDB, from nothing: psql -X -q -f tests/sql/demo-timescale.sql postgresql://…/postgres
\set ON_ERROR_STOP on
\o /dev/null
SET client_min_messages = warning;
CREATE ROLE plant_owner LOGIN;
CREATE ROLE plant_reader;
CREATE DATABASE plant;
\connect plant
\o /dev/null
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE EXTENSION timescaledb;
CREATE SCHEMA plant AUTHORIZATION plant_owner;
GRANT USAGE ON SCHEMA plant TO plant_reader;
SET ROLE plant_owner;
CREATE TABLE plant.machine (id int PRIMARY KEY, name text NOT NULL, hall text NOT NULL);
INSERT INTO plant.machine SELECT i, 'machine ' || i, 'hall ' || i % 4 FROM generate_series(1, 50) i;
CREATE TABLE plant.reading (
    time timestamptz NOT NULL, machine int NOT NULL REFERENCES plant.machine, power float8 CHECK (power >= 0), temperature float8, state text);
SELECT public.create_hypertable('plant.reading', 'time', chunk_time_interval => interval '7 days');
CREATE INDEX ON plant.reading (machine, time DESC);
INSERT INTO plant.reading
SELECT t, m, 400 + 300 * sin(extract(epoch FROM t) / 40000 + m), 20 + (m * 7 + extract(hour FROM t)::int) % 60, (ARRAY['idle', 'busy', 'fault'])[1 + m % 3]
  FROM generate_series('2025-01-01'::timestamptz, '2025-12-31 23:55', '1 hour') t, generate_series(1, 50) m;
CREATE TABLE plant.fault (time timestamptz NOT NULL, machine text NOT NULL, code int, told boolean DEFAULT false);
SELECT public.create_hypertable('plant.fault', 'time', 'machine', 4, chunk_time_interval => interval '1 month');
INSERT INTO plant.fault SELECT '2025-01-01'::timestamptz + i * interval '37 min', 'machine ' || i % 50, i % 17 FROM generate_series(1, 14000) i;
CREATE FUNCTION plant.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.told := true; RETURN NEW; END $$;
CREATE TRIGGER tell BEFORE INSERT ON plant.fault FOR EACH ROW EXECUTE FUNCTION plant.tell();
CREATE VIEW plant.daily AS SELECT public.time_bucket('1 day', time) AS day, machine, avg(power) AS power FROM plant.reading GROUP BY 1, 2;
GRANT SELECT ON plant.reading, plant.daily TO plant_reader;
