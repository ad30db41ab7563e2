-- Roles for torture.sql.
CREATE ROLE "we""ird role" NOLOGIN;
CREATE ROLE "Ünïcode ☃" NOLOGIN;
CREATE ROLE "drop" NOLOGIN;
CREATE ROLE torture_reader NOLOGIN;
