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

    @Override
    SortedMap<String, String> expected(String from) {
        return from.equals(database()) ? expected : Dumped.restored(source(), from);
    }

    @Override
    SortedMap<String, String> found(String to) {
        return Dumped.of(target(), to);
    }

    @Override
    boolean hasWriters() {
        return true;
    }

    @Override
    boolean goesOn() {
        return true;
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
