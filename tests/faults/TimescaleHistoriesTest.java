//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Soak;

/** Whatever becomes of hypertables and their chunks while a database is moved in passes. */
class TimescaleHistoriesTest {
    @TempDir
    static Path folder;
    @AutoClose
    private static Plant plant;
    private static Campaign campaign;

    @BeforeAll
    static void make_the_database() {
        plant = Plant.open();
        campaign = new Campaign(plant, folder, Seeds.schemaChanges());
    }

    @Test
    void the_last_pass_brings_what_the_source_has_then() {
        Seeds.tryAll("CHUNKS", Soak.rounds(2, 16), seed -> new Passes(campaign, List.of(plant.source()), seed));
    }
}
