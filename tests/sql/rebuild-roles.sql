-- Who owns what in rebuild.sql: an application, an analyst with an aggregate and a job, and somebody who only reads.
CREATE ROLE maker LOGIN PASSWORD 'maker';
CREATE ROLE "Lead Analyst" LOGIN PASSWORD 'lead';
CREATE ROLE viewer LOGIN PASSWORD 'viewer';
