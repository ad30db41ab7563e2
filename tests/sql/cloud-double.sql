-- What Timescale Cloud adds to managed-timescale.sql. Runs again after an update.
-- Modelled on scripts/timescaledb/after-create.sql of timescaledb-docker-ha and tests/cloud_init.sql of timescaledb-backfill.
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
    -- Newer versions keep jobs elsewhere, and have a view in its place.
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER validate_job_role_trigger BEFORE INSERT OR UPDATE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION @extschema@.validate_job_role()',
        coalesce(pg_catalog.to_regclass('_timescaledb_catalog.bgw_job'), pg_catalog.to_regclass('_timescaledb_config.bgw_job')));
END $cloud$;
UPDATE _timescaledb_config.bgw_job SET owner = '@database_owner@'
 WHERE id IN (2, 3) AND proc_name IN ('policy_job_error_retention', 'policy_job_stat_history_retention');

INSERT INTO _timescaledb_catalog.metadata (key, value, include_in_telemetry)
SELECT key, pg_catalog.gen_random_uuid()::text, true FROM pg_catalog.unnest(ARRAY['uuid', 'exported_uuid', 'forge_project_id', 'forge_service_id']) key
ON CONFLICT (key) DO UPDATE SET value = excluded.value, include_in_telemetry = true;
