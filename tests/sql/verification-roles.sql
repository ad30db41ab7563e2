-- Roles for verification.sql: owners, a group with members and a group above it, and one that the database has nothing to do with.
CREATE ROLE owner NOLOGIN;
CREATE ROLE "Odd role" LOGIN CONNECTION LIMIT 3 VALID UNTIL '2099-01-01 00:00:00+00';
CREATE ROLE readers NOLOGIN;
CREATE ROLE everybody NOLOGIN NOINHERIT;
CREATE ROLE alice LOGIN CREATEDB;
CREATE ROLE stranger LOGIN;
GRANT readers TO alice WITH ADMIN OPTION;
GRANT everybody TO readers;
GRANT pg_monitor TO alice;
ALTER ROLE alice SET work_mem TO '8MB';
COMMENT ON ROLE alice IS 'reads';
