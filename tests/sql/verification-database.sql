-- What belongs to the database itself and is in no dump of its contents: settings, privileges, comment.
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET work_mem TO %L', current_database(), '16MB');
  EXECUTE format('ALTER ROLE alice IN DATABASE %I SET statement_timeout TO %L', current_database(), '5s');
  EXECUTE format('GRANT CREATE ON DATABASE %I TO owner', current_database());
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'a database');
END $$;
