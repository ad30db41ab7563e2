package testbed;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A database whose loading waits at a chosen place until somebody lets it go on: within the rows of one table, within
 * an index, or within a materialized view. It has what acts on rows, and large objects.
 */
public final class GatedShop {
    /** Small tables, each with a key. */
    public static final int TABLES = 12;
    private static final int LOCK = 77;

    private GatedShop() {
    }

    public static String make(PgServer server) {
        String shop = server.newDatabase();
        server.sql(shop, """
                CREATE FUNCTION gate(part text, id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('gate.part', true) = part THEN
                    PERFORM pg_catalog.pg_advisory_xact_lock(%d);
                  END IF;
                  RETURN id;
                END $$""".formatted(LOCK), """
                DO $$ BEGIN FOR i IN 1..%d LOOP
                  EXECUTE format('CREATE TABLE t_%%1$s (id int PRIMARY KEY, word text);
                    INSERT INTO t_%%1$s SELECT i, ''\\.'' || i || E''\\n\\\\.\\n'' FROM generate_series(1, 100) i', i);
                END LOOP; END $$""".formatted(TABLES),
                "CREATE TABLE waiting (a int CHECK (gate('data', a) = a))", "INSERT INTO waiting VALUES (1), (2)",
                "CREATE TABLE \"odd\nname\" (\"a\nb\" text)", "INSERT INTO \"odd\nname\" VALUES (''), ('\\.'), (NULL)",
                "CREATE TABLE large (id int PRIMARY KEY, filler text)",
                "INSERT INTO large SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 5000) i",
                "CREATE TABLE price (item int REFERENCES large ON DELETE CASCADE, amount numeric)",
                "INSERT INTO price SELECT id, id / 7.0 FROM large",
                "CREATE INDEX price_gate ON price (gate('index', item))",
                "CREATE TABLE ledger (at date PRIMARY KEY) PARTITION BY RANGE (at)",
                "CREATE TABLE ledger_1 PARTITION OF ledger FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
                "INSERT INTO ledger SELECT date '2026-01-01' + i FROM generate_series(1, 300) i",
                "CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                "CREATE TRIGGER seen BEFORE INSERT OR DELETE ON large FOR EACH ROW EXECUTE FUNCTION seen()",
                "CREATE TABLE named (of regclass)", "INSERT INTO named VALUES ('price_gate')",
                // What looks like entries of a dump, and is none.
                """
                CREATE FUNCTION odd() RETURNS text LANGUAGE sql AS $body$ SELECT $$'
                --
                -- Name: fake; Type: TABLE; Schema: public; Owner: x
                --

                COPY fake (a) FROM stdin;
                1
                $$ /* ; $ $x$ */ $body$""", """
                COMMENT ON FUNCTION odd() IS E'\\ it''s
                --
                -- Name: fake; Type: TABLE; Schema: public; Owner: x
                --

                ;'""",
                "CREATE FUNCTION two() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT 1; "
                        + "SELECT 'a;''b'::text AS text; END",
                "CREATE RULE twice AS ON UPDATE TO named DO ALSO (DELETE FROM t_1 WHERE false; NOTIFY \"a;'b\")",
                "CREATE MATERIALIZED VIEW total AS SELECT gate('view', 1) AS gate, sum(amount) FROM price",
                "CREATE SEQUENCE ticket", "SELECT setval('ticket', 77)", "SELECT lo_from_bytea(815, 'large')",
                "COMMENT ON LARGE OBJECT 815 IS 'one'", "GRANT SELECT ON LARGE OBJECT 815 TO PUBLIC",
                "GRANT SELECT ON t_1 TO PUBLIC", "REVOKE EXECUTE ON FUNCTION odd() FROM PUBLIC",
                "COMMENT ON COLUMN t_1.word IS 'said'", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC");
        return shop;
    }

    /**
     * Kills a run, with its client programs, while it waits at the gate.
     *
     * @param part {@code data}, {@code index} or {@code view}
     */
    public static void kill(PgServer target, String database, String part, List<String> command, Path temporary,
            Map<String, String> environment) {
        target.sql("postgres", "ALTER DATABASE " + database + " SET gate.part = '" + part + "'");
        try (HeldLock hold = HeldLock.on(target, database, "SELECT pg_advisory_xact_lock(" + LOCK + ")");
                ChildCommand child = ChildCommand.start(command, temporary, environment)) {
            child.await("the run waits", () -> hold.isWaitedFor() && settled(target, database));
            child.signalAll("KILL");
            child.handle().onExit().join();
        }
        target.sql("postgres", "ALTER DATABASE " + database + " RESET gate.part");
    }

    /** All but what waits has arrived. */
    private static boolean settled(PgServer target, String database) {
        return target
                .query(database, "SELECT count(*) FROM tsmigrate.part WHERE rows IS NULL AND name !~ 'waiting|named'"
                        + " AND number = 1")
                .equals("0")
                || target.query(database, "SELECT count(*) FROM tsmigrate.part")
                        .equals("0");
    }

    /** The transactions that have brought the rows of each table that has arrived, and what the tables are. */
    public static Map<String, String> brought(PgServer target, String database) {
        Map<String, String> brought = new TreeMap<>();
        for (List<String> table : target.rows(database, "SELECT oid::regclass, oid FROM pg_class WHERE relkind = 'r' "
                + "AND relnamespace = 'public'::regnamespace ORDER BY 1")) {
            String rows = target.query(database,
                    "SELECT coalesce(string_agg(DISTINCT xmin::text, ' '), '') FROM ONLY " + table.get(0));
            if (!rows.isEmpty()) {
                brought.put(table.get(0), table.get(1) + " " + rows);
            }
        }
        return brought;
    }
}
