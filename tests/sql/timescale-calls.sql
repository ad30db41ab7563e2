-- A procedure that commits and goes on, for the plant of timescale.sql: it writes once somebody holds the advisory lock 71, and ends with 72.
CREATE TABLE plant.counted (id int PRIMARY KEY, turn int);
INSERT INTO plant.counted SELECT i, 0 FROM generate_series(1, 3000) i;
CREATE PROCEDURE plant.count_on() LANGUAGE plpgsql AS $$
DECLARE
  told CONSTANT text := 'SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = ''advisory'' AND objid = %s AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database()))';
  yes bool := false;
BEGIN
  WHILE NOT yes LOOP
    PERFORM pg_sleep(0.02);
    COMMIT;
    EXECUTE format(told, 71) INTO yes;
  END LOOP;
  FOR i IN 1..6 LOOP
    UPDATE plant.counted SET turn = turn + 1 WHERE id % 6 = i % 6;
    INSERT INTO plant.power VALUES (timestamptz '2024-01-05' + i * interval '1 day', 3, i);
    COMMIT;
  END LOOP;
  yes := false;
  WHILE NOT yes LOOP
    PERFORM pg_sleep(0.02);
    COMMIT;
    EXECUTE format(told, 72) INTO yes;
  END LOOP;
END $$;
COMMENT ON PROCEDURE plant.count_on() IS 'writes when somebody holds the advisory lock 71, and ends when somebody holds 72';
