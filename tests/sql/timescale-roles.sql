-- Who owns what in timescale.sql: an application, an analyst with jobs of his own, and somebody who only reads.
CREATE ROLE plant_owner LOGIN PASSWORD 'plant';
CREATE ROLE "Ana Lyst" LOGIN PASSWORD 'lyst' IN ROLE plant_owner;
CREATE ROLE plant_reader LOGIN PASSWORD 'reader';
