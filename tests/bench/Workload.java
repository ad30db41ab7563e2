package bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A database to be moved, made by SQL whose sizes follow a scale. The values are the same in every run. */
public enum Workload {
    TIMESERIES("hypertable of %,d rows, 10 columns, 8 chunks, 2 indexes", 6_912_000, Kind.HYPERTABLE, 4,
            Scripts.READINGS, Scripts.READINGS_WRITTEN),
    COMPRESSED("hypertable of %,d rows, 7 of 8 chunks compressed, 2 indexes", 3_456_000,
            Kind.COMMUNITY, 1, Scripts.COMPRESSED_READINGS),
    OLTP("the tables of pgbench, scale %,d", 40,
            Kind.PLAIN, 2, Scripts.PGBENCH, Scripts.ACCOUNTS_WRITTEN),
    WIDE(
            "table of %,d rows with text, jsonb, bytea, arrays, numeric, 4 indexes", 300_000,
            Kind.PLAIN, 2,
            Scripts.DOCUMENTS),
    SMALLTABLES("%,d tables of 20 rows, 2 indexes each", 5_000,
            Kind.PLAIN, 5, Scripts.SMALL_TABLES),
    SOMECHUNKS(
            "hypertable of %,d chunks, 2 rows each, 2 indexes", 1_000,
            Kind.HYPERTABLE, 2, Scripts.CHUNKS),
    MANYCHUNKS(
            "hypertable of %,d chunks, 2 rows each, 2 indexes", 10_000,
            Kind.HYPERTABLE, 7, Scripts.CHUNKS);

    /** What a server has to offer. */
    enum Kind {
        PLAIN,
        HYPERTABLE,
        COMMUNITY
    }

    private final String contents;
    private final int size;
    private final Kind kind;
    private final int share;
    private final String script;
    private final Writes writes;

    Workload(String contents, int size, Kind kind, int share, String script) {
        this(contents, size, kind, share, script, null);
    }

    /**
     * @param contents what is in it, with a place for the size
     * @param size the number $N of the script at scale 1
     * @param share of the time of a run, compared with the others
     * @param writes null where nothing is tried with them
     */
    Workload(String contents, int size, Kind kind, int share, String script, Writes writes) {
        this.contents = contents;
        this.size = size;
        this.kind = kind;
        this.share = share;
        this.script = script;
        this.writes = writes;
    }

    /** What WORKLOADS selects. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean hypertables() {
        return kind != Kind.PLAIN;
    }

    /** Compression is in the community edition only. */
    boolean compressed() {
        return kind == Kind.COMMUNITY;
    }

    int share() {
        return share;
    }

    String contents(double scale) {
        return contents.formatted(scaled(scale));
    }

    /** What is written between the passes of one that has two. */
    Optional<Writes> writes() {
        return Optional.ofNullable(writes);
    }

    /** The statements that fill an empty database. */
    List<String> statements(double scale) {
        List<String> statements = new ArrayList<>(hypertables() ? List.of("CREATE EXTENSION timescaledb") : List.of());
        statements.addAll(scaled(script, scale));
        return statements;
    }

    /** The statements of a script. */
    List<String> scaled(String text, double scale) {
        return List.of(text.replace("$N", String.valueOf(scaled(scale))).split("\n(?! )"));
    }

    /** Its size at a scale. */
    int scaled(double scale) {
        return Math.max(1, (int) Math.round(size * scale));
    }

    /** @param names separated by commas */
    static List<Workload> select(String names) {
        return Arrays.stream(names.split(",")).map(Workload::of).toList();
    }

    private static Workload of(String name) {
        return Arrays.stream(values()).filter(workload -> workload.title().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no workload \"" + name + "\", only "
                        + String.join(", ", Arrays.stream(values()).map(Workload::title).toList())));
    }
}
