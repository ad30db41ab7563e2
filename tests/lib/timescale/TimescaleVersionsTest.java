//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.timescale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lib.preflight.TimescaleAlignment;
import lib.server.Versions;
import lib.talk.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which PostgreSQL runs which TimescaleDB, and what is made of pairs that no test server can stand for. */
class TimescaleVersionsTest {
    @ParameterizedTest
    @CsvSource({"2.9.3, 12 13 14 15", "2.11.2, 12 13 14 15", "2.12.0, 13 14 15", "2.13.1, 13 14 15 16",
            "2.15.3, 13 14 15 16", "2.16.1, 14 15 16",
            "2.17.0, 14 15 16 17", "2.19.3, 14 15 16 17", "2.20.0, 15 16 17", "2.22.1, 15 16 17", "2.23.0, 15 16 17 18",
            "2.28.3, 15 16 17 18",
            "2.29.2, 16 17 18 19"})
    void a_version_runs_on_these_majors_and_the_newest_may_run_on_newer_ones(String version, String majors) {
        assertEquals(majors,
                String.join(" ", IntStream.range(11, 20).filter(major -> TimescaleVersions.runsOn(version, major))
                        .mapToObj(String::valueOf).toList()));
    }

    @Test
    void the_versions_for_a_pair_of_majors_are_named_and_the_way_where_there_are_none() {
        assertEquals("2.9-2.28", TimescaleVersions.onBoth(15, 15));
        assertEquals("2.17-2.28", TimescaleVersions.onBoth(15, 17));
        assertEquals("2.23 or newer", TimescaleVersions.onBoth(16, 18));
        assertEquals(null, TimescaleVersions.onBoth(13, 17));
        assertEquals(List.of("upgrade PostgreSQL to 16 (pg_upgrade)", "update timescaledb to 2.17 or newer"),
                TimescaleVersions.upgradePath("2.13.1", 13, 17));
        assertEquals(
                List.of("update timescaledb to 2.13-2.15", "upgrade PostgreSQL to 16 (pg_upgrade)",
                        "update timescaledb to 2.17 or newer"),
                TimescaleVersions.upgradePath("2.11.2", 13, 17));
        assertEquals(List.of("upgrade PostgreSQL to 15 (pg_upgrade)", "update timescaledb to 2.23-2.28"),
                TimescaleVersions.upgradePath("2.9.1", 12, 18));
        assertEquals(List.of(), TimescaleVersions.upgradePath("2.9.1", 11, 18));
        assertTrue(TimescaleVersions.isKnown("2.9.0"));
        assertFalse(TimescaleVersions.isKnown("2.8.1"));
    }

    @Test
    void a_pair_that_no_version_runs_on_is_explained_with_the_way_round() {
        assertRefused("""
                timescaledb is 2.13.1 on the source, and the target does not offer this version
                the source (PostgreSQL 13) offers 2.13.1, 2.15.3; the target (PostgreSQL 17) offers 2.17.0, \
                2.22.1; both offer none; \
                TimescaleDB 2.13.1 runs on PostgreSQL 13 to 16
                no version of TimescaleDB runs on both; on the source: upgrade PostgreSQL to 16 (pg_upgrade), \
                then update timescaledb to 2.17 or newer; \
                or take a target of PostgreSQL 13 to 16""", source(13, "2.13.1", "2.15.3"),
                target(17, null, "2.17.0", "2.22.1"));
        assertRefused(
                """
                timescaledb is 2.13.1 on the source and 2.22.1 on the target
                the source (PostgreSQL 15) offers 2.13.1; the target (PostgreSQL 17) offers 2.22.1; both offer none; \
                TimescaleDB 2.13.1 runs on PostgreSQL 13 to 16
                install TimescaleDB 2.17-2.28 on both servers, which runs on PostgreSQL 15 and 17, and run \
                align-version --on source""",
                source(15, "2.13.1"), target(17, "2.22.1"));
    }

    @Test
    void what_the_source_is_told_to_install_runs_on_its_postgresql() {
        assertRefused("""
                timescaledb is 2.14.2 on the source, and the target does not offer this version
                the source (PostgreSQL 13) offers 2.14.2; the target (PostgreSQL 15) offers 2.15.3, \
                2.22.1; both offer none
                install TimescaleDB 2.14.2 on the target's server and run align-version again; \
                or install TimescaleDB 2.15.3 on the source's server and run align-version --on source""",
                source(13, "2.14.2"), target(15, null, "2.15.3", "2.22.1"));
    }

    @Test
    void the_source_is_updated_to_what_the_target_has_else_to_the_newest_that_both_can_have() {
        TimescaleAlignment.Side source = source(15, "2.13.1", "2.17.0", "2.19.3", "2.22.1");
        assertEquals("2.19.3 [source updated: 2.19.3]",
                planned(source, target(17, null, "2.17.0", "2.19.3", "2.23.0")));
        assertEquals("2.19.3 [source updated: 2.19.3, created anew: 2.19.3]",
                planned(source, target(17, "2.23.0", "2.17.0", "2.19.3")));
        assertEquals("2.17.0 [source updated: 2.17.0]", planned(source, target(17, "2.17.0", "2.19.3")));
    }

    private static String planned(TimescaleAlignment.Side source, TimescaleAlignment.Side target) {
        TimescaleAlignment.Plan plan = new TimescaleAlignment(source, target).plan(Optional.of("source"));
        return plan.version() + " " + plan.steps().stream().map(TimescaleAlignment.Step::result).toList();
    }

    private static TimescaleAlignment.Side source(int major, String version, String... updates) {
        return side("source", major, version, updates);
    }

    private static TimescaleAlignment.Side target(int major, String version, String... others) {
        return side("target", major, version, others);
    }

    private static TimescaleAlignment.Side side(String name, int major, String version, String... others) {
        Set<String> offers = new TreeSet<>(Versions.ORDER);
        offers.addAll(List.of(others));
        Set<String> updates = new TreeSet<>(Versions.ORDER);
        if (version != null) {
            offers.add(version);
            updates.addAll(offers.stream().filter(other -> Versions.ORDER.compare(other, version) > 0).toList());
        }
        return new TimescaleAlignment.Side(name, major, version, version == null ? null : "public", offers, updates,
                null);
    }

    private static void assertRefused(String lines, TimescaleAlignment.Side source, TimescaleAlignment.Side target) {
        Failure failure =
                assertThrows(Failure.class, () -> new TimescaleAlignment(source, target).plan(Optional.of("source")));
        assertEquals(lines, failure.getMessage() + "\n" + failure.detail() + "\n" + failure.hint());
        assertEquals(3, failure.exitCode());
    }
}
