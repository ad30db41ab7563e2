-- What 40 sensors read in 2025, one reading an hour, partitioned by month.
CREATE SCHEMA sensors AUTHORIZATION shop_owner;
SET ROLE shop_owner;
SET search_path TO sensors;

CREATE TABLE devices (
  id int PRIMARY KEY,
  name text NOT NULL UNIQUE,
  product int NOT NULL REFERENCES shop.products,
  place point NOT NULL,
  range numrange NOT NULL DEFAULT '[-40,60)'
);
CREATE TABLE readings (
  device int NOT NULL REFERENCES devices,
  at timestamptz NOT NULL,
  temperature real CHECK (temperature BETWEEN -40 AND 60),
  humidity double precision,
  battery smallint,
  raw bytea,
  PRIMARY KEY (device, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE readings IS 'temperature in °C, humidity in %, battery in mV';

SELECT format('CREATE TABLE readings_%s PARTITION OF readings FOR VALUES FROM (%L) TO (%L)', to_char(month, 'YYYY_MM'),
              month || ' 00:00+00', (month + interval '1 month')::date || ' 00:00+00')
  FROM (SELECT generate_series(date '2025-01-01', '2025-12-01', '1 month')::date AS month) months \gexec
CREATE TABLE readings_later PARTITION OF readings DEFAULT;

INSERT INTO devices SELECT i, 'sensor ' || i, 4 * i, point(i % 8, i / 8) FROM generate_series(1, 40) i;
INSERT INTO readings
  SELECT device, timestamptz '2025-01-01 00:00+00' + hour * interval '1 hour',
         round((12 + 10 * sin(hour / 1394.0) + 4 * sin(hour / 3.82 + device))::numeric, 1), 55 + 30 * cos(hour / 700.0 + device),
         3300 - hour / 12, CASE WHEN hour % 24 = 0 THEN decode(md5(device || ' ' || hour), 'hex') END
    FROM generate_series(1, 40) device, generate_series(0, 8783) hour;

CREATE INDEX ON readings USING brin (at);
CREATE VIEW latest AS SELECT DISTINCT ON (device) * FROM readings ORDER BY device, at DESC;
CREATE MATERIALIZED VIEW days AS
  SELECT device, (at AT TIME ZONE 'UTC')::date AS day, min(temperature), max(temperature), avg(humidity) FROM readings GROUP BY 1, 2;
CREATE UNIQUE INDEX ON days (device, day);

GRANT USAGE ON SCHEMA sensors TO reporting, web;
GRANT SELECT ON ALL TABLES IN SCHEMA sensors TO reporting;
GRANT INSERT ON readings TO web;
