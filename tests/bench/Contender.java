package bench;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A way to move a database, as bash runs it with SOURCE, TARGET, DIR (an empty folder) and REPOSITORY set. The target
 * is an empty database, where a hypertable is to come with the extension in it.
 *
 * @param name what CONTENDERS selects
 * @param title what tables and charts show
 * @param before the script of a first pass, after which the application writes; its time is none of the downtime, and
 * does not count; empty for most
 * @param plain the script for PostgreSQL
 * @param hypertables the script for TimescaleDB
 */
public record Contender(String name, String title, String before, String plain, String hypertables) {
    /**
     * The commands of Timescale's manual, but for the roles, of which there are none, and for the schema of the two
     * functions, without which psql does not find the second one: the dump has emptied the search path by then.
     */
    private static final Contender RECIPE = new Contender("recipe", "documented recipe", """
            pg_dump -d "$SOURCE" --format=plain --quote-all-identifiers --no-tablespaces --no-owner --no-privileges \
            --file="$DIR/dump.sql"
            psql -X -q -d "$TARGET" -v ON_ERROR_STOP=1 --echo-errors -f "$DIR/dump.sql"
            psql -X -q -d "$TARGET" -c ANALYZE
            """, """
            pg_dump -d "$SOURCE" --format=plain --quote-all-identifiers --no-tablespaces --no-owner --no-privileges \
            --file="$DIR/dump.sql"
            psql -X -q -d "$TARGET" -v ON_ERROR_STOP=1 --echo-errors -c "SELECT public.timescaledb_pre_restore();" \\
              -f "$DIR/dump.sql" -c "SELECT public.timescaledb_post_restore();"
            psql -X -q -d "$TARGET" -c ANALYZE
            """);

    private static final Contender PIPE = new Contender("pipe", "pg_dump | psql", """
            pg_dump -d "$SOURCE" | psql -X -q -d "$TARGET" -v ON_ERROR_STOP=1
            psql -X -q -d "$TARGET" -c ANALYZE
            """, """
            psql -X -q -d "$TARGET" -c "SELECT timescaledb_pre_restore()"
            pg_dump -d "$SOURCE" | psql -X -q -d "$TARGET" -v ON_ERROR_STOP=1
            psql -X -q -d "$TARGET" -c "SELECT timescaledb_post_restore()" -c ANALYZE
            """);

    /**
     * Not compressed, which is faster here; the catalog of TimescaleDB has to be there before the chunks' rows, and one
     * table at a time.
     */
    private static final Contender DIRECTORY = new Contender("directory", "pg_dump -Fd, pg_restore", """
            pg_dump -d "$SOURCE" -Fd -Z 0 -j 4 -f "$DIR/dump"
            pg_restore -d "$TARGET" -e -j 4 "$DIR/dump"
            vacuumdb -q -d "$TARGET" --analyze-only -j 4
            """, """
            pg_dump -d "$SOURCE" -Fd -Z 0 -j 4 -f "$DIR/dump"
            psql -X -q -d "$TARGET" -c "SELECT timescaledb_pre_restore()"
            pg_restore -d "$TARGET" -e --section=pre-data "$DIR/dump"
            pg_restore -d "$TARGET" -e --section=data -n _timescaledb_catalog -n _timescaledb_config "$DIR/dump"
            pg_restore -d "$TARGET" -e --section=data -N _timescaledb_catalog -N _timescaledb_config -j 4 "$DIR/dump"
            pg_restore -d "$TARGET" -e --section=post-data -j 4 "$DIR/dump"
            psql -X -q -d "$TARGET" -c "SELECT timescaledb_post_restore()"
            vacuumdb -q -d "$TARGET" --analyze-only -j 4
            """);

