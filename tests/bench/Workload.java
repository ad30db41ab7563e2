package bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A database to be moved, made by SQL whose sizes follow a scale. The values are the same in every run. */
enum Workload {
    TIMESERIES("hypertable of %,d rows, 10 columns, 8 chunks, 2 indexes", 6_912_000, Kind.HYPERTABLE, 4, """
            CREATE TABLE reading (at timestamptz NOT NULL, device int NOT NULL, a float8, b float8, c float8, d float8, e float8, f float8, g float8, h float8)
            SELECT create_hypertable('reading', 'at', chunk_time_interval => interval '1 day', create_default_indexes => false)
            INSERT INTO reading SELECT timestamptz '2024-01-01 00:00:00Z' + i * (interval '8 days' / $N), i % 100, sin(i) * 100, cos(i) * 100, sin(i / 7.0),
              sqrt(i), round((sin(i / 3600.0) * 100)::numeric, 2), round((cos(i / 3600.0) * 20)::numeric, 1), i % 1000, nullif(i % 10, 0)
              FROM generate_series(0, $N - 1) i
            CREATE INDEX reading_at ON reading (at DESC)
            CREATE INDEX reading_device ON reading (device, at DESC)
            """),
    OLTP("tables of pgbench, scale %,d", 40, Kind.PLAIN, 1, """
            CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88)) WITH (fillfactor = 100)
            CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int REFERENCES pgbench_branches, tbalance int, filler char(84)) WITH (fillfactor = 100)
            CREATE TABLE pgbench_accounts (aid int, bid int, abalance int, filler char(84)) WITH (fillfactor = 100)
            CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))
            INSERT INTO pgbench_branches SELECT i, 0, '' FROM generate_series(1, $N) i
            INSERT INTO pgbench_tellers SELECT i, (i - 1) / 10 + 1, 0, '' FROM generate_series(1, $N * 10) i
            INSERT INTO pgbench_accounts SELECT i, (i - 1) / 100000 + 1, 0, '' FROM generate_series(1, $N * 100000) i
            INSERT INTO pgbench_history SELECT i % ($N * 10) + 1, i % $N + 1, i % ($N * 100000) + 1, i % 9999, timestamp '2024-01-01' + i * interval '1 s', ''
              FROM generate_series(1, $N * 1000) i
            ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid)
            ALTER TABLE pgbench_accounts ADD FOREIGN KEY (bid) REFERENCES pgbench_branches
            """);

    /** What a server has to offer. */
    enum Kind {
        PLAIN, HYPERTABLE
    }

    private final String contents;
    private final int size;
    private final Kind kind;
    private final int share;
    private final String script;

    /**
     * @param contents what is in it, with a place for the size
     * @param size the number $N of the script at scale 1
     * @param share of the time of a run, compared with the others
     * @param script statements; each begins in the first column
     */
    Workload(String contents, int size, Kind kind, int share, String script) {
        this.contents = contents;
        this.size = size;
        this.kind = kind;
        this.share = share;
        this.script = script;
    }

    String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean hypertables() {
        return kind != Kind.PLAIN;
    }

    int share() {
        return share;
    }

    String contents(double scale) {
        return contents.formatted(scaled(scale));
    }

    /** The statements that fill an empty database. */
    List<String> statements(double scale) {
        List<String> statements = new ArrayList<>(hypertables() ? List.of("CREATE EXTENSION timescaledb") : List.of());
        Stream.of(script.replace("$N", String.valueOf(scaled(scale))).split("\n(?! )")).forEach(statements::add);
        return statements;
    }

    private int scaled(double scale) {
        return Math.max(1, (int) Math.round(size * scale));
    }

    static Workload of(String name) {
        return Arrays.stream(values()).filter(workload -> workload.title().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no workload \"" + name + "\", only "
                        + String.join(", ", Arrays.stream(values()).map(Workload::title).toList())));
    }
}
