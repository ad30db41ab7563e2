-- Who owns what in timescale-apache.sql.
CREATE ROLE mill_owner LOGIN PASSWORD 'mill';
CREATE ROLE "Mill Hand" LOGIN PASSWORD 'hand' IN ROLE mill_owner;
CREATE ROLE mill_reader;
