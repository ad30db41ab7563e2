-- The roles of the database that is moved while things fail.
CREATE ROLE depot_owner;
CREATE ROLE depot_reader;
CREATE ROLE depot_clerk;
GRANT depot_reader TO depot_clerk;
