//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import testbed.CheckedConversion;
import testbed.PgServer;
import testbed.PlanInPlace;
import testbed.Timescale;

/**
 * What cannot stay as it is: TimescaleDB refuses it, the check names it with what can become of it, and each of these
 * treatments, written into the file in the words of the fix, comes to statements that TimescaleDB takes.
 */
class ConversionObstaclesTest {
    private static final String OLD = "2.13.1";
    private static final String NEW = "2.22.1";
    private static final Map<String, PgServer> SERVERS = new LinkedHashMap<>();
    private static final String LACKS = "it lacks column at, by which the hypertable is divided";

    /**
     * A case.
     *
     * @param version of TimescaleDB
     * @param more of the file
     * @param ddl of s.t and what concerns it
     * @param refused whether TimescaleDB itself refuses to make a hypertable with it
     * @param stop what the check says, with the treatments in brackets; empty where it can stay
     * @param left what is there after each treatment, in their order, by {@link #left}
     */
    private record Case(String version, String more, List<String> ddl, boolean refused, String stop,
            List<String> left) {
        @Override
        public String toString() {
            return version + " " + ddl.get(ddl.size() - 1) + " " + more;
        }
    }

    private static PgServer server(String version) {
        return SERVERS.computeIfAbsent(version, wanted -> {
            PgServer server = Timescale.community(wanted).start();
            server.sql("postgres", "SET client_min_messages = error", "CREATE EXTENSION timescaledb");
            return server;
        });
    }

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(PgServer::close);
    }

    private static Stream<Case> both(String more, String ddl, boolean refused, String stop, String... left) {
        return Stream.of(OLD, NEW).map(version -> one(version, more, ddl, refused, stop, left));
    }

    private static Case one(String version, String more, String ddl, boolean refused, String stop, String... left) {
        return new Case(version, more, List.of(ddl.split(";\n?")), refused, stop, List.of(left));
    }

    static Stream<Case> cases() {
        String trigger = "CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL, END';"
                .replace(", END", "\\; END").replace("\\;", "#");
        String table = "CREATE TABLE s.t (id int, at timestamptz NOT NULL, n text, d int NOT NULL);";
        String key = "CREATE TABLE s.t (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at));";
        String compressed = ", compression: {segmentby: [], after: 7 days}";
        return Stream.of(
                both("", "CREATE TABLE s.t (id int CONSTRAINT \"my: key\" PRIMARY KEY, at timestamptz NOT NULL);"
                        + "COMMENT ON CONSTRAINT \"my: key\" ON s.t IS 'it''s'", true,
                        "primary key \"my: key\": " + LACKS + " [extended, index, dropped]",
                        "\"my: key\" CREATE UNIQUE INDEX \"my: key\" ON s.t USING btree (id, at), it's",
                        "CREATE INDEX \"my: key\" ON s.t USING btree (id)", ""),
                // TimescaleDB overlooks this one in create_hypertable, and refuses it when it is added later.
                both("", table + "ALTER TABLE s.t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (n, id) INCLUDE (at, d) "
                        + "WITH (fillfactor=70) DEFERRABLE INITIALLY DEFERRED", false,
                        "unique key u: " + LACKS + " [extended, index, dropped]",
                        "u CREATE UNIQUE INDEX u ON s.t USING btree (n, id, at) INCLUDE (d) NULLS NOT DISTINCT WITH "
                                + "(fillfactor='70')",
                        "CREATE INDEX u ON s.t USING btree (n, id) INCLUDE (at, d) WITH (fillfactor='70')", ""),
                both("", table
                        + "CREATE UNIQUE INDEX u ON s.t (lower(n) COLLATE \"C\" text_pattern_ops DESC NULLS LAST, "
                        + "((id + 1)) NULLS FIRST) WHERE id > 5;COMMENT ON INDEX s.u IS 'c'", true,
                        "unique index u: " + LACKS + " [extended, index, dropped]",
                        "CREATE UNIQUE INDEX u ON s.t USING btree (lower(n) COLLATE \"C\" text_pattern_ops DESC NULLS "
                                + "LAST, ((id + 1)) NULLS FIRST, at) WHERE (id > 5)",
                        "CREATE INDEX u ON s.t USING btree (lower(n) COLLATE \"C\" text_pattern_ops DESC NULLS LAST, "
                                + "((id + 1)) NULLS FIRST) WHERE (id > 5)",
                        ""),
                both(", space_partitions: [{column: d, partitions: 2}]", key.replace("at ", "d int, at "), true,
                        "primary key t_pkey: it lacks column d, by which the hypertable is divided [index, dropped]",
                        "CREATE INDEX t_pkey ON s.t USING btree (id, at)", ""),
                both("", table + "ALTER TABLE s.t ADD CONSTRAINT x EXCLUDE USING gist (int4range(id, d) WITH &&)", true,
                        "exclusion constraint x: " + LACKS + " [index, dropped]",
                        "CREATE INDEX x ON s.t USING gist (int4range(id, d))", ""),
                both(compressed, table + "ALTER TABLE s.t ADD CONSTRAINT x EXCLUDE USING btree (id WITH =, at WITH =)",
                        true, "exclusion constraint x: a compressed hypertable has none [index, dropped]",
                        "CREATE INDEX x ON s.t USING btree (id, at)", ""),
                both("", table + "ALTER TABLE s.t ADD CONSTRAINT x EXCLUDE USING btree (id WITH =, at WITH =)", false,
                        ""),
                Stream.of(one(OLD, "", key + "CREATE TABLE s.r (id int, at timestamptz);ALTER TABLE s.r ADD CONSTRAINT "
                        + "fk FOREIGN KEY (id, at) REFERENCES s.t", false,
                        "foreign key fk of s.r: TimescaleDB 2.13.1 "
                                + "has no foreign keys to hypertables, which came with 2.16 [dropped]",
                        "t_pkey CREATE UNIQUE INDEX t_pkey ON s.t USING btree (id, at)"),
                        one(NEW, "", key + "CREATE TABLE s.r (id int, at timestamptz);ALTER TABLE s.r ADD CONSTRAINT "
                                + "fk FOREIGN KEY (id, at) REFERENCES s.t", false, "",
                                "t_pkey CREATE UNIQUE INDEX t_pkey ON s.t USING btree (id, at)"),
                        one(NEW, compressed, key + "CREATE TABLE s.r (id int, at timestamptz);ALTER TABLE s.r ADD "
                                + "CONSTRAINT fk FOREIGN KEY (id, at) REFERENCES s.t", false,
                                "foreign key fk of s.r: "
                                        + "chunks of a hypertable that is referenced cannot be compressed [dropped]",
                                "t_pkey CREATE UNIQUE INDEX t_pkey ON s.t USING btree (id, at)")),
                Stream.of(one(NEW, "", key.replace("id int", "id int, up int, ua timestamptz")
                        + "ALTER TABLE s.t ADD CONSTRAINT self FOREIGN KEY (up, ua) REFERENCES s.t", false,
                        "foreign key self of s.t: no hypertable can reference a hypertable [dropped]",
                        "t_pkey CREATE UNIQUE INDEX t_pkey ON s.t USING btree (id, at)")),
                Stream.of(one(OLD, compressed, table + "CREATE TABLE s.r (id int PRIMARY KEY);ALTER TABLE s.t ADD "
                        + "CONSTRAINT fk FOREIGN KEY (id) REFERENCES s.r", true,
                        "foreign key fk of s.t: with "
                                + "compression, TimescaleDB 2.13.1 demands that its columns are in segmentby [dropped]",
                        ""),
                        one(NEW, compressed, table + "CREATE TABLE s.r (id int PRIMARY KEY);ALTER TABLE s.t ADD "
                                + "CONSTRAINT fk FOREIGN KEY (id) REFERENCES s.r", false, "",
                                "fk FOREIGN KEY (id) REFERENCES s.r(id)"),
                        one(OLD, ", compression: {segmentby: [id]}", table + "CREATE TABLE s.r (id int PRIMARY KEY);"
                                + "ALTER TABLE s.t ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES s.r", false, "",
                                "fk FOREIGN KEY (id) REFERENCES s.r(id)")),
                both("", table + "ALTER TABLE s.t ADD CONSTRAINT c CHECK (id > 0) NO INHERIT NOT VALID", true,
                        "check c: it is NO INHERIT [inherited, dropped]", "c CHECK ((id > 0)) NOT VALID", ""),
                both("", table + "CREATE RULE r AS ON INSERT TO s.t DO ALSO NOTHING", true,
                        "rule r: hypertables have no rules [dropped]", ""),
                both("", table.replace("CREATE", "CREATE UNLOGGED"), true,
                        "the table is unlogged, which: TimescaleDB @ "
                                + "has no unlogged hypertables, which came with 2.23 [logged]",
                        ""),
                Stream.of(one(OLD, "", table + trigger + "CREATE TRIGGER g AFTER INSERT ON s.t REFERENCING NEW TABLE "
                        + "AS x FOR EACH STATEMENT EXECUTE FUNCTION s.f()", true,
                        "trigger g: TimescaleDB 2.13.1 has no "
                                + "transition tables on hypertables, which came with 2.18 [dropped]",
                        ""),
                        one(NEW, "", table + trigger + "CREATE TRIGGER g AFTER INSERT ON s.t REFERENCING NEW TABLE "
                                + "AS x FOR EACH STATEMENT EXECUTE FUNCTION s.f()", false, "", "g O"),
                        one(NEW, "", table + trigger + "CREATE TRIGGER g AFTER INSERT ON s.t REFERENCING NEW TABLE "
                                + "AS x FOR EACH ROW EXECUTE FUNCTION s.f()", true,
                                "trigger g: hypertables have no "
                                        + "triggers FOR EACH ROW with transition tables [dropped]",
                                ""),
                        one(NEW, compressed, table + trigger + "CREATE TRIGGER g AFTER DELETE ON s.t REFERENCING OLD "
                                + "TABLE AS x FOR EACH STATEMENT EXECUTE FUNCTION s.f()", true,
                                "trigger g: with "
                                        + "compression, hypertables have no triggers on DELETE with transition tables "
                                        + "[dropped]",
                                "")),
                both("", table + trigger + "CREATE TRIGGER g BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f();"
                        + "ALTER TABLE s.t DISABLE TRIGGER g", false,
                        "trigger g: new chunks have it enabled, although "
                                + "it is disabled [dropped, enabled]",
                        "", "g O"),
                both("", table + "DROP PUBLICATION IF EXISTS pub;CREATE PUBLICATION pub FOR TABLE s.t", false,
                        "publication pub: of a hypertable it publishes each chunk under its own name, which no "
                                + "subscription expects [dropped, kept]",
                        "", "pub"),
                both("", "CREATE TABLE s.t (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE "
                        + "(at);CREATE INDEX down ON s.t (at DESC);CREATE TABLE s.t1 PARTITION OF s.t DEFAULT;"
                        + "CREATE TABLE s.r (id int);ALTER TABLE s.t1 ADD UNIQUE (id), ADD CHECK (id > 0);CREATE INDEX "
                        + "own ON s.t1 (id DESC);ALTER TABLE s.r ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES s.t1 "
                        + "(id)", false,
                        "constraint t1_id_check of s.t1, constraint t1_id_key of s.t1, foreign key fk "
                                + "of s.r, index s.own: it is of single partitions, which a hypertable does not have "
                                + "[dropped]",
                        "CREATE INDEX down ON s.t USING btree (at DESC)\n"
                                + "t_pkey CREATE UNIQUE INDEX t_pkey ON s.t USING btree (id, at)"))
                .flatMap(each -> each);
    }

    private static void make(PgServer server, String database, Case wanted) {
        server.sql(database, "SET client_min_messages = error", "DROP SCHEMA IF EXISTS s CASCADE", "CREATE SCHEMA s");
        server.sql(database, wanted.ddl.stream().map(statement -> statement.replace("#", ";")).toArray(String[]::new));
    }

    /** Constraints, indexes and triggers of s.t in the words of the server, and the publications that it is in. */
    private static String left(PgServer server, String database) {
        return server.rows(database, """
                SELECT coalesce(quote_ident(k.conname) || ' ', '') || coalesce(pg_get_indexdef(i.indexrelid),
                    pg_get_constraintdef(k.oid)) || coalesce(', ' || obj_description(k.oid, 'pg_constraint'), '')
                  FROM pg_index i FULL JOIN pg_constraint k ON k.conindid = i.indexrelid
                   AND k.contype IN ('p', 'u', 'x')
                 WHERE i.indrelid = 's.t'::regclass OR k.conrelid = 's.t'::regclass AND k.contype <> 'n'
                UNION ALL SELECT tgname || ' ' || tgenabled::text FROM pg_trigger
                  WHERE tgrelid = 's.t'::regclass AND NOT tgisinternal AND tgname <> 'ts_insert_blocker'
                UNION ALL SELECT pubname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
                  WHERE prrelid = 's.t'::regclass ORDER BY 1""").stream().map(row -> row.get(0))
                .collect(Collectors.joining("\n"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void what_cannot_stay_is_named_and_each_treatment_is_taken(Case wanted) {
        PgServer server = server(wanted.version);
        String database = "postgres";
        make(server, database, wanted);
        CheckedConversion found = check(server, database, wanted);
        List<String> stops = found.stops().lines().filter(line -> !line.startsWith("fix: ")).toList();
        List<List<String>> offers = found.offers();
        List<String> said = new ArrayList<>();
        for (int i = 0; i < stops.size(); i++) {
            List<String> treatments = offers.get(i).stream()
                    .map(each -> each.replaceFirst(".*becomes: (\\w+)}$", "$1")).toList();
            assertEquals("not_converted", treatments.get(treatments.size() - 1));
            said.add(stops.get(i).replaceFirst("^s\\.t: ", "").replaceFirst(" \\(f:2\\)$", "")
                    .replace(" cannot stay as it is: ", ": ") + " ["
                    + String.join(", ", treatments.subList(0, treatments.size() - 1)) + "]");
        }
        assertEquals(wanted.stop.replace("@", wanted.version), String.join("\n", said));
        if (wanted.refused) {
            assertThrows(IllegalStateException.class, () -> PlanInPlace.run(server, database, found.plans().get(0)));
        }
        if (offers.isEmpty()) {
            PlanInPlace.run(server, database, found.plans().get(0));
        }
        for (int i = 0; !offers.isEmpty() && i < offers.get(0).size(); i++) {
            make(server, database, wanted);
            String before = left(server, database);
            CheckedConversion treated = check(server, database, wanted, offers.get(0).get(i));
            assertEquals("", treated.stops());
            if (i < wanted.left.size()) {
                PlanInPlace.run(server, database, treated.plans().get(0));
                assertEquals(wanted.left.get(i), left(server, database));
            } else {
                assertTrue(treated.others().startsWith("s.t stays a plain table: "), treated.others());
                assertEquals(List.of(), treated.plans());
                assertEquals(before, left(server, database));
            }
        }
    }

    private static CheckedConversion check(PgServer server, String database, Case wanted, String... changes) {
        return CheckedConversion.of(server, database, wanted.version, true,
                CheckedConversion.yaml(wanted.more, changes));
    }

    /** What it does not refuse at once. */
    @Test
    void timescaledb_is_as_the_reasons_say() {
        PgServer server = server(NEW);
        String database = "postgres";
        Case reference = one(NEW, "", "CREATE TABLE s.t (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at));"
                + "CREATE TABLE s.r (id int, at timestamptz, CONSTRAINT fk FOREIGN KEY (id, at) REFERENCES s.t)", false,
                "");
        make(server, database, reference);
        PlanInPlace.run(server, database, check(server, database, reference).plans().get(0));
        server.sql(database, "ALTER TABLE s.t SET (timescaledb.compress)", "INSERT INTO s.t VALUES (1, '2024-01-01')");
        assertTrue(assertThrows(IllegalStateException.class,
                () -> server.sql(database, "SELECT compress_chunk(show_chunks('s.t'))")).getMessage()
                .contains("found a FK into a chunk while truncating"));
        assertThrows(IllegalStateException.class, () -> server.sql(database, "INSERT INTO s.r VALUES (2, now())"));
        assertThrows(IllegalStateException.class, () -> {
            server(OLD).sql(database, "DROP SCHEMA IF EXISTS s CASCADE", "CREATE SCHEMA s",
                    "CREATE TABLE s.t (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at))",
                    "SELECT create_hypertable('s.t', 'at')");
            server(OLD).sql(database, "CREATE TABLE s.r (id int, at timestamptz, FOREIGN KEY (id, at) REFERENCES s.t)");
        });
        server.sql(database, "DROP SCHEMA s CASCADE", "CREATE SCHEMA s", "CREATE TABLE s.t (at timestamptz NOT NULL)",
                "CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                "CREATE TRIGGER g BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()",
                "ALTER TABLE s.t DISABLE TRIGGER g", "SELECT create_hypertable('s.t', 'at')",
                "INSERT INTO s.t VALUES ('2024-01-01')");
        assertEquals("0", server.query(database, "SELECT count(*) FROM s.t"));
        server.sql(database, "DROP TRIGGER g ON s.t", "INSERT INTO s.t VALUES ('2024-01-01')",
                "DROP PUBLICATION IF EXISTS pub", "CREATE PUBLICATION pub FOR TABLE s.t");
        assertEquals("1", server.query(database, "SELECT count(*) FROM pg_publication_tables WHERE pubname = 'pub' AND "
                + "tablename LIKE '%chunk'"));
    }
}
