-- What an ordinary owner of a database makes: loaded by the tests as that owner, who is no superuser on either side.
-- The roles app (who runs this), app_ro and app_jobs exist; app is a member of app_jobs.
CREATE EXTENSION citext;
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
CREATE FUNCTION app.boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a trigger fired during the load'; END $$;
CREATE TABLE app.people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name citext UNIQUE, mood app.mood, age app.positive,
  doubled int GENERATED ALWAYS AS (age * 2) STORED);
CREATE TABLE app.visits (person int REFERENCES app.people, at timestamptz, note text) PARTITION BY RANGE (at);
CREATE TABLE app.visits_1 PARTITION OF app.visits FOR VALUES FROM ('2025-01-01') TO ('2025-07-01');
CREATE TABLE app.visits_2 PARTITION OF app.visits DEFAULT;
CREATE INDEX ON app.visits (at);
CREATE STATISTICS app.stat ON name, age FROM app.people;
INSERT INTO app.people (name, mood, age) SELECT 'p' || i, 'ok', i FROM generate_series(1, 1000) i;
INSERT INTO app.visits SELECT 1 + i % 1000, '2025-01-01'::timestamptz + i * interval '1 hour', 'n' || i FROM generate_series(1, 5000) i;
CREATE TRIGGER boom BEFORE INSERT ON app.people FOR EACH ROW EXECUTE FUNCTION app.boom();
CREATE VIEW app.adults AS SELECT * FROM app.people WHERE age >= 18;
CREATE MATERIALIZED VIEW app.per_person AS SELECT person, count(*) FROM app.visits GROUP BY person;
CREATE SEQUENCE app.counter;
SELECT nextval('app.counter');
ALTER TABLE app.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY adults ON app.people FOR SELECT TO app_ro USING (age >= 18);
CREATE PUBLICATION visits FOR TABLE app.visits;
SELECT lo_from_bytea(900, '\x0102');
GRANT SELECT ON LARGE OBJECT 900 TO app_ro;
COMMENT ON TABLE app.people IS 'who came';
GRANT USAGE ON SCHEMA app TO app_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO app_ro;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO app_ro;
GRANT CREATE, USAGE ON SCHEMA app TO app_jobs;
CREATE TABLE app.jobs (id int PRIMARY KEY, what text);
INSERT INTO app.jobs VALUES (1, 'one');
ALTER TABLE app.jobs OWNER TO app_jobs;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO app, public', current_database()); END $$;
