package faults;

import java.util.List;
import java.util.Random;

/** What is written to the depot while nobody migrates it, or while somebody does. */
enum DepotWrite implements Write {
    INSERTS("depot.reading", "depot.line", "depot.customer", "depot.audit", "depot.parcel", "depot.document") {
        @Override
        public List<String> statements(Random random) {
            int rows = 1 + random.nextInt(400);
            String more = "generate_series(1, " + rows + ") i";
            return some(random,
                    "INSERT INTO depot.reading SELECT (SELECT max(id) FROM depot.reading) + i, i % 97, "
                            + "timestamptz '2026-01-01 UTC', i, 'more ' || i FROM " + more,
                    "INSERT INTO depot.line SELECT timestamp '2026-01-01', 'more' FROM " + more,
                    "INSERT INTO depot.customer (name) SELECT 'More " + random.nextInt() + " ' || i FROM " + more,
                    "INSERT INTO depot.parcel (customer, weight) SELECT 1 + i % 20000, i FROM " + more,
                    "INSERT INTO depot.document SELECT (SELECT max(id) FROM depot.document) + i, repeat(md5(i::text), "
                            + "2000), NULL, NULL FROM generate_series(1, " + (1 + rows / 100) + ") i");
        }
    },
    /** New versions of rows go where there is room: to other pages, in ranges that other parts have read. */
    UPDATES("depot.reading", "depot.customer", "depot.audit", "depot.parcel", "depot.document", "depot.secret") {
        @Override
        public List<String> statements(Random random) {
            int from = random.nextInt(790000);
            return some(random,
                    "UPDATE depot.reading SET note = 'moved ' || id WHERE id BETWEEN %d AND %d".formatted(from,
                            from + random.nextInt(8000)),
                    "UPDATE depot.reading SET value = value + 1 WHERE id = " + from,
                    "UPDATE depot.reading SET note = left(note, 20) WHERE id % 9973 = " + from % 9973,
                    "UPDATE depot.customer SET name = name || ' jun.' WHERE id % 701 = " + from % 701,
                    "UPDATE depot.parcel SET weight = weight + 1 WHERE id < " + from % 3000,
                    "UPDATE depot.document SET body = body || 'more' WHERE id % 40 = " + from % 40,
                    "UPDATE depot.secret SET said = 'changed' WHERE id = " + (1 + from % 2000));
        }
    },
    DELETES("depot.reading", "depot.line", "depot.content", "depot.booking", "depot.truck", "depot.no_columns") {
        @Override
        public List<String> statements(Random random) {
            int from = random.nextInt(790000);
            List<String> deleted = some(random,
                    "DELETE FROM depot.reading WHERE id BETWEEN %d AND %d".formatted(from,
                            from + random.nextInt(30000)),
                    "DELETE FROM depot.line WHERE said = 'line '", "DELETE FROM depot.content WHERE article = 7",
                    "DELETE FROM depot.booking WHERE bay = 2", "DELETE FROM depot.truck WHERE load < 90",
                    "DELETE FROM depot.no_columns");
            // What comes next then fills the room that this makes.
            return random.nextBoolean() ? deleted : List.of(deleted.get(0), "VACUUM depot.reading");
        }
    },
    /** As many rows as before, and what counts rows sees nothing. */
    SWAPS("depot.line", "depot.counted", "depot.hashed_0", "depot.hashed_1", "depot.hashed_2") {
        @Override
        public List<String> statements(Random random) {
            int id = 1 + random.nextInt(2900);
            return some(random,
                    "WITH gone AS (DELETE FROM depot.line WHERE ctid = '(0,1)' RETURNING at) INSERT INTO depot.line "
                            + "SELECT at, 'swapped' FROM gone",
                    "UPDATE depot.counted SET turn = id - turn WHERE id = " + id,
                    "UPDATE depot.hashed SET id = id + 100000 WHERE id BETWEEN " + id + " AND " + (id + 50));
        }
    },
    TRUNCATES("depot.line", "depot.document", "depot.unlogged", "depot.vehicle", "depot.truck", "lookup.words_3",
            "depot.ruled", "depot.ruled_too", "depot.nothing") {
        @Override
        public List<String> statements(Random random) {
            return some(random, "TRUNCATE depot.line", "TRUNCATE depot.document", "TRUNCATE depot.unlogged",
                    "TRUNCATE depot.vehicle",
                    "BEGIN; TRUNCATE lookup.words_3 RESTART IDENTITY; INSERT INTO lookup.words_3 (word) VALUES ('new');"
                            + " COMMIT",
                    "BEGIN; TRUNCATE depot.ruled; INSERT INTO depot.ruled VALUES (1, 'only'); COMMIT",
                    "TRUNCATE depot.nothing");
        }
    },
    /** Rows go from one partition to another. */
    PARTITIONS("depot.event_1", "depot.event_2a", "depot.event_2z", "depot.event_rest") {
        @Override
        public List<String> statements(Random random) {
            return some(random,
                    "UPDATE depot.event SET at = at + 130 WHERE id % 50 = " + random.nextInt(50),
                    "INSERT INTO depot.event SELECT %d + i, date '2030-01-01' + i, 'z' FROM generate_series(1, 90) i"
                            .formatted(100000 + random.nextInt(1 << 30)),
                    "DELETE FROM depot.event WHERE kind = 'c'");
        }
    },
    /** GRANT fires the event trigger, which writes. */
    LARGE_OBJECTS("depot.ddl") {
        @Override
        public List<String> statements(Random random) {
            int object = 4005 + random.nextInt(20);
            String one = " FROM pg_largeobject_metadata WHERE oid = " + object;
            return some(random, "SELECT lo_put(oid, " + random.nextInt(3000) + ", 'changed')" + one,
                    "SELECT lo_unlink(oid)" + one,
                    "SELECT lo_from_bytea(" + (4200 + random.nextInt(100000)) + ", 'made')",
                    "GRANT SELECT ON LARGE OBJECT 4001 TO depot_clerk");
        }
    },
    /** Everything is elsewhere, and nothing has changed. */
    REWRITES("depot.reading", "depot.customer", "depot.line", "depot.parcel") {
        @Override
        public List<String> statements(Random random) {
            return some(random, "VACUUM FULL depot.reading", "CLUSTER depot.customer USING customer_folded",
                    "VACUUM FULL depot.line", "VACUUM (FULL, ANALYZE) depot.parcel");
        }
    },
    /** What the counters of tables never see. */
    UNCOUNTED("depot.counted", "depot.reading", "depot.line", "depot.egg") {
        @Override
        public List<String> statements(Random random) {
            int id = random.nextInt(790000);
            return List.of("SET track_counts = off", some(random,
                    "UPDATE depot.counted SET turn = turn - 1 WHERE id % 7 = 3",
                    "UPDATE depot.reading SET note = 'unseen' WHERE id BETWEEN %d AND %d".formatted(id, id + 20),
                    "DELETE FROM depot.line WHERE at = timestamp '2024-01-01 00:00:03'",
                    "UPDATE depot.egg SET chicken = 7 WHERE id = 9").get(0), "RESET track_counts");
        }
    },
    SEQUENCES("lookup.words_5") {
        @Override
        public List<String> statements(Random random) {
            return some(random, "SELECT nextval('depot.ticket')", "SELECT nextval('depot.turn')",
                    "SELECT setval('depot.parcel_id_seq', 777777)",
                    "INSERT INTO lookup.words_5 (word) VALUES ('more " + random.nextInt() + "')");
        }
    },
    RESET_STATISTICS {
        @Override
        public List<String> statements(Random random) {
            return List.of("SELECT pg_stat_reset()");
        }
    };

    private final List<String> tables;

    DepotWrite(String... tables) {
        this.tables = List.of(tables);
    }

    @Override
    public List<String> tables() {
        return tables;
    }

    private static List<String> some(Random random, String... statements) {
        return Write.some(random, statements);
    }
}
