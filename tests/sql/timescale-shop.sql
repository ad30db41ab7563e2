-- A hypertable of five chunks, two of them compressed, and a continuous aggregate; its rows cannot be loaded where shop.mood says so.
SET timezone = 'UTC';
CREATE FUNCTION mind(v int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN IF current_setting('shop.mood', true) = 'bad' THEN RAISE 'no'; END IF; RETURN true; END $$;
CREATE TABLE m (time timestamptz NOT NULL, v int CHECK (mind(v)));
SELECT create_hypertable('m', 'time', chunk_time_interval => interval '1 day');
INSERT INTO m SELECT '2024-01-01'::timestamptz + i * interval '1 h', i FROM generate_series(0, 119) i;
ALTER TABLE m SET (timescaledb.compress);
SELECT compress_chunk(c) FROM show_chunks('m', older_than => '2024-01-03'::timestamptz) c;
CREATE MATERIALIZED VIEW daily WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', time) AS day, sum(v) FROM m GROUP BY 1;
