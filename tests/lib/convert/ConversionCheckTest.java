//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.CheckedConversion;
import testbed.PgServer;
import testbed.PlanInPlace;
import testbed.Timescale;

/** What keeps a table from becoming a hypertable whatever the file says of its constraints. */
class ConversionCheckTest {
    private static final String VERSION = "2.22.1";
    private static PgServer server;
    private static String database;

    @BeforeAll
    static void start() {
        server = Timescale.community(VERSION).start();
        database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb", "CREATE SCHEMA s");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static CheckedConversion check(String yaml) {
        return CheckedConversion.of(server, database, VERSION, true, yaml);
    }

    /** Makes table s.t anew, and more. */
    private static CheckedConversion check(String columns, String more, String... statements) {
        server.sql(database, "DROP TABLE IF EXISTS s.t CASCADE", "CREATE TABLE s.t (" + columns + ")");
        server.sql(database, statements);
        return check(CheckedConversion.yaml(more));
    }

    private static void assertStop(String expected, CheckedConversion checked) {
        assertEquals(expected, checked.stops());
    }

    @Test
    void what_is_no_table_that_can_be_one() {
        server.sql(database, "CREATE SCHEMA k", "CREATE TABLE k.plain (at timestamptz NOT NULL)",
                "CREATE VIEW k.v AS SELECT * FROM k.plain", "CREATE MATERIALIZED VIEW k.m AS SELECT * FROM k.plain",
                "CREATE TABLE k.p (at timestamptz NOT NULL) PARTITION BY RANGE (at)",
                "CREATE TABLE k.p1 PARTITION OF k.p DEFAULT", "CREATE TABLE k.parent (at timestamptz NOT NULL)",
                "CREATE TABLE k.child () INHERITS (k.parent)", "CREATE TABLE k.h (at timestamptz NOT NULL)",
                "SELECT create_hypertable('k.h', 'at')", "CREATE FOREIGN DATA WRAPPER nothing",
                "CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
                "CREATE FOREIGN TABLE k.f (at timestamptz) SERVER nowhere",
                "CREATE TABLE k.pf (at timestamptz NOT NULL) PARTITION BY RANGE (at)",
                "CREATE FOREIGN TABLE k.\"pf%1\" PARTITION OF k.pf DEFAULT SERVER nowhere",
                "CREATE TABLE k.e (at timestamptz NOT NULL)", "ALTER EXTENSION plpgsql ADD TABLE k.e");
        String out = "fix: take it out of the file";
        StringBuilder yaml = new StringBuilder("hypertables:\n");
        for (String name : List.of("nothing", "v", "m", "p1", "parent", "child", "h", "f", "pf", "e")) {
            yaml.append("- {schema: k, table: ").append(name).append(", time_column: at, chunk_interval: 1 day}\n");
        }
        assertStop(String.join("\n", "k.nothing: the source has no table of that name (f:2)",
                "fix: correct its name, or take it out of the file", "k.v: it is a view (f:3)", out,
                "k.m: it is a materialized view (f:4)", out,
                "k.p1: it is a partition; its partitioned table can become a hypertable as a whole (f:5)", out,
                "k.parent: it has parents or children by inheritance, which no hypertable has (f:6)", out,
                "k.child: it has parents or children by inheritance, which no hypertable has (f:7)", out,
                "k.h: it is a hypertable already (f:8)", out, "k.f: it is a foreign table (f:9)", out,
                "k.pf: it has a partition that is a foreign table, k.\"pf%1\" (f:10)", out,
                "k.e: it belongs to an extension (f:11)", out), check(yaml.toString()));
        server.sql(database, "ALTER EXTENSION plpgsql DROP TABLE k.e");
    }

