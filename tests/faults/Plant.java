//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Timescale;

/**
 * The plant of tests/sql/timescale.sql with TimescaleDB's community edition, the newest there is. Stock tools restore
 * it once; what its restless job writes is no matter.
 */
final class Plant extends Scene {
    private SortedMap<String, String> expected;

    private Plant(PgServer.Plan from, PgServer.Plan to) {
        super(from, to);
    }

    /** Where there is none, the test is skipped. */
    static Plant open() {
        Assumptions.assumeTrue(Timescale.newest().isPresent(),
                "needs TimescaleDB's community edition; list its folder of programs in TSMIGRATE_TEST_PG_BINDIRS");
        Plant plant = new Plant(Timescale.newest().orElseThrow(), Timescale.newest().orElseThrow());
        plant.begin();
        return plant;
    }

    @Override
    String make() {
        String database = Timescale.plant(source());
        expected = restored(database);
        return database;
    }

    /** What stock tools make of it, with its jobs as they are on the source, and its view refreshed. */
    private SortedMap<String, String> restored(String from) {
        String jobs =
                "SELECT alter_job(job_id, scheduled => %s) FROM timescaledb_information.jobs WHERE job_id >= 1000";
        // After a stock restore each would run at once, and the view knows only what is not compressed.
        source().sql(from, jobs.formatted("false"));
        String copy = Oracle.restore(source(), from, target());
        target().sql(copy, jobs.formatted("job_id <> 1008, next_start => '2100-01-01'"),
                "REFRESH MATERIALIZED VIEW plant.top");
        source().sql(from, jobs.formatted("job_id <> 1008"));
        SortedMap<String, String> state = found(copy);
        target().sql("postgres", "DROP DATABASE " + copy + " WITH (FORCE)");
        return state;
    }

    @Override
    SortedMap<String, String> expected(String from) {
        return expected;
    }

    @Override
    SortedMap<String, String> found(String to) {
        SortedMap<String, String> state = new TreeMap<>(Oracle.data(target(), to));
        state.keySet().removeIf(name -> name.contains("heartbeat"));
        state.put("schema", Oracle.schema(target(), to).orElseThrow());
        Timescale.VIEWS.forEach(view -> state.put(view, target().rows(to, view).toString()));
        return state;
    }

    @Override
    String newTarget() {
        String database = super.newTarget();
        target().sql(database, "CREATE EXTENSION timescaledb");
        return database;
    }

    @Override
    boolean hasWriters() {
        return false;
    }

    @Override
    boolean goesOn() {
        return true;
    }

    @Override
    Set<String> restless() {
        return Set.of("plant.heartbeat");
    }

    /** A crash lets sequences go on a little further. */
    @Override
    void mend() {
        expected = restored(database());
    }
}
