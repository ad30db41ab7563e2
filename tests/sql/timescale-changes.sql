-- Changes to a copy of timescale.sql's database, and the differences that each block must bring to light, no more and no fewer:
--> kind | object | on the source | on the target
-- A question mark stands for any text. A block without --> makes no difference.

CREATE TABLE plant.extra (time timestamptz NOT NULL);
SELECT create_hypertable('plant.extra', 'time');
INSERT INTO plant.extra VALUES ('2024-01-01');

SELECT drop_chunks('plant.reading', older_than => '2024-01-02'::timestamptz);
UPDATE plant.moved SET amount = 0 WHERE seen = '2024-02-02 00:00+00';
DELETE FROM plant.power WHERE time = '2024-01-03 00:00+00' AND meter = 1;
--> hypertable changes to be refreshed | plant.reading | 2024-01-01 to 2024-01-01 01:50:00 | 2024-01-01 to 2024-01-01 01:50:00, 2024-01-01 to 2024-01-02
--> hypertable chunks | plant.reading | 10 | 9
--> chunk | plant.reading [2024-01-01, 2024-01-02) | present | missing
--> row contents | plant.moved [2024-02-01, 2024-02-08) [1431655764, infinity) | 20 rows, checksum ? | 20 rows, checksum ?
--> hypertable changes to be refreshed | plant.power | missing | 2024-01-03 to 2024-01-03
--> compressed chunk state | plant.power [2024-01-03, 2024-01-04) | missing | rows added since
--> rows | plant.power [2024-01-03, 2024-01-04) | 288 rows | 287 rows

INSERT INTO plant.reading (time, device) VALUES ('2025-01-01', 1);
--> hypertable chunks | plant.reading | 10 | 11

SELECT decompress_chunk(c) FROM show_chunks('plant.power', older_than => '2024-01-02'::timestamptz) c;
SELECT compress_chunk(c) FROM show_chunks('plant.power', newer_than => '2024-01-09'::timestamptz) c;
ALTER TABLE plant.counter SET (timescaledb.compress, timescaledb.compress_orderby = 'tick ASC');
UPDATE _timescaledb_catalog.compression_settings SET segmentby = NULL, orderby = '{meter}' WHERE relid = 'plant.power'::regclass;
--> compressed chunk | plant.power [2024-01-01, 2024-01-02) | compressed | missing
--> hypertable compressed chunks | plant.power | 7 | 8
--> hypertable compression order by | plant.counter | missing | tick
--> hypertable compression order by | plant.power | time desc nulls first | meter desc nulls first
--> hypertable compression segment by | plant.power | meter | missing

SELECT set_chunk_time_interval('plant.counter', 2000);
SELECT set_number_partitions('plant.moved', 4);
CREATE FUNCTION plant.other_now() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint';
SELECT set_integer_now_func('plant.counter', 'plant.other_now', replace_if_exists => true);
DROP INDEX _timescaledb_internal._hyper_1_3_chunk_reading_device;
DROP INDEX plant."reading Näme";
DROP TABLE plant.empty;
--> dimension chunk interval | plant.counter.tick | 1000 | 2000
--> dimension integer_now function | plant.counter.tick | plant.counter_now | plant.other_now
--> dimension partitions | plant.moved.item | 3 | 4
--> index | plant."reading Näme" | CREATE INDEX "reading Näme" ON plant.reading USING btree (lower(note)) WHERE (device > 2) | missing
--> chunk index | plant.reading [2024-01-03, 2024-01-04): btree (device, "time" DESC) | an index | missing
--> table | plant.empty | present | missing

CALL refresh_continuous_aggregate('plant.reading_hourly', '2024-01-01', '2024-01-02');
--> hypertable changes to be refreshed | plant.reading | 2024-01-01 to 2024-01-01 01:50:00 | missing
--> continuous aggregate changes to be refreshed | plant.reading_hourly | missing | 2024-01-01 to 2024-01-01 01:00:00
--> row contents | plant.reading_hourly [2023-12-29, 2024-01-08) | 1008 rows, checksum ? | 1008 rows, checksum ?