    @Test
    void a_time_column_is_of_a_type_that_can_be_divided() {
        String name = "fix: name a column of one of these types as its time_column: timestamp with time zone, "
                + "timestamp without time zone, date, bigint, integer, smallint";
        assertStop("s.t: it has no column at, which the file names as its time column (f:2)\nfix: correct its name",
                check("x int", ""));
        assertStop("s.t: time column at is of type numeric (f:2)\n" + name, check("at numeric NOT NULL", ""));
        assertStop("s.t: time column at is of type uuid (f:2)\n" + name, check("at uuid NOT NULL", ""));
        server.sql(database, "CREATE DOMAIN s.moment AS timestamptz");
        assertStop("s.t: time column at is of type s.moment (f:2)\n" + name, check("at s.moment NOT NULL", ""));
        assertStop("s.t: time column at is generated, and no hypertable is divided by such a column (f:2)\nfix: name a "
                + "column that is not generated as its time_column, or take it out of the file",
                check("b timestamptz, at timestamp GENERATED ALWAYS AS (b AT TIME ZONE 'UTC') STORED", ""));
    }

    @Test
    void intervals_and_ages_suit_the_column() {
        assertStop("s.t: chunk_interval \"1 day\" must be an integer, as the column is (f:2)\nfix: correct its "
                + "chunk_interval", check("at int NOT NULL", ""));
        server.sql(database, "ALTER TABLE s.t ALTER at TYPE date USING NULL");
        assertStop("s.t: chunk_interval \"36 hours\" must be whole days, as the column is a date (f:2)\nfix: correct "
                + "its chunk_interval", check(CheckedConversion.yaml("").replace("1 day", "36 hours")));
        assertStop("s.t: chunk_interval \"5\" must be a time, such as 7 days (f:2)\nfix: correct its chunk_interval",
                check(CheckedConversion.yaml("").replace("1 day", "5")));
        server.sql(database, "ALTER TABLE s.t ALTER at TYPE smallint USING NULL");
        assertStop("s.t: chunk_interval \"40000\" is larger than 32767, the largest number of the column's type (f:2)\n"
                + "fix: correct its chunk_interval", check(CheckedConversion.yaml("").replace("1 day", "40000")));
        assertStop("s.t: after \"7 days\" must be an integer, as the column is (f:2)\nfix: correct its after\n"
                + "s.t: drop_after needs a function that says what time it is (f:2)\n"
                + "fix: name a function of the source as its integer_now, with schema and function",
                check(CheckedConversion.yaml(", compression: {after: 7 days}, retention: {drop_after: 9}")
                        .replace("1 day", "5")));
    }

    @Test
    void a_function_says_what_time_it_is_on_integers() {
        server.sql(database, "CREATE FUNCTION s.now_int() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1'",
                "CREATE FUNCTION s.now_volatile() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
                "CREATE FUNCTION s.now_good() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 100::bigint'",
                "CREATE FUNCTION s.now_of(int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint'",
                "DROP TABLE IF EXISTS s.t CASCADE", "CREATE TABLE s.t (at bigint NOT NULL, d int)");
        String yaml = CheckedConversion.yaml(", integer_now: {schema: s, function: now_good}, retention: {drop_after: "
                + "50}, compression: {after: 20}, space_partitions: [{column: d, partitions: 2}]")
                .replace("1 day", "10");
        assertStop("s.t: function s.now_int() returns integer (f:2)\nfix: make it return bigint and declare it STABLE, "
                + "or name another one", check(yaml.replace("now_good", "now_int")));
        assertStop("s.t: function s.now_volatile() returns bigint and is VOLATILE (f:2)\nfix: make it return bigint "
                + "and declare it STABLE, or name another one", check(yaml.replace("now_good", "now_volatile")));
        assertStop(
                "s.t: there is no function s.now_of() without arguments (f:2)\nfix: name a function of the source as "
                        + "its integer_now",
                check(yaml.replace("now_good", "now_of")));
        CheckedConversion good = check(yaml);
        assertStop("", good);
        assertEquals("""
                s.t becomes a hypertable by at, with a chunk for each 10
                s.t: what is older than 50 is dropped on the target as soon as its jobs run""", good.others());
        PlanInPlace.run(server, database, good.plans().get(0));
        assertEquals(List.of(List.of("at", "10", "now_good", "null"), List.of("d", "", "", "2")),
                server.rows(database, """
                        SELECT column_name, coalesce(integer_interval::text, ''),
                          coalesce(integer_now_func, ''),
                          coalesce(num_partitions::text, 'null') FROM timescaledb_information.dimensions
                         WHERE hypertable_name = 't' ORDER BY dimension_number"""));
    }

