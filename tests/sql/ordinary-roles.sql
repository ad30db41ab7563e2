-- Roles for ordinary.sql: owners, groups with members, settings, a comment.
CREATE ROLE "shop owner" NOLOGIN;
CREATE ROLE clerk LOGIN PASSWORD 'clerk-secret' CONNECTION LIMIT 7 VALID UNTIL '2099-01-01 00:00:00+00';
CREATE ROLE reader NOLOGIN NOINHERIT;
CREATE ROLE auditor LOGIN PASSWORD 'auditor-secret';
GRANT reader TO clerk;
GRANT reader TO auditor WITH ADMIN OPTION;
ALTER ROLE clerk SET search_path TO sales, "Odd Schema", public;
ALTER ROLE clerk SET work_mem TO '8MB';
COMMENT ON ROLE auditor IS 'reads only, SUPERUSER wannabe; it''s NOLOGIN at night';
