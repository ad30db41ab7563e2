-- What the roles of awkward-roles.sql may do, for a superuser's psql after that file: privileges of every kind, default privileges and
-- settings, some of which nobody but a superuser can give.
SET ROLE app_owner;
CREATE TABLE awkward.note (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id int REFERENCES awkward.orders, body text, secret text);
INSERT INTO awkward.note (order_id, body) SELECT 1 + i % 50, 'note ' || i FROM generate_series(1, 200) i;
CREATE SEQUENCE awkward.number;
CREATE TYPE awkward.state AS ENUM ('open', 'shut');
CREATE VIEW awkward.recent AS SELECT id, body FROM awkward.note WHERE id > 190;
CREATE MATERIALIZED VIEW awkward.totals AS SELECT order_id, count(*) FROM awkward.note GROUP BY order_id;
CREATE FUNCTION awkward.price(int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT $1 * 2';
CREATE PROCEDURE awkward.tidy() LANGUAGE sql AS 'DELETE FROM awkward.note WHERE id < 0';
REVOKE ALL ON FUNCTION awkward.price(int) FROM PUBLIC;
REVOKE ALL ON PROCEDURE awkward.tidy() FROM PUBLIC;
REVOKE ALL ON TYPE awkward.state FROM PUBLIC;
GRANT SELECT ON awkward.recent, awkward.totals TO diamond_top WITH GRANT OPTION;
GRANT SELECT (id, body), UPDATE (body) ON awkward.note TO "we""ird 'name'; -- \ $role$ %s" WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE awkward.number TO app_rw;
GRANT USAGE ON TYPE awkward.state TO app_ro;
GRANT EXECUTE ON FUNCTION awkward.price(int) TO limited, "Größe Ω 漢字 🐘" WITH GRANT OPTION;
GRANT EXECUTE ON PROCEDURE awkward.tidy() TO team_lead;
GRANT CREATE ON SCHEMA awkward TO app_rw;
GRANT TRIGGER, REFERENCES, TRUNCATE ON awkward.orders TO "63_bytes_678901234567890123456789012345678901234567890123456789";
REVOKE DELETE ON awkward.note FROM app_owner;
SELECT lo_from_bytea(4711, 'large');
GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC;
GRANT UPDATE ON LARGE OBJECT 4711 TO app_rw;
ALTER DEFAULT PRIVILEGES IN SCHEMA awkward GRANT SELECT ON TABLES TO app_ro;
ALTER DEFAULT PRIVILEGES IN SCHEMA awkward GRANT EXECUTE ON FUNCTIONS TO app_rw WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SET ROLE "Größe Ω 漢字 🐘";
GRANT EXECUTE ON FUNCTION awkward.price(int) TO "select";
SET ROLE "we""ird 'name'; -- \ $role$ %s";
GRANT SELECT (body) ON awkward.note TO "WITH ADMIN OPTION";
RESET ROLE;
-- A table whose rows only its owner sees all of.
CREATE TABLE awkward.private (who name DEFAULT current_user, body text);
ALTER TABLE awkward.private OWNER TO app_owner;
ALTER TABLE awkward.private ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON awkward.private TO app_ro USING (who = current_user);
GRANT SELECT, INSERT ON awkward.private TO app_ro;
INSERT INTO awkward.private VALUES ('limited', 'mine'), ('no_inherit', 'not yours');
-- What belongs to superusers.
ALTER DEFAULT PRIVILEGES FOR ROLE big_boss IN SCHEMA awkward GRANT SELECT ON TABLES TO watcher;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO watcher;
CREATE FUNCTION awkward.audit() RETURNS text LANGUAGE sql AS 'SELECT ''seen''::text';
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_waldir() TO watcher;
GRANT SELECT ON pg_catalog.pg_largeobject TO watcher;
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CREATE ON DATABASE %I TO app_owner WITH GRANT OPTION', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO app_ro', current_database());
    EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'the application''s');
    EXECUTE format('ALTER DATABASE %I SET work_mem TO %L', current_database(), '6MB');
    EXECUTE format('ALTER DATABASE %I SET log_min_duration_statement TO %L', current_database(), '1s');
END $$;
