-- Changes to rebuild.sql's database after it was made anew, each of something else, and the differences that they have to bring to light:
--  > kind | object | on the source | on the target

-- A row of a compressed chunk.
UPDATE works.power SET watts = 7 WHERE time = '2024-01-03 00:00+00';
--> row contents | works.power [2024-01-03, 2024-01-04) | 288 rows, checksum ? | 288 rows, checksum ?

-- A row of an aggregate whose rows are gone.
UPDATE _timescaledb_internal._materialized_hypertable_26 SET n = n + 1 WHERE bucket = '2023-06-02' AND parity = 'odd';
--> row contents | reports.past_daily [2023-06-02, 2023-06-12) | 8 rows, checksum ? | 8 rows, checksum ?

-- What queries of an aggregate take for refreshed.
UPDATE _timescaledb_catalog.continuous_aggs_watermark SET watermark = watermark + 86400000000
 WHERE mat_hypertable_id = (SELECT mat_hypertable_id FROM _timescaledb_catalog.continuous_agg WHERE user_view_name = 'recent');
--> continuous aggregate watermark | works.recent | 2024-01-08 | 2024-01-09

-- What was changed on a hypertable since the last refresh, and what an aggregate has to compute again.
DELETE FROM _timescaledb_catalog.continuous_aggs_hypertable_invalidation_log
 WHERE hypertable_id = (SELECT id FROM _timescaledb_catalog.hypertable WHERE table_name = 'batch');
--> hypertable changes to be refreshed | works.batch | 150 to 150 | missing

DELETE FROM _timescaledb_catalog.continuous_aggs_materialization_invalidation_log
 WHERE materialization_id = (SELECT mat_hypertable_id FROM _timescaledb_catalog.continuous_agg WHERE user_view_name = 'C "Agg" é');
--> continuous aggregate invalidations | "Ödd Schéma.x"."C ""Agg"" é" | -infinity to -infinity, 2024-01-29 to infinity | missing

-- Up to where a hypertable's changes are noted.
UPDATE _timescaledb_catalog.continuous_aggs_invalidation_threshold SET watermark = watermark - 86400000000
 WHERE hypertable_id = (SELECT id FROM _timescaledb_catalog.hypertable WHERE table_name = 'past');
--> hypertable invalidation threshold | works.past | 2023-06-06 | 2023-06-05

-- What an aggregate computes, and whether queries of it see what was not refreshed.
DROP MATERIALIZED VIEW works.never;
SET ROLE maker;
CREATE MATERIALIZED VIEW works.never WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT time_bucket('1 day', time) AS bucket, device, count(*) AS n FROM works.raw WHERE v > 4 GROUP BY 1, 2 HAVING count(*) > 1 WITH NO DATA;
RESET ROLE;
--> continuous aggregate view definition | works.never | ?

ALTER MATERIALIZED VIEW works.monthly SET (timescaledb.materialized_only = false);
--> continuous aggregate materialized only | works.monthly | yes | no

-- An aggregate's index.
DROP INDEX _timescaledb_internal.hourly_device;
--> chunk index | reports.hourly [2023-12-29, 2024-01-08): btree (device, mean DESC) | an index | missing
--> chunk index | reports.hourly [2024-01-08, 2024-01-18): btree (device, mean DESC) | an index | missing

-- Policies and jobs.
SELECT alter_job(job_id, schedule_interval => interval '3 hours', timezone => 'Europe/Berlin') FROM timescaledb_information.jobs WHERE job_id = 1000;
--> job | 1000 policy_refresh_continuous_aggregate on reports.hourly | every 01:30:00 | every 03:00:00

SELECT delete_job(1010);
--> job | 1010 code.work | every 1 mon | missing

-- Chunks: one, an index of one, a row of one, where new ones go.
DROP TABLE _timescaledb_internal._hyper_1_1_chunk;
--> chunk | works.belt [2024-01-01, 2024-01-02) [-infinity, 715827882) | present | missing
--> hypertable chunks | works.belt | 24 | 23

DO $$ BEGIN EXECUTE (SELECT format('DROP INDEX _timescaledb_internal.%I', min(indexname COLLATE "C")) FROM pg_indexes WHERE indexname LIKE '%piece_grade' AND schemaname <> 'works'); END $$;
--> chunk index | works.piece [2023-12-28, 2024-01-04): btree (grade) INCLUDE (weight) | an index | missing

DELETE FROM works.grid WHERE x = 0 AND y = 10;
--> rows | works.grid [0, 100) [0, 50) | 110 rows | 109 rows

SELECT detach_tablespace('fast disk', 'works.stored');
--> hypertable tablespaces | works.stored | "fast disk" | missing
--> table tablespace | works.stored | "fast disk" | missing

-- Compression.
SELECT decompress_chunk(c) FROM show_chunks('works.plainly', older_than => '2024-01-02'::timestamptz) c;
--> compressed chunk | works.plainly [2024-01-01, 2024-01-02) | compressed | missing
--> hypertable compressed chunks | works.plainly | 2 | 1

SELECT _timescaledb_functions.unfreeze_chunk(c) FROM show_chunks('works.frozen', older_than => '2024-01-02'::timestamptz) c;
--> chunk state | works.frozen [2024-01-01, 2024-01-02) | frozen | missing

DO $$ BEGIN
    IF to_regclass('_timescaledb_catalog.hypertable_compression') IS NULL THEN
        UPDATE _timescaledb_catalog.compression_settings SET segmentby = '{}' WHERE relid = 'works.power'::regclass;
    ELSE
        UPDATE _timescaledb_catalog.hypertable_compression SET segmentby_column_index = NULL
         WHERE hypertable_id = (SELECT id FROM _timescaledb_catalog.hypertable WHERE table_name = 'power');
    END IF;
END $$;
--> hypertable compression segment by | works.power | meter, "Loc" | missing

UPDATE _timescaledb_catalog.dimension SET compress_interval_length = NULL WHERE compress_interval_length IS NOT NULL;
--> dimension compressed chunk interval | works.frozen.time | 2 days | missing

-- Dimensions.
UPDATE _timescaledb_catalog.dimension SET integer_now_func = NULL, integer_now_func_schema = NULL WHERE integer_now_func IS NOT NULL;
--> dimension integer_now function | works.batch.id | code.batch_now | missing

SELECT set_chunk_time_interval('works.piece', interval '8 days');
--> dimension chunk interval | works.piece.time | 7 days | 8 days
