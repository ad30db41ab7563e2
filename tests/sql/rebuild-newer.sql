-- What TimescaleDB has come to know between 2.13.1 and 2.22.1, each on a hypertable of its own, by the side of what both know.
SET client_min_messages = error;
SET timezone = 'UTC';
SET timescaledb.enable_chunk_skipping = on;
CREATE SCHEMA newer;
SET search_path = newer, public;

CREATE TABLE device (id int PRIMARY KEY, name text);
INSERT INTO device VALUES (0, 'zero'), (1, 'one');
CREATE TABLE both_know (time timestamptz PRIMARY KEY, device int, v float8);
SELECT create_hypertable('both_know', 'time', chunk_time_interval => interval '1 day');
INSERT INTO both_know SELECT '2024-01-01'::timestamptz + i * interval '1 hour', i % 3, i FROM generate_series(0, 95) i;
CREATE MATERIALIZED VIEW known WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', time) AS day, count(*) AS n FROM both_know GROUP BY 1;

-- Chunks that were compressed in two ways, and one that is not; the version itself chooses how for the next ones.
CREATE TABLE settings (LIKE both_know);
SELECT create_hypertable('settings', 'time', chunk_time_interval => interval '1 day');
INSERT INTO settings SELECT * FROM both_know;
ALTER TABLE settings SET (timescaledb.compress, timescaledb.compress_segmentby = 'device', timescaledb.compress_orderby = 'time');
SELECT count(compress_chunk(c)) FROM show_chunks('settings', older_than => '2024-01-02'::timestamptz) c;
ALTER TABLE settings SET (timescaledb.compress, timescaledb.compress_segmentby = '', timescaledb.compress_orderby = 'v DESC, time');
SELECT count(compress_chunk(c)) FROM show_chunks('settings', newer_than => '2024-01-04'::timestamptz) c;
CREATE TABLE undecided (LIKE both_know);
SELECT create_hypertable('undecided', 'time', chunk_time_interval => interval '1 day');
INSERT INTO undecided SELECT * FROM both_know;
ALTER TABLE undecided SET (timescaledb.compress);
SELECT count(compress_chunk(c)) FROM show_chunks('undecided', older_than => '2024-01-02'::timestamptz) c;

CREATE TABLE sparse (LIKE both_know);
SELECT create_hypertable('sparse', 'time', chunk_time_interval => interval '1 day');
INSERT INTO sparse SELECT * FROM both_know;
ALTER TABLE sparse SET (timescaledb.compress, timescaledb.compress_segmentby = 'device', timescaledb.compress_orderby = 'time', timescaledb.compress_index = 'bloom(v)');
SELECT count(compress_chunk(c)) FROM show_chunks('sparse', older_than => '2024-01-02'::timestamptz) c;
CREATE TABLE skipped (LIKE both_know);
SELECT create_hypertable('skipped', 'time', chunk_time_interval => interval '1 day');
INSERT INTO skipped SELECT * FROM both_know;
SELECT enable_chunk_skipping('skipped', 'device');
ALTER TABLE skipped SET (timescaledb.compress, timescaledb.compress_segmentby = '', timescaledb.compress_orderby = 'time');
SELECT count(compress_chunk(c)) FROM show_chunks('skipped', older_than => '2024-01-03'::timestamptz) c;

CREATE TABLE refers (at timestamptz REFERENCES both_know, v int);
INSERT INTO refers VALUES ('2024-01-01', 1);
CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER counted AFTER INSERT ON both_know REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION counted();
CREATE MATERIALIZED VIEW outer_join WITH (timescaledb.continuous) AS
SELECT time_bucket('1 day', b.time) AS day, d.name, count(*) AS n FROM both_know b LEFT JOIN device d ON d.id = b.device GROUP BY 1, 2;
CREATE MATERIALIZED VIEW by_offset WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', time, "offset" => interval '2 hours') AS day, count(*) AS n FROM both_know GROUP BY 1;
CREATE MATERIALIZED VIEW by_origin WITH (timescaledb.continuous) AS
SELECT time_bucket('7 days', time, origin => '2024-01-03'::timestamptz) AS week, count(*) AS n FROM both_know GROUP BY 1;
CREATE VIEW upon AS SELECT sum(n) AS n FROM by_offset;
