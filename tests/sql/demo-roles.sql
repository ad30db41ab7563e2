-- The people of the demonstration: an owner who cannot log in, the web shop itself, and those who only read.
CREATE ROLE shop_owner NOLOGIN;
CREATE ROLE web LOGIN PASSWORD 'web-secret' CONNECTION LIMIT 50;
CREATE ROLE reporting NOLOGIN;
CREATE ROLE anna LOGIN PASSWORD 'anna-secret';
CREATE ROLE ben LOGIN PASSWORD 'ben-secret' VALID UNTIL '2035-01-01 00:00:00+00';
GRANT reporting TO anna WITH ADMIN OPTION;
GRANT reporting TO ben;
ALTER ROLE web SET statement_timeout TO '5s';
ALTER ROLE reporting SET search_path TO shop, sensors, public;
COMMENT ON ROLE reporting IS 'may read everything but the addresses of customers';
