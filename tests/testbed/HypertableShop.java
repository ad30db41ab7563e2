package testbed;

import java.util.List;

/**
 * A shop in plain PostgreSQL whose large tables are series of times: orders, events of 50 columns with an ordinary
 * primary key and two foreign keys, their partitioned sibling, and what sensors have measured.
 */
public final class HypertableShop {
    /** What can become a hypertable, each with its time column. */
    public static final List<String> TABLES = List.of("shop.events", "shop.events_archive", "shop.orders", "shop.ticks",
            "sensors.readings");

    /** Of the 50 columns of an event; six stand in its definition. */
    private static final String MORE_COLUMNS = """
            DO $$ BEGIN
              FOR i IN 1..44 LOOP
                EXECUTE format('ALTER TABLE shop.events ADD COLUMN %I ' || CASE i % 4 WHEN 0 THEN 'text'
                  WHEN 1 THEN 'integer DEFAULT ' || i WHEN 2 THEN 'numeric(12,2)' ELSE 'boolean DEFAULT true' END,
                  'attribute ' || i);
              END LOOP;
            END $$""";

    private HypertableShop() {
    }

    /**
     * Makes it in a new database, with statistics.
     *
     * @param rows of events and of readings, over 90 days; the other tables have fewer
     * @return the database's name
     */
    public static String make(PgServer server, int rows) {
        String database = server.newDatabase();
        server.sql(database, "CREATE SCHEMA shop", "CREATE SCHEMA sensors",
                "CREATE TABLE shop.customers (id bigint PRIMARY KEY, name text NOT NULL)",
                "CREATE TABLE shop.products (id bigint PRIMARY KEY, price numeric(10,2) NOT NULL)",
                """
                CREATE TABLE shop.orders (id bigserial PRIMARY KEY, number text NOT NULL, customer_id bigint NOT NULL
                  REFERENCES shop.customers, ordered_at timestamptz NOT NULL, total numeric(12,2) CHECK (total >= 0),
                  CONSTRAINT orders_number_key UNIQUE (number))""",
                "CREATE INDEX orders_customer ON shop.orders (customer_id, ordered_at DESC)",
                """
                CREATE TABLE shop.order_items (order_id bigint NOT NULL REFERENCES shop.orders, product_id bigint
                  REFERENCES shop.products, quantity int)""",
                """
                CREATE TABLE shop.events (id bigint GENERATED ALWAYS AS IDENTITY, created_at timestamptz NOT NULL,
                  customer_id bigint, product_id bigint, kind text NOT NULL, payload jsonb, PRIMARY KEY (id))""",
                MORE_COLUMNS,
                """
                CREATE TABLE shop.events_archive (LIKE shop.events INCLUDING DEFAULTS, PRIMARY KEY (id, created_at))
                  PARTITION BY RANGE (created_at)""",
                "CREATE INDEX archive_kind ON shop.events_archive (kind, created_at DESC)",
                "CREATE TABLE sensors.sensor (id int PRIMARY KEY, place text)",
                """
                CREATE TABLE sensors.readings ("time" timestamptz NOT NULL, sensor_id int NOT NULL REFERENCES
                  sensors.sensor, value double precision, ok boolean)""",
                "CREATE INDEX readings_sensor ON sensors.readings (sensor_id, \"time\" DESC)",
                "CREATE TABLE shop.ticks (tick bigint NOT NULL, price int, PRIMARY KEY (tick))",
                """
                CREATE FUNCTION shop.now_tick() RETURNS bigint LANGUAGE sql STABLE AS
                  'SELECT coalesce(max(tick), 0) FROM shop.ticks'""");
        for (int month = 7; month <= 9; month++) {
            server.sql(database, """
                    CREATE TABLE shop.events_%1$d PARTITION OF shop.events_archive
                      FOR VALUES FROM ('2023-%1$02d-01') TO ('2023-%2$02d-01')""".formatted(month, month + 1));
        }
        fill(server, database, rows);
        return database;
    }

    private static void fill(PgServer server, String database, int rows) {
        server.sql(database,
                "INSERT INTO shop.customers SELECT i, 'customer ' || i FROM generate_series(1, 200) i",
                "INSERT INTO shop.products SELECT i, i FROM generate_series(1, 20) i",
                """
                INSERT INTO shop.orders (number, customer_id, ordered_at, total)
                  SELECT 'A-' || i, 1 + i %% 200, timestamptz '2024-01-01 UTC' + i * interval '90 days' / %1$d, i
                  FROM generate_series(1, %1$d) i""".formatted(Math.max(1, rows / 4)),
                "INSERT INTO shop.order_items SELECT id, 1 + id % 20, 1 FROM shop.orders",
                """
                INSERT INTO shop.events (created_at, customer_id, product_id, kind, payload)
                  SELECT timestamptz '2024-01-01 UTC' + i * interval '90 days' / %1$d, 1 + i %% 200, 1 + i %% 20,
                    (ARRAY['view', 'cart', 'buy'])[1 + i %% 3], jsonb_build_object('n', i)
                  FROM generate_series(1, %1$d) i""".formatted(rows),
                """
                ALTER TABLE shop.events
                  ADD CONSTRAINT events_customer FOREIGN KEY (customer_id) REFERENCES shop.customers,
                  ADD CONSTRAINT events_product FOREIGN KEY (product_id) REFERENCES shop.products""",
                """
                INSERT INTO shop.events_archive (id, created_at, customer_id, kind)
                  SELECT i, timestamptz '2023-07-01 UTC' + i * interval '90 days' / %1$d, 1 + i %% 200, 'old'
                  FROM generate_series(1, %1$d) i""".formatted(Math.max(1, rows / 2)),
                "INSERT INTO sensors.sensor SELECT i, 'place ' || i FROM generate_series(1, 40) i",
                """
                INSERT INTO sensors.readings
                  SELECT timestamptz '2024-01-01 UTC' + i * interval '90 days' / %1$d, 1 + i %% 40, i %% 1000 / 7.0,
                    i %% 10 <> 0
                  FROM generate_series(1, %1$d) i""".formatted(rows),
                "INSERT INTO shop.ticks SELECT 10 * i, i %% 500 FROM generate_series(1, %d) i"
                        .formatted(Math.max(1, rows / 2)),
                "ANALYZE");
    }
}
