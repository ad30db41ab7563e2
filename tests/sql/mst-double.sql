-- What Managed Service for TimescaleDB makes of a fresh server. The names are those of migration scripts in the documents of Timescale;
-- the superuser _aiven, its own database and defaultdb are those that Aiven for PostgreSQL has.
CREATE ROLE _aiven LOGIN SUPERUSER REPLICATION;
CREATE ROLE _tsdbadmin_auditing;
CREATE ROLE _tsdbadmin_monitor IN ROLE pg_monitor;
ALTER ROLE _tsdbadmin_monitor SET log_statement TO 'none';
CREATE ROLE tsdbadmin_group;
CREATE ROLE tsdbadmin LOGIN CREATEROLE CREATEDB IN ROLE tsdbadmin_group, pg_read_all_stats, pg_stat_scan_tables;
ALTER ROLE tsdbadmin SET pg_stat_statements.track TO 'all';
-- Parameters can be granted from 15 on.
SELECT g FROM unnest(ARRAY['GRANT SET ON PARAMETER pgaudit.log TO _tsdbadmin_auditing', 'GRANT SET ON PARAMETER anon.masking TO tsdbadmin_group']) g
 WHERE current_setting('server_version_num')::int >= 150000 \gexec
CREATE DATABASE _aiven OWNER _aiven;
REVOKE ALL ON DATABASE _aiven FROM PUBLIC;
CREATE DATABASE defaultdb OWNER tsdbadmin;
GRANT CONNECT ON DATABASE defaultdb TO _aiven;
\connect defaultdb
-- What the service leaves in the user's database belongs to its superuser. Where it is, no other of its name can be made.
CREATE FUNCTION public.service_seen(OUT at timestamptz) LANGUAGE sql AS 'SELECT now()';
ALTER FUNCTION public.service_seen OWNER TO _aiven;
GRANT EXECUTE ON FUNCTION public.service_seen TO tsdbadmin_group;
