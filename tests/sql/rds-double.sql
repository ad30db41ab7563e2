-- What Amazon RDS makes of a fresh server whose bootstrap superuser is rdsadmin. Modelled on what \du+ and \l show there with PostgreSQL 15
-- and on "Understanding PostgreSQL roles and permissions" of the RDS user guide.
CREATE DATABASE rdsadmin;
REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
ALTER ROLE rdsadmin VALID UNTIL 'infinity';
ALTER ROLE rdsadmin SET log_statement TO 'all';
CREATE ROLE rds_ad;
CREATE ROLE rds_iam;
CREATE ROLE rds_password;
CREATE ROLE rds_replication;
CREATE ROLE rds_superuser;
CREATE ROLE rdsrepladmin NOINHERIT REPLICATION;
ALTER ROLE rdsrepladmin SET log_statement TO 'none';
CREATE ROLE rdstopmgr LOGIN VALID UNTIL 'infinity' IN ROLE pg_monitor;
ALTER ROLE rdstopmgr SET log_statement TO 'all';
-- Not pg_read_all_data: here it would let the master user read pg_authid, which RDS does not.
GRANT rds_password, rds_replication, pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION;
CREATE ROLE postgres LOGIN CREATEROLE CREATEDB VALID UNTIL 'infinity' IN ROLE rds_superuser;
ALTER DATABASE postgres OWNER TO postgres;
