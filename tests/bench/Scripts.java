package bench;

/** The statements that fill the workloads' databases; $N is the size, and a statement's later lines are indented. */
final class Scripts {
    static final String READINGS = """
            CREATE TABLE reading (at timestamptz NOT NULL, device int NOT NULL, a float8, b float8, c float8, d float8,
              e float8, f float8, g float8, h float8)
            SELECT create_hypertable('reading', 'at', chunk_time_interval => interval '1 day',
              create_default_indexes => false)
            INSERT INTO reading SELECT timestamptz '2024-01-01 00:00:00Z' + i * (interval '8 days' / $N), i % 100,
              sin(i) * 100, cos(i) * 100, sin(i / 7.0),
              sqrt(i), round((sin(i / 3600.0) * 100)::numeric, 2), round((cos(i / 3600.0) * 20)::numeric, 1), i % 1000,
                nullif(i % 10, 0)
              FROM generate_series(0, $N - 1) i
            CREATE INDEX reading_at ON reading (at DESC)
            CREATE INDEX reading_device ON reading (device, at DESC)
            """;

    /** A hundredth of a day's readings come again, from one more device, and as many of others are changed. */
    static final Writes READINGS_WRITTEN = new Writes("1 % of the rows of one chunk were changed, as many added", """
            INSERT INTO reading SELECT timestamptz '2024-01-08 00:00:00Z' + i * (interval '8 days' / $N), 100,
              sin(i), cos(i), NULL, i, 0, 0, i % 1000, NULL
              FROM generate_series(1, $N / 800 + 1) i
            UPDATE reading SET g = g + 1 WHERE at >= '2024-01-08 12:00:00Z' AND at < '2024-01-08 12:14:24Z'
            """, """
            DELETE FROM reading WHERE device = 100 AND at >= '2024-01-08 00:00:00Z'
            UPDATE reading SET g = g - 1 WHERE at >= '2024-01-08 12:00:00Z' AND at < '2024-01-08 12:14:24Z'
            VACUUM reading
            """);

    static final String COMPRESSED_READINGS = READINGS + """
            ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'device',
              timescaledb.compress_orderby = 'at')
            SELECT count(compress_chunk(c)) FROM show_chunks('reading', older_than => timestamptz
              '2024-01-08 00:00:00Z') c
            """;

    static final String CHUNKS = """
            CREATE TABLE long (at int NOT NULL, device int, value float8)
            SELECT create_hypertable('long', 'at', chunk_time_interval => 10)
            CREATE INDEX long_device ON long (device, at)
            INSERT INTO long SELECT i * 5, i % 7, i / 3.0 FROM generate_series(0, $N * 2 - 1) i
            """;

    static final String PGBENCH = """
            CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88)) WITH (fillfactor = 100)
            CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int REFERENCES pgbench_branches, tbalance int,
              filler char(84)) WITH (fillfactor = 100)
            CREATE TABLE pgbench_accounts (aid int, bid int, abalance int, filler char(84)) WITH (fillfactor = 100)
            CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))
            INSERT INTO pgbench_branches SELECT i, 0, '' FROM generate_series(1, $N) i
            INSERT INTO pgbench_tellers SELECT i, (i - 1) / 10 + 1, 0, '' FROM generate_series(1, $N * 10) i
            INSERT INTO pgbench_accounts SELECT i, (i - 1) / 100000 + 1, 0, '' FROM generate_series(1, $N * 100000) i
            INSERT INTO pgbench_history SELECT i % ($N * 10) + 1, i % $N + 1, i % ($N * 100000) + 1, i % 9999,
              timestamp '2024-01-01' + i * interval '1 s', ''
              FROM generate_series(1, $N * 1000) i
            ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid)
            ALTER TABLE pgbench_accounts ADD FOREIGN KEY (bid) REFERENCES pgbench_branches
            """;

    /** A hundredth of the accounts, side by side. */
    static final Writes ACCOUNTS_WRITTEN = new Writes("1 % of pgbench_accounts, in one range of its key, was updated",
            """
            UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid > $N * 50000 AND aid <= $N * 51000
            """, """
            UPDATE pgbench_accounts SET abalance = abalance - 1 WHERE aid > $N * 50000 AND aid <= $N * 51000
            VACUUM pgbench_accounts
            """);

    static final String DOCUMENTS = """
            CREATE TABLE document (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL, body text,
              meta jsonb, scan bytea, tags text[],
              price numeric(14, 4), weights numeric[], seen timestamptz[], token uuid)
            INSERT INTO document (title, body, meta, scan, tags, price, weights, seen, token)
              SELECT 'Document ' || i, repeat(md5(i::text), CASE WHEN i % 50 = 0 THEN 300 ELSE 1 + i % 16 END),
              jsonb_build_object('author', 'author ' || i % 997, 'pages', i % 300, 'rate', i / 7.0,
                'keywords', jsonb_build_array(md5((i % 31)::text), i % 17, i % 2 = 0)),
              sha512(i::text::bytea) || sha512((i + 1)::text::bytea) || sha512((i + 2)::text::bytea),
                ARRAY['tag ' || i % 13, 'tag ' || i % 101, NULL],
              (i % 100000) / 8.0, ARRAY[i / 3.0, i / 9.0, 0.5], ARRAY[timestamptz '2024-01-01 00:00:00Z' + i * interval
                '1 min'], md5(i::text)::uuid
              FROM generate_series(1, $N) i
            CREATE INDEX document_title ON document (title)
            CREATE INDEX document_tags ON document USING gin (tags)
            CREATE UNIQUE INDEX document_token ON document (token)
            """;

    static final String SMALL_TABLES = """
            DO $do$ BEGIN FOR t IN 1..$N LOOP
                EXECUTE format('CREATE TABLE small_%s (id int PRIMARY KEY, name text NOT NULL, at timestamptz)', t);
                EXECUTE format('INSERT INTO small_%1$s SELECT i, ''name '' || i * %1$s, timestamptz ''2024-01-01Z'' + \
            i * interval ''1 h''
                  FROM generate_series(1, 20) i', t);
                EXECUTE format('CREATE INDEX small_%1$s_at ON small_%1$s (at)', t);
              END LOOP; END $do$
            """;

    private Scripts() {
    }
}
