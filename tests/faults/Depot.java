//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import testbed.ClientBinaries;
import testbed.Oracle;
import testbed.PgServer;

/**
 * The database of tests/sql/faults.sql on a server of the installed version. That a dump of it is the same before and
 * after stock tools have moved it is seen once; from then on a dump of a state of it says what a move has to bring.
 */
final class Depot extends Scene {
    private static final Writers WRITERS = new Writers(List.of(DepotWrite.values()), List.of(
            "CREATE TABLE lookup.late AS SELECT 1 AS id", "DROP TABLE lookup.words_9",
            "ALTER TABLE depot.line ADD added int DEFAULT 5",
            "CREATE TABLE depot.event_2025 PARTITION OF depot.event FOR VALUES FROM ('2025-06-01') TO ('2025-07-01')",
            "CREATE INDEX reading_note ON depot.reading (left(note, 3))", "DROP INDEX depot.event_said",
            "CREATE OR REPLACE VIEW depot.packed AS SELECT id, customer FROM depot.parcel WHERE state = 'sent'",
            "ALTER TABLE depot.booking RENAME TO reserved", "DROP MATERIALIZED VIEW depot.not_yet",
            "REVOKE SELECT ON depot.customer FROM depot_reader", "COMMENT ON TABLE depot.reading IS NULL",
            "ALTER TABLE depot.hashed OWNER TO depot_clerk", "ALTER SEQUENCE depot.turn MAXVALUE 11",
            "ALTER TABLE depot.egg DROP CONSTRAINT egg_chicken_fkey", "ALTER TYPE depot.state ADD VALUE 'lost'",
            "DROP FUNCTION depot.area(depot.size) CASCADE"),
            Set.of("depot.line", "depot.booking", "depot.reading", "depot.event_rest", "lookup.words_9",
                    "depot.parcel", "depot.content", "depot.hashed_0", "depot.hashed_1", "depot.hashed_2"),
            List.of("UPDATE depot.content SET amount = amount + 1 WHERE parcel = 17",
                    "INSERT INTO depot.audit (customer, said) SELECT i, 'late' FROM generate_series(1, 30) i"),
            List.of("depot.content", "depot.audit"), "CALL depot.count_on()",
            "SELECT turn FROM depot.counted WHERE id = 6",
            List.of("depot.counted", "depot.line", "depot.reading"));

    private SortedMap<String, String> expected;

    private Depot() {
        super(PgServer.plan(ClientBinaries.clientMajor()), PgServer.plan(ClientBinaries.clientMajor()));
    }

    static Depot open() {
        Depot depot = new Depot();
        depot.begin();
        return depot;
    }

    @Override
    String make() {
        Path sql = Path.of("tests", "sql");
        source().script("postgres", sql.resolve("faults-roles.sql"));
        String database = source().newDatabase();
        source().script(database, sql.resolve("faults.sql"));
        expected = Dumped.restored(source(), database);
        String reference = Oracle.restore(source(), database, target());
        assertEquals(List.of(), Dumped.differences(Dumped.of(target(), reference), expected));
        target().sql("postgres", "DROP DATABASE " + reference);
        return database;
    }

    /** Makes what a standby cannot read something that it can. */
    void withoutUnlogged() {
        source().sql(database(), "ALTER TABLE depot.unlogged SET LOGGED");
    }

    @Override
    SortedMap<String, String> expected(String from) {
        return from.equals(database()) ? expected : Dumped.restored(source(), from);
    }

    @Override
    SortedMap<String, String> present(String from) {
        return Dumped.restored(source(), from);
    }

    @Override
    SortedMap<String, String> found(String to) {
        return Dumped.of(target(), to);
    }

    @Override
    Writers writers() {
        return WRITERS;
    }

    @Override
    Set<String> restless() {
        return Set.of("depot.unlogged");
    }

    /** A crash empties unlogged tables, and lets sequences go on a little further. */
    @Override
    void mend() {
        source().sql(database(), "INSERT INTO depot.unlogged SELECT i, 'unlogged ' || i FROM generate_series(1, 4000) i"
                + " ON CONFLICT DO NOTHING");
        expected = Dumped.restored(source(), database());
    }
}
