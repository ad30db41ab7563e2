-- What a managed service grants to the owner of a database once its superuser has created or updated timescaledb. The words between @ are
-- those of pgextwlist, which runs this by itself on Timescale Cloud. Modelled on scripts/timescaledb/after-create.sql of timescaledb-docker-ha.
ALTER FUNCTION @extschema@.timescaledb_pre_restore() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION @extschema@.timescaledb_post_restore() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
REVOKE EXECUTE ON FUNCTION @extschema@.timescaledb_pre_restore(), @extschema@.timescaledb_post_restore() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.timescaledb_pre_restore(), @extschema@.timescaledb_post_restore() TO @database_owner@;

DO $cloud$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['_timescaledb_internal', '_timescaledb_config', '_timescaledb_catalog', '_timescaledb_cache'] LOOP
        EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT ALL ON TABLES TO @database_owner@', part);
        EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT ALL ON SEQUENCES TO @database_owner@', part);
        EXECUTE pg_catalog.format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO @database_owner@', part);
        EXECUTE pg_catalog.format('GRANT ALL ON ALL SEQUENCES IN SCHEMA %I TO @database_owner@', part);
        EXECUTE pg_catalog.format('GRANT USAGE, CREATE ON SCHEMA %I TO @database_owner@', part);
    END LOOP;
    -- Named job_errors up to 2.14.
    EXECUTE pg_catalog.format('GRANT SELECT ON %s TO @database_owner@ WITH GRANT OPTION', coalesce(
        pg_catalog.to_regclass('_timescaledb_internal.job_errors'), pg_catalog.to_regclass('_timescaledb_internal.bgw_job_stat_history')));
END $cloud$;
GRANT CREATE ON SCHEMA _timescaledb_internal TO @database_owner@ WITH GRANT OPTION;