    @Test
    void space_columns_can_be_hashed() {
        server.sql(database, "CREATE TYPE s.mood AS ENUM ('good', 'bad')", "CREATE DOMAIN s.word AS text");
        String columns = "at timestamptz NOT NULL, a json, b int, c int GENERATED ALWAYS AS (b + 1) STORED, d s.mood, "
                + "e s.word, f varchar(9), g int[], h point, i float8, j numeric";
        assertStop("s.t: space column a is of type json, which cannot be hashed (f:2)\nfix: name another column\n"
                + "s.t: space column c is generated (f:2)\nfix: name another column\n"
                + "s.t: it has no column z, which the file names as its space column (f:2)\nfix: correct its name\n"
                + "s.t: space column h is of type point, which cannot be hashed (f:2)\nfix: name another column",
                check(columns, ", space_partitions: [{column: a, partitions: 2}, {column: c, partitions: 2}, "
                        + "{column: z, partitions: 2}, {column: h, partitions: 2}]"));
        for (String column : "defgij".split("")) {
            CheckedConversion good = check(columns, ", space_partitions: [{column: " + column + ", partitions: 2}]");
            assertStop("", good);
            PlanInPlace.run(server, database, good.plans().get(0));
        }
    }

    @Test
    void compressed_columns_can_be_sorted() {
        String columns = "at timestamptz NOT NULL, a json, p point, _ts_meta_x int";
        assertStop("s.t: column _ts_meta_x has a name that is reserved in compressed chunks (f:2)\nfix: take "
                + "compression out of the file\n"
                + "s.t: column a is of type json, which has no order (f:2)\nfix: take it out of segmentby and orderby\n"
                + "s.t: it has no column q, which the file names as its column (f:2)\nfix: correct its name\n"
                + "s.t: column p is of type point, which has no order (f:2)\nfix: take it out of segmentby and orderby",
                check(columns, ", compression: {segmentby: [a, q], orderby: [p]}"));
        assertStop("", check(columns, ""));
        assertStop("s.t: it has row security, with which a hypertable cannot be compressed (f:2)\nfix: take "
                + "compression out of the file",
                check("at timestamptz NOT NULL", ", compression: {}",
                        "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY"));
        assertStop("s.t: the target has TimescaleDB's Apache edition, which has neither compression nor policies "
                + "(f:2)\nfix: install TimescaleDB's community edition on the target's server, or, where it is "
                + "installed, set timescaledb.license = 'timescale' in postgresql.conf",
                CheckedConversion.of(server, database, VERSION, false,
                        CheckedConversion.yaml(", retention: {drop_after: 1 day}")));
    }

    @Test
    void rows_without_a_time_stop_it_or_let_the_table_stay() {
        String rows = "INSERT INTO s.t VALUES (NULL), ('-infinity'), (NULL), ('infinity'), ('2024-01-01'), "
                + "('294260-01-01')";
        assertStop("s.t: at is NULL in 2 rows (f:2)\nfix: give them a time or delete them on the source, or write "
                + "null_times: not_converted\n"
                + "s.t: at is -infinity or later than TimescaleDB can hold in 2 rows (f:2)\nfix: give them another "
                + "time on the source, or take the table out of the file", check("at timestamptz", "", rows));
        CheckedConversion stays = check("at timestamptz", ", null_times: not_converted", rows);
        assertStop("", stays);
        assertEquals("s.t stays a plain table: at is NULL in 2 rows", stays.others());
        assertEquals(List.of(), stays.plans());
        assertStop("s.t: at is -infinity or later than TimescaleDB can hold in 1 rows (f:2)\nfix: give them another "
                + "time on the source, or take the table out of the file",
                check("at date NOT NULL", "", "INSERT INTO s.t VALUES ('-infinity'), ('infinity')"));
        assertStop("", check("at timestamptz", "", "INSERT INTO s.t VALUES ('infinity'), ('2024-01-01')"));
    }

