-- Every aggregate of rebuild.sql's database as a whole, by its owner: history whose rows are gone stays.
SET timezone = 'UTC';
SET search_path = works, public;
SET client_min_messages = error;
SET ROLE maker;
CALL refresh_continuous_aggregate('reports.hourly', NULL, NULL);
CALL refresh_continuous_aggregate('works."Daily Report"', NULL, NULL);
CALL refresh_continuous_aggregate('never', NULL, NULL);
CALL refresh_continuous_aggregate('per_hundred', -1000, 10000);
CALL refresh_continuous_aggregate('monthly', NULL, NULL);
CALL refresh_continuous_aggregate('joined', NULL, NULL);
CALL refresh_continuous_aggregate('"Ödd Schéma.x"."C ""Agg"" é"', NULL, NULL);
CALL refresh_continuous_aggregate('reports.past_daily', NULL, NULL);
SET ROLE "Lead Analyst";
CALL refresh_continuous_aggregate('recent', NULL, NULL);
