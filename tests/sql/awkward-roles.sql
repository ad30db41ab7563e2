-- Twenty-five roles of every awkward kind and what they own, for a superuser's psql, in any database of a server of version 13 or newer.
-- Everybody's password is "w0rd of" and the name. Whoever is connected may read all of it.
CREATE ROLE app_owner LOGIN CREATEDB PASSWORD 'w0rd of app_owner';
CREATE ROLE app_ro;
CREATE ROLE app_rw;
CREATE ROLE big_boss SUPERUSER CREATEROLE CREATEDB REPLICATION BYPASSRLS LOGIN PASSWORD 'w0rd of big_boss';
CREATE ROLE "Rep_SUPERUSER_x" REPLICATION LOGIN PASSWORD 'w0rd of Rep_SUPERUSER_x';
CREATE ROLE sees_all BYPASSRLS LOGIN PASSWORD 'w0rd of sees_all';
CREATE ROLE no_inherit NOINHERIT LOGIN PASSWORD 'w0rd of no_inherit';
CREATE ROLE limited LOGIN CONNECTION LIMIT 2 PASSWORD 'w0rd of limited';
CREATE ROLE forever LOGIN VALID UNTIL 'infinity' PASSWORD 'w0rd of forever';
CREATE ROLE expired LOGIN VALID UNTIL '2001-02-03 04:05:06+00' PASSWORD 'w0rd of expired';
CREATE ROLE "we""ird 'name'; -- \ $role$ %s" LOGIN PASSWORD 'w0rd of we"ird ''name''; -- \ $role$ %s';
CREATE ROLE "GRANTED BY ""x""";
CREATE ROLE "WITH ADMIN OPTION" LOGIN PASSWORD 'w0rd of WITH ADMIN OPTION';
CREATE ROLE "select" LOGIN PASSWORD 'w0rd of select';
CREATE ROLE "63_bytes_678901234567890123456789012345678901234567890123456789";
CREATE ROLE "Größe Ω 漢字 🐘" LOGIN PASSWORD 'w0rd of Größe Ω 漢字 🐘';
-- Named like those of managed services, and nobody's but the user's.
CREATE ROLE tsdbadmin_reader LOGIN PASSWORD 'w0rd of tsdbadmin_reader';
CREATE ROLE postgres_backup LOGIN PASSWORD 'w0rd of postgres_backup';
CREATE ROLE aiven_report LOGIN PASSWORD 'w0rd of aiven_report';
CREATE ROLE watcher LOGIN PASSWORD 'w0rd of watcher';
CREATE ROLE team_lead CREATEROLE LOGIN PASSWORD 'w0rd of team_lead';
-- A diamond: whoever is at the bottom is a member of the top by two ways, with the right to pass it on by one of them.
CREATE ROLE diamond_top;
CREATE ROLE diamond_left;
CREATE ROLE diamond_right;
CREATE ROLE diamond_bottom LOGIN PASSWORD 'w0rd of diamond_bottom';

COMMENT ON ROLE app_ro IS 'read only SUPERUSER wannabe; it''s NOSUPERUSER, GRANTED BY "nobody" \ WITH ADMIN OPTION';
COMMENT ON ROLE "we""ird 'name'; -- \ $role$ %s" IS E'two\nlines; DROP ROLE app_ro; $role$ NOREPLICATION';

GRANT app_ro TO app_rw, tsdbadmin_reader, aiven_report, no_inherit, limited;
GRANT app_rw TO app_owner WITH ADMIN OPTION;
GRANT app_rw TO big_boss, "we""ird 'name'; -- \ $role$ %s", "Größe Ω 漢字 🐘";
GRANT diamond_top TO diamond_left, diamond_right;
GRANT diamond_left TO diamond_bottom WITH ADMIN OPTION;
GRANT diamond_right TO diamond_bottom;
GRANT "63_bytes_678901234567890123456789012345678901234567890123456789" TO "select";
GRANT "GRANTED BY ""x""" TO "WITH ADMIN OPTION" WITH ADMIN OPTION;
SET SESSION AUTHORIZATION "WITH ADMIN OPTION";
GRANT "GRANTED BY ""x""" TO team_lead;
RESET SESSION AUTHORIZATION;
GRANT big_boss TO team_lead;
GRANT pg_monitor, pg_signal_backend TO watcher;
GRANT pg_read_all_stats TO app_ro WITH ADMIN OPTION;
GRANT pg_read_server_files TO postgres_backup;

ALTER ROLE app_owner SET search_path TO awkward, "$user", "Odd, Schema", public;
ALTER ROLE app_owner SET log_statement TO 'all';
ALTER ROLE limited SET statement_timeout TO '5min';
ALTER ROLE "Größe Ω 漢字 🐘" SET "TimeZone" TO 'Europe/Berlin';
ALTER ROLE watcher SET myapp.label TO 'it''s a custom one';
DO $$
BEGIN
    EXECUTE format('ALTER ROLE app_owner IN DATABASE %I SET work_mem TO %L', current_database(), '8MB');
    EXECUTE format('ALTER ROLE limited IN DATABASE %I SET log_min_duration_statement TO 0', current_database());
    IF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE 'GRANT SET, ALTER SYSTEM ON PARAMETER log_statement TO app_owner';
    END IF;
END $$;

CREATE SCHEMA awkward AUTHORIZATION app_owner;
GRANT USAGE ON SCHEMA awkward TO PUBLIC;
CREATE TABLE awkward.orders (id int PRIMARY KEY, label text);
ALTER TABLE awkward.orders OWNER TO app_owner;
CREATE TABLE awkward.ledger (id int PRIMARY KEY, amount numeric);
ALTER TABLE awkward.ledger OWNER TO big_boss;
CREATE TABLE awkward."odd ""one""" (id int);
ALTER TABLE awkward."odd ""one""" OWNER TO "we""ird 'name'; -- \ $role$ %s";
CREATE TABLE awkward.reports (id int);
ALTER TABLE awkward.reports OWNER TO tsdbadmin_reader;
INSERT INTO awkward.orders SELECT i, 'order ' || i FROM generate_series(1, 50) i;
INSERT INTO awkward.ledger SELECT i, i * 1.5 FROM generate_series(1, 50) i;
INSERT INTO awkward."odd ""one""" VALUES (1);
INSERT INTO awkward.reports VALUES (1), (2);
GRANT SELECT ON ALL TABLES IN SCHEMA awkward TO PUBLIC;
GRANT INSERT, UPDATE, DELETE ON awkward.orders TO app_rw;
GRANT SELECT ON awkward.ledger TO app_ro WITH GRANT OPTION;
