package faults;

import java.util.List;
import java.util.Random;

/** What is written to the plant, and done with its chunks, while nobody migrates it, or while somebody does. */
enum PlantWrite implements Write {
    /** Into chunks that are there, and into new ones. */
    INSERTS("plant.reading", "plant.power", "plant.counter", "plant.moved", "plant.empty", "plant.audit",
            "plant.reading_hourly", "plant.forgotten") {
        @Override
        public List<String> statements(Random random) {
            int day = 1 + random.nextInt(27);
            String more = "generate_series(1, " + (1 + random.nextInt(300)) + ") i";
            return Write.some(random,
                    "INSERT INTO plant.reading (time, device, value) SELECT '2024-01-%02d'::timestamptz + i * interval "
                            .formatted(day) + "'7 min', 1 + i % 8, i FROM " + more,
                    "INSERT INTO plant.power SELECT '2024-01-%02d'::timestamptz + i * interval '11 min', i %% 7, i "
                            .formatted(day) + "FROM " + more,
                    "INSERT INTO plant.counter SELECT (SELECT max(tick) FROM plant.counter) + i, 'm' || i % 3, i FROM "
                            + more,
                    "INSERT INTO plant.moved SELECT '2024-03-%02d'::timestamptz + i * interval '1 h', '2024-03-01', "
                            .formatted(day) + "'item ' || i % 17, ROW('hall', i)::plant.place, 'poor', NULL, i FROM "
                            + more,
                    "INSERT INTO plant.empty SELECT (SELECT coalesce(max(time), '2024-01-01') FROM plant.empty) + i * "
                            + "interval '1 h', i FROM " + more,
                    "INSERT INTO plant.forgotten SELECT '2023-06-%02d'::timestamptz + i * interval '1 min', i FROM "
                            .formatted(day) + more,
                    "INSERT INTO plant.audit (what) SELECT 'more ' || i FROM " + more);
        }
    },
    /** In compressed chunks, too. */
    UPDATES("plant.reading", "plant.power", "plant.device", "plant.counter", "plant.reading_hourly") {
        @Override
        public List<String> statements(Random random) {
            int day = 1 + random.nextInt(9);
            return Write.some(random,
                    "UPDATE plant.reading SET value = value + 1 WHERE time < '2024-01-%02d' AND device = 3"
                            .formatted(day),
                    "UPDATE plant.power SET watts = -watts WHERE meter = 2 AND time < '2024-01-%02d 02:00'"
                            .formatted(day),
                    "UPDATE plant.device SET name = name || '.' WHERE id = " + (1 + day % 8),
                    "UPDATE plant.counter SET hits = hits + 1 WHERE tick % 101 = " + day);
        }
    },
    DELETES("plant.reading", "plant.power", "plant.counter", "plant.moved", "plant.reading_hourly") {
        @Override
        public List<String> statements(Random random) {
            int day = 1 + random.nextInt(9);
            return Write.some(random,
                    "DELETE FROM plant.reading WHERE time >= '2024-01-%02d' AND device = 5".formatted(day),
                    "DELETE FROM plant.power WHERE meter = 4 AND time < '2024-01-%02d'".formatted(day),
                    "DELETE FROM plant.counter WHERE tick < " + (day * 100 - 400),
                    "DELETE FROM plant.moved WHERE item = 'item " + day + "'");
        }
    },
    COMPRESSIONS("plant.power", "plant.counter", "plant.power_daily") {
        @Override
        public List<String> statements(Random random) {
            int from = random.nextInt(9);
            return Write.some(random, chunks("compress_chunk(c, true)", "plant.power", from),
                    chunks("decompress_chunk(c, true)", "plant.power", from),
                    chunks("compress_chunk(c, true)", "plant.counter", from % 6),
                    chunks("decompress_chunk(c, true)", "plant.counter", from % 6),
                    chunks("compress_chunk(c, true)", "plant.power_daily", 0));
        }
    },
    DROPS("plant.power", "plant.counter", "plant.reading", "plant.forgotten", "plant.reading_hourly") {
        @Override
        public List<String> statements(Random random) {
            int day = 1 + random.nextInt(6);
            return Write.some(random, "SELECT drop_chunks('plant.counter', older_than => " + day * 500 + ")",
                    "SELECT drop_chunks('plant.power', older_than => '2024-01-%02d'::timestamptz)".formatted(day),
                    "SELECT drop_chunks('plant.reading', older_than => '2024-01-%02d'::timestamptz)".formatted(day),
                    "SELECT drop_chunks('plant.forgotten', older_than => '2023-06-10'::timestamptz)");
        }
    },
    REFRESHES("plant.reading_hourly", "plant.reading_daily", "plant.power_daily", "plant.forgotten_daily") {
        @Override
        public List<String> statements(Random random) {
            int day = 2 + random.nextInt(9);
            return Write.some(random,
                    "CALL refresh_continuous_aggregate('plant.reading_hourly', '2024-01-01', '2024-01-%02d')"
                            .formatted(day),
                    "CALL refresh_continuous_aggregate('plant.reading_daily', NULL, NULL)",
                    "CALL refresh_continuous_aggregate('plant.power_daily', '2024-01-01', '2024-01-%02d')"
                            .formatted(day),
                    "CALL refresh_continuous_aggregate('plant.forgotten_daily', '2023-06-08', '2023-06-20')");
        }
    },
    TRUNCATES("plant.\"Odd \"\"Näme\"", "plant.audit", "plant.moved", "plant.empty") {
        @Override
        public List<String> statements(Random random) {
            return Write.some(random, "TRUNCATE plant.\"Odd \"\"Näme\"", "TRUNCATE plant.audit",
                    "TRUNCATE plant.moved", "TRUNCATE plant.empty");
        }
    },
    /** What the counters of tables never see. */
    UNCOUNTED("plant.reading", "plant.power", "plant.audit", "plant.reading_hourly") {
        @Override
        public List<String> statements(Random random) {
            int hour = random.nextInt(24);
            return List.of("SET track_counts = off", Write.some(random,
                    "UPDATE plant.reading SET note = 'unseen' WHERE time = '2024-01-03 %02d:00'".formatted(hour),
                    "UPDATE plant.power SET watts = 1 WHERE time = '2024-01-08 %02d:05'".formatted(hour),
                    "INSERT INTO plant.audit (what) VALUES ('unseen')").get(0), "RESET track_counts");
        }
    },
    JOBS {
        @Override
        public List<String> statements(Random random) {
            int hours = 1 + random.nextInt(90);
            // With another schedule alone it would be due at once.
            return Write.some(random,
                    "SELECT alter_job(1001, schedule_interval => interval '" + hours
                            + " h', next_start => '2100-01-01')",
                    "SELECT alter_job(1000, next_start => '2101-01-01'::timestamptz + interval '" + hours + " h')",
                    "SELECT alter_job(1009, config => '{\"who\": " + hours + "}')");
        }
    };

    private final List<String> tables;

    PlantWrite(String... tables) {
        this.tables = List.of(tables);
    }

    private static String chunks(String function, String table, int from) {
        return "SELECT count(" + function + ") FROM (SELECT c FROM show_chunks('" + table + "') c ORDER BY c::text "
                + "OFFSET " + from + " LIMIT 3) s";
    }

    @Override
    public List<String> tables() {
        return tables;
    }
}