    @Test
    void an_interval_is_computed_of_a_size() {
        server.sql(database, "DROP TABLE IF EXISTS s.t CASCADE", "CREATE TABLE s.t (at timestamptz NOT NULL, x text)",
                """
                INSERT INTO s.t SELECT timestamptz '2024-01-01' + i * interval '10 min', repeat('x', 100)
                  FROM generate_series(1, 20000) i""");
        String yaml = CheckedConversion.yaml("").replace("chunk_interval: 1 day", "chunk_size: 256kB");
        assertStop("s.t: nothing is known of its rows' times, so that no interval can be computed of chunk_size (f:2)\n"
                + "fix: on the source: ANALYZE \"s\".\"t\"; or write a chunk_interval instead of its chunk_size",
                check(yaml));
        server.sql(database, "ANALYZE s.t");
        CheckedConversion small = check(yaml);
        assertStop("", small);
        // 144 rows a day of some 140 bytes are 20 kB.
        assertEquals("s.t becomes a hypertable by at, with a chunk for each 7 days", small.others());
        assertEquals(7 * Span.DAY, small.plans().get(0).interval());
        assertEquals("s.t becomes a hypertable by at, with a chunk for each 1 day",
                check(yaml.replace("256kB", "32kB")).others());
        // Of so few days there is no histogram.
        server.sql(database, "DROP TABLE s.t", "CREATE TABLE s.t (at date NOT NULL, x text)",
                """
                INSERT INTO s.t SELECT date '2024-01-01' + i / 144, repeat('x', 100)
                  FROM generate_series(1, 10000) i""",
                "ANALYZE s.t");
        assertEquals("s.t becomes a hypertable by at, with a chunk for each 2 days",
                check(yaml.replace("256kB", "64kB")).others());
    }

    @Test
    void what_needs_no_change_is_not_named() {
        assertStop("s.t: constraint nothing can stay as it is, or is not there (f:2)\nfix: take it out of the file",
                CheckedConversion.of(server, make("at timestamptz NOT NULL"), VERSION, true,
                        CheckedConversion.yaml("", "{constraint: nothing, becomes: dropped}")));
        String keyed = make("at timestamptz NOT NULL, id int PRIMARY KEY");
        assertStop("s.t: primary key t_pkey cannot become inherited (f:2)\nfix: write under its changes: {constraint: "
                + "t_pkey, becomes: extended}; it may also become index, dropped, not_converted",
                CheckedConversion.of(server, keyed, VERSION, true,
                        CheckedConversion.yaml("", "{constraint: t_pkey, becomes: inherited}")));
    }

    private static String make(String columns) {
        server.sql(database, "DROP TABLE IF EXISTS s.t CASCADE", "CREATE TABLE s.t (" + columns + ")");
        return database;
    }

    @Test
    void views_that_rely_on_a_key_or_a_partition_stand_in_the_way() {
        String fix = "\nfix: take the table out of the file, or change or drop this on the source";
        assertStop("s.t: primary key t_pkey stands in the way: it lacks column at, by which the hypertable is divided, "
                + "and function s.put(), view s.grouped relies on it (f:2)" + fix,
                check("at timestamptz NOT NULL, id int PRIMARY KEY, x int", "",
                        "CREATE VIEW s.grouped AS SELECT id, x FROM s.t GROUP BY id",
                        "CREATE FUNCTION s.put() RETURNS void BEGIN ATOMIC INSERT INTO s.t VALUES (now(), 1, 1) ON "
                                + "CONFLICT ON CONSTRAINT t_pkey DO NOTHING; END"));
        server.sql(database, "DROP TABLE s.t CASCADE",
                "CREATE TABLE s.t (at timestamptz NOT NULL) PARTITION BY RANGE (at)",
                "CREATE TABLE s.t1 PARTITION OF s.t DEFAULT", "CREATE VIEW s.one AS SELECT * FROM s.t1",
                "CREATE FUNCTION s.two() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM s.t1; END");
        assertStop("s.t: function s.two(), view s.one stands in the way: it reads a partition by its name (f:2)" + fix,
                check(CheckedConversion.yaml("")));
    }
}
