-- What goes on in rebuild.sql's database, by those whom it belongs to: on both sides it has to come to the same.
SET timezone = 'UTC';
SET search_path = works, public;
SET client_min_messages = error;
SET ROLE maker;
INSERT INTO belt (time, device, speed, n) VALUES ('2024-01-01 00:01+00', 'new', 1, 1), ('2025-01-01 00:01+00', 'd1', 2, 2);
INSERT INTO raw VALUES ('2024-01-03 13:00+00', 'device 7', 5), ('2024-01-30 13:00+00', 'device 8', 6);
UPDATE raw SET v = v + 1 WHERE time = '2024-01-05 00:00+00';
DELETE FROM raw WHERE time = '2024-01-07 00:00+00';
INSERT INTO batch VALUES (2600, 7, 1), (6000, 1, 1), (20, 2, 2);
INSERT INTO grid VALUES (1000, 1000, 1);
INSERT INTO power VALUES ('2024-01-01 00:01+00', 'late', 5, 5), ('2025-01-01 00:00+00', 'new', 1, 1);
INSERT INTO piece (time, id, code, weight) VALUES ('2025-01-01 00:00+00', 1, 'zz', 1);
INSERT INTO "Ödd Schéma.x"."Wéird ""Table"" 1.2" ("Time Col", "Dev Id", "select") VALUES ('2024-01-03', 3, 1), ('2025-01-03', 4, 1);
INSERT INTO letter VALUES ('1704067201', '1'), ('1804067201', '2');
INSERT INTO nothing VALUES (5, 'a'), (15, 'b');
INSERT INTO stored VALUES ('2025-01-01 00:00+00', 1);
CALL refresh_continuous_aggregate('reports.hourly', '2024-01-03', '2024-01-05');
CALL refresh_continuous_aggregate('works."Daily Report"', '2024-01-01', '2024-01-09');