CALL refresh_continuous_aggregate('plant.reading_hourly', '2024-01-01', '2024-01-12');
--> hypertable changes to be refreshed | plant.reading | 2024-01-01 to 2024-01-01 01:50:00 | missing
--> hypertable invalidation threshold | plant.reading | 2024-01-08 | 2024-01-12
--> continuous aggregate changes to be refreshed | plant.reading_hourly | missing | 2024-01-01 to 2024-01-10 23:00:00
--> continuous aggregate chunks | plant.reading_hourly | 1 | 2
--> continuous aggregate invalidations | plant.reading_hourly | -infinity to 2023-12-31 23:59:59.999999, 2024-01-08 to infinity | -infinity to 2023-12-31 23:59:59.999999, 2024-01-12 to infinity
--> continuous aggregate watermark | plant.reading_hourly | 2024-01-08 | 2024-01-11
--> row contents | plant.reading_hourly [2023-12-29, 2024-01-08) | 1008 rows, checksum ? | 1008 rows, checksum ?

ALTER MATERIALIZED VIEW plant.reading_hourly SET (timescaledb.materialized_only = true);
DELETE FROM _timescaledb_catalog.continuous_aggs_materialization_invalidation_log WHERE materialization_id = (SELECT mat_hypertable_id FROM _timescaledb_catalog.continuous_agg WHERE user_view_name = 'power_daily');
DELETE FROM _timescaledb_catalog.continuous_agg WHERE user_view_name = 'forgotten_daily';
--> continuous aggregate materialized only | plant.reading_hourly | no | yes
--> view | plant.reading_hourly | ?
--> continuous aggregate invalidations | plant.power_daily | -infinity to -infinity, 2024-01-11 to infinity | missing
--> continuous aggregate | plant.forgotten_daily | of plant.forgotten | missing

DROP MATERIALIZED VIEW plant.reading_daily;
--> view | plant.reading_daily | ? | missing
--> continuous aggregate invalidation threshold | plant.reading_hourly | 2024-01-05 | missing
--> chunk trigger | plant.reading_hourly [2023-12-29, 2024-01-08): ts_cagg_invalidation_trigger | CREATE TRIGGER ts_cagg_invalidation_trigger AFTER INSERT OR DELETE OR UPDATE ON the chunk FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.continuous_agg_invalidation_trigger('') | missing

SELECT alter_job(1000, scheduled => false, schedule_interval => '3 hours', max_retries => 7, retry_period => '1 min', max_runtime => '2 min', config => '{"hypertable_id": 2, "compress_after": "50 years"}');
SELECT alter_job(1008, initial_start => '2101-01-01 00:00+00');
UPDATE _timescaledb_config.bgw_job SET owner = 'plant_owner' WHERE id = 1009;
SELECT delete_job(1010);
SELECT remove_retention_policy('plant.forgotten');
--> job | 1000 policy_compression on plant.power | every 12:00:00 | every 03:00:00
--> job config | 1000 policy_compression on plant.power | {"compress_after": "100 years"} | {"compress_after": "50 years"}
--> job max retries | 1000 policy_compression on plant.power | -1 | 7
--> job max runtime | 1000 policy_compression on plant.power | 00:00:00 | 00:02:00
--> job retry period | 1000 policy_compression on plant.power | 01:00:00 | 00:01:00
--> job scheduled | 1000 policy_compression on plant.power | yes | no
--> job initial start | 1008 plant.beat | 2100-01-01 00:00:00+00 | 2101-01-01 00:00:00+00
--> job owner | 1009 plant.beat | "Ana Lyst" | plant_owner
--> job | 1010 plant.beat | every 7 days | missing
--> job | 1006 policy_retention on plant.forgotten | every 1 day | missing

SELECT setval('_timescaledb_catalog.chunk_id_seq', 3);
SELECT setval('_timescaledb_catalog.hypertable_id_seq', 3);
SELECT setval('_timescaledb_catalog.dimension_id_seq', 3);
SELECT setval('_timescaledb_catalog.dimension_slice_id_seq', 3);
SELECT setval('_timescaledb_config.bgw_job_id_seq', 1003);
--> catalog sequence | _timescaledb_catalog.chunk_id_seq | at least 67 | 3
--> catalog sequence | _timescaledb_catalog.dimension_id_seq | at least 12 | 3
--> catalog sequence | _timescaledb_catalog.dimension_slice_id_seq | at least 53 | 3
--> catalog sequence | _timescaledb_catalog.hypertable_id_seq | at least 14 | 3
--> catalog sequence | _timescaledb_config.bgw_job_id_seq | at least 1010 | 1003

