//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.PgServer;
import testbed.Soak;

/** Whatever others write while a database is moved in passes: the last one brings what the source has then. */
class HistoriesTest {
    @TempDir
    static Path folder;
    @AutoClose
    private static Depot depot;
    private static Campaign campaign;

    @BeforeAll
    static void make_the_database() {
        depot = Depot.open();
        campaign = new Campaign(depot, folder, Seeds.schemaChanges());
    }

    @Test
    void the_last_pass_brings_what_the_source_has_then() {
        Seeds.tryAll("HISTORY", Soak.rounds(1, 24), seed -> new Passes(campaign, List.of(depot.source()), seed));
    }

    /** Each pass reads the source or a standby of it, which has no unlogged rows. */
    @Test
    void so_it_does_from_a_standby() {
        try (PgServer standby = PgServer.plan(ClientBinaries.clientMajor()).start()) {
            depot.withoutUnlogged();
            standby.follow(depot.source());
            Seeds.tryAll("STANDBY", Soak.rounds(1, 10),
                    seed -> new Passes(campaign, List.of(standby, standby, depot.source()), seed));
        }
    }
}
