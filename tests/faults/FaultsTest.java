//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testbed.Soak;

/**
 * Whatever goes wrong while a database is moved: the same command goes on, brings what is missing and no more, and the
 * target is what stock tools would make of the source.
 */
class FaultsTest {
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

    @ParameterizedTest
    @EnumSource
    void the_same_command_goes_on_after(Fault fault) {
        if (fault.needsSmallDisks()) {
            depot.assumeSmallDisks();
        }
        Seeds.tryAll(campaign, fault, Soak.rounds(fault.quick(), fault.thorough() - fault.withChunks()));
    }
}
