-- The demonstration's database, from nothing: psql -X -q -f tests/sql/demo.sql postgresql://…/postgres
\set ON_ERROR_STOP on
CREATE DATABASE shop;
\ir demo-roles.sql
\connect shop
\encoding UTF8
\ir demo-shop.sql
\ir demo-sensors.sql