    /** Not for comparison: what the servers have to do in any case, one COPY after the other. */
    static final Contender FLOOR = new Contender("floor", "floor", "", """
            psql -X -q -d "$TARGET" -c "SELECT timescaledb_pre_restore()"
            pg_dump -d "$SOURCE" -Fc --exclude-table-data='_timescaledb_internal._hyper*' -f "$DIR/dump"
            pg_restore -d "$TARGET" -e --section=pre-data --section=data "$DIR/dump"
            psql -X -A -t -d "$SOURCE" -c "SELECT format('%I.%I', schema_name, table_name) FROM \
            _timescaledb_catalog.chunk" | while read -r chunk; do
              psql -X -q -d "$SOURCE" -c "COPY $chunk TO STDOUT (FORMAT binary)" </dev/null | psql -X -q -d "$TARGET" \
            -v ON_ERROR_STOP=1 -c BEGIN \\
                -c "TRUNCATE ONLY $chunk" -c "COPY $chunk FROM STDIN (FORMAT binary, FREEZE)" -c COMMIT
            done
            pg_restore -d "$TARGET" -e --section=post-data "$DIR/dump"
            psql -X -q -d "$TARGET" -c "SELECT timescaledb_post_restore()" -c ANALYZE
            """);

    /** The last pass alone is its time. */
    private static final Contender PREPARED =
            migrate("migrate-prepared", "migrate, prepared", "--resume --verify none").after(migration("--prepare"));

    /** Where there are no hypertables, it is the same. */
    private static final Contender REBUILT =
            migrate("migrate-rebuild", "migrate, rebuilt", "--rebuild --verify none");

    private static final List<Contender> ALL =
            List.of(migrate("migrate", "migrate", "--verify none"), PREPARED, REBUILT,
                    migrate("migrate-verify", "migrate, verified", ""), RECIPE, DIRECTORY, PIPE, pgcopydb(2),
                    pgcopydb(4));

    /** One without a first pass. */
    Contender(String name, String title, String plain, String hypertables) {
        this(name, title, "", plain, hypertables);
    }

    /** This one, with a first pass. */
    Contender after(String first) {
        return new Contender(name, title, first, plain, hypertables);
    }

    /** The ones that this name means: the one of that name, else all whose names go on after it. */
    static List<Contender> of(String name) {
        Optional<Contender> exact = ALL.stream().filter(contender -> contender.name.equals(name)).findFirst();
        List<Contender> found = exact.map(List::of)
                .orElse(ALL.stream().filter(contender -> contender.name.startsWith(name + "-")).toList());
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no contender \"" + name + "\", only "
                    + String.join(", ", ALL.stream().map(Contender::name).toList()));
        }
        return found;
    }

    /** @param names separated by commas; an empty text means all */
    public static List<Contender> select(String names) {
        return names.isEmpty() ? ALL
                : Arrays.stream(names.split(",")).flatMap(name -> of(name).stream()).distinct().toList();
    }

    String script(Workload workload) {
        return workload.hypertables() ? hypertables : plain;
    }

    /** Whether only its last pass counts. */
    boolean isPrepared() {
        return !before.isEmpty();
    }

    /** Whether it can show something there: a last pass, that it brings what was written since the first. */
    boolean moves(Workload workload) {
        return (!isPrepared() || workload.writes().isPresent()) && (this != REBUILT || workload.hypertables());
    }

    boolean isOurs() {
        return name.startsWith("migrate");
    }

    /** Whether it is one of those that migrate has to beat, or migrate itself. */
    boolean isPeer() {
        return name.equals("migrate") || isPrepared() || this == RECIPE || needsPgcopydb();
    }

    /** Whether it is no other way to move a database, and one turn is enough to know what it adds. */
    boolean isAside() {
        return isOurs() && !isPeer();
    }

    boolean needsPgcopydb() {
        return plain.contains("pgcopydb");
    }

    private static Contender migrate(String name, String title, String options) {
        String script = migration(options);
        return new Contender(name, title, script, script);
    }

    private static String migration(String options) {
        return "\"$REPOSITORY/jbang\" migrate " + options;
    }

    /**
     * It turns restoring mode on by itself, but so late that TRUNCATE ONLY of a hypertable may fail, or indexes come
     * twice.
     */
    private static Contender pgcopydb(int jobs) {
        String clone = """
                pgcopydb clone --source "$SOURCE" --target "$TARGET" --dir "$DIR/pgcopydb" --table-jobs %1$d \
                --index-jobs %1$d --restore-jobs %1$d \\
                  --use-copy-binary --split-tables-larger-than 200MB --no-owner --no-acl --fail-fast
                """.formatted(jobs);
        return new Contender("pgcopydb-" + jobs, "pgcopydb, " + jobs + " jobs", clone,
                "psql -X -q -d \"$TARGET\" -c 'SELECT timescaledb_pre_restore()'\n" + clone);
    }
}
