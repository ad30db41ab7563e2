-- What Timescale Cloud grants to the owner of a database, and what it forbids, once the superuser has created or updated timescaledb.
-- Runs again after an update. The words between @ are those of pgextwlist, which runs this by itself on Cloud.
-- Modelled on scripts/timescaledb/after-create.sql of timescaledb-docker-ha and tests/cloud_init.sql of timescaledb-backfill.
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

-- Who loads jobs may make them run as oneself or as a role one is a member of, as nobody else.
DO $cloud$
BEGIN
    IF pg_catalog.to_regproc('@extschema@.validate_job_role') IS NULL THEN
        CREATE FUNCTION @extschema@.validate_job_role() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $job$
        BEGIN
            IF NEW.owner IS NULL THEN
                RAISE EXCEPTION 'owner field of %.% cannot be NULL', TG_TABLE_SCHEMA, TG_TABLE_NAME;
            ELSIF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                NULL;
            ELSIF current_setting('timescaledb.restoring')::boolean AND NEW.owner::text = 'postgres' THEN
                NEW.owner := current_user;
            ELSIF NOT pg_has_role(current_user, NEW.owner::regrole, 'MEMBER') THEN
                RAISE EXCEPTION 'Cannot % table %.% row ID %', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME, NEW.id
                    USING HINT = 'owner is not a member of the current role', ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $job$;
        ALTER EXTENSION timescaledb ADD FUNCTION @extschema@.validate_job_role();
    END IF;
END $cloud$;
CREATE OR REPLACE TRIGGER validate_job_role_trigger BEFORE INSERT OR UPDATE ON _timescaledb_config.bgw_job
    FOR EACH ROW EXECUTE FUNCTION @extschema@.validate_job_role();
UPDATE _timescaledb_config.bgw_job SET owner = '@database_owner@'
 WHERE id IN (2, 3) AND proc_name IN ('policy_job_error_retention', 'policy_job_stat_history_retention');

INSERT INTO _timescaledb_catalog.metadata (key, value, include_in_telemetry)
SELECT key, pg_catalog.gen_random_uuid()::text, true FROM pg_catalog.unnest(ARRAY['uuid', 'exported_uuid', 'forge_project_id', 'forge_service_id']) key
ON CONFLICT (key) DO UPDATE SET value = excluded.value, include_in_telemetry = true;