SELECT timescaledb_pre_restore();
--> rows | plant.counter [-1000, 0) | 500 rows | 0 rows
--> rows | plant.counter [0, 1000) | 1000 rows | 0 rows
--> rows | plant.power [2024-01-01, 2024-01-02) | 288 rows | 0 rows
--> rows | plant.power [2024-01-02, 2024-01-03) | 298 rows | 10 rows
--> rows | plant.power [2024-01-03, 2024-01-04) | 288 rows | 0 rows
--> rows | plant.power [2024-01-04, 2024-01-05) | 288 rows | 0 rows
--> rows | plant.power [2024-01-05, 2024-01-06) | 288 rows | 0 rows
--> rows | plant.power [2024-01-06, 2024-01-07) | 288 rows | 0 rows
--> rows | plant.power [2024-01-07, 2024-01-08) | 288 rows | 0 rows
--> restoring mode | the database | off | on, so that compressed rows are not seen and no job runs

DELETE FROM _timescaledb_catalog.chunk_constraint WHERE chunk_id = 1;
--> hypertable chunks | plant.reading | 10 | 9
--> hypertable rows | plant.reading | all rows of its chunks | not readable: chunk _hyper_1_1_chunk has no dimension slices
--> chunk | plant.reading [2024-01-01, 2024-01-02) | present | missing

DELETE FROM _timescaledb_catalog.chunk_constraint WHERE chunk_id = 1;
DELETE FROM _timescaledb_catalog.chunk WHERE id = 1;
--> hypertable chunks | plant.reading | 10 | 9
--> hypertable rows | plant.reading | all rows of its chunks | 1296 rows, though its chunks hold 1440
--> chunk | plant.reading [2024-01-01, 2024-01-02) | present | missing

SET timescaledb.restoring = on;
ALTER TABLE _timescaledb_internal._hyper_1_2_chunk OWNER TO postgres;
GRANT DELETE ON _timescaledb_internal._hyper_1_3_chunk TO plant_reader;
DROP TRIGGER reading_noted ON _timescaledb_internal._hyper_1_4_chunk;
ALTER TABLE _timescaledb_internal._hyper_1_5_chunk NO INHERIT plant.reading;
ALTER TABLE _timescaledb_internal._hyper_1_6_chunk DISABLE TRIGGER reading_noted;
ALTER TABLE _timescaledb_internal._hyper_1_9_chunk DROP CONSTRAINT "9_9_reading_device_fkey";
ALTER TABLE _timescaledb_internal._hyper_1_7_chunk SET UNLOGGED;
ALTER TABLE _timescaledb_internal._hyper_1_8_chunk ALTER note SET STATISTICS 7;
--> chunk owner | plant.reading [2024-01-02, 2024-01-03) | as its hypertable | postgres
--> chunk grants | plant.reading [2024-01-03, 2024-01-04) | as its hypertable | its owner: DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE; plant_reader: DELETE, SELECT
--> chunk trigger | plant.reading [2024-01-04, 2024-01-05): reading_noted | CREATE TRIGGER reading_noted BEFORE INSERT ON the chunk FOR EACH ROW EXECUTE FUNCTION plant.noted() | missing
--> chunk inherits from its hypertable | plant.reading [2024-01-05, 2024-01-06) | yes | no
--> chunk trigger state | plant.reading [2024-01-06, 2024-01-07): reading_noted | enabled | disabled
--> chunk persistence | plant.reading [2024-01-07, 2024-01-08) | logged | unlogged
--> chunk column statistics target | plant.reading [2024-01-08, 2024-01-09).note | missing | 7
--> chunk constraint | plant.reading [2024-01-09, 2024-01-10): reading_device_fkey | FOREIGN KEY (device) REFERENCES plant.device(id) | missing

SELECT _timescaledb_functions.freeze_chunk('_timescaledb_internal._hyper_1_2_chunk');
--> chunk state | plant.reading [2024-01-02, 2024-01-03) | missing | frozen
