//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testbed.Soak;

/** Whatever goes wrong while a database with hypertables is moved: the same command goes on. */
class TimescaleFaultsTest {
    private static final Set<Fault> QUICK = Set.of(Fault.KILLED, Fault.TARGET_RESTART, Fault.SOURCE_CUT);

    @TempDir
    static Path folder;
    @AutoClose
    private static Plant plant;
    private static Campaign campaign;

    @BeforeAll
    static void make_the_database() {
        plant = Plant.open();
        campaign = new Campaign(plant, folder, false);
    }

    @ParameterizedTest
    @EnumSource
    void the_same_command_goes_on_after(Fault fault) {
        Soak.assumeIn(QUICK.contains(fault) ? "always" : "soak");
        if (fault.needsSmallDisks()) {
            plant.assumeSmallDisks();
        }
        Seeds.tryAll(campaign, fault, Soak.rounds(1, fault.withChunks()));
    }
}
