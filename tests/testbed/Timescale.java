//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Servers with TimescaleDB. Its community edition (compression, continuous aggregates, jobs) is in no package here, so
 * that it runs only where {@code TSMIGRATE_TEST_PG_BINDIRS} lists an installation.
 */
public final class Timescale {
    /**
     * Without preloading the extension cannot be created; telemetry would ask the network; 2,000 chunks are locked at
     * once.
     */
    private static final String[] SETTINGS = {"shared_preload_libraries=timescaledb", "timescaledb.telemetry_level=off",
            "max_locks_per_transaction=1000"};
    /**
     * What the extension itself says of a database; when its own jobs and the plant's restless one run is not the
     * user's concern.
     */
    public static final List<String> VIEWS = List.of(
            "SELECT * FROM timescaledb_information.hypertables ORDER BY 1, 2",
            "SELECT * FROM timescaledb_information.dimensions ORDER BY 1, 2, 3",
            "SELECT * FROM timescaledb_information.chunks ORDER BY 1, 2, 3, 4",
            "SELECT * FROM timescaledb_information.compression_settings ORDER BY 1, 2, 3",
            "SELECT * FROM timescaledb_information.continuous_aggregates ORDER BY 3, 4",
            "SELECT * FROM timescaledb_information.jobs WHERE job_id >= 1000 AND job_id <> 1007 ORDER BY 1");
    private static final Pattern COMMUNITY = Pattern.compile("timescaledb-tsl-(.+)\\.so");

    /**
     * Two servers.
     *
     * @param plant the plant's database on the source
     */
    public record Pair(PgServer source, PgServer target, String plant) implements AutoCloseable {
        /** Both of the community edition. */
        public static Pair start(String version) {
            PgServer source = community(version).start();
            return new Pair(source, community(version).start(), Timescale.plant(source));
        }

        @Override
        public void close() {
            source.close();
            target.close();
        }
    }

    private Timescale() {
    }

    /**
     * @return a server to be started whose installation offers these versions and no others; a test that needs one that
     * is not there is skipped
     */
    public static PgServer.Plan community(String... versions) {
        Optional<ServerBinaries> found =
                ServerBinaries.listed().stream().filter(listed -> offered(listed).equals(Set.of(versions)))
                        .max(Comparator.comparing(ServerBinaries::major));
        Assumptions.assumeTrue(found.isPresent(), () -> "needs TimescaleDB " + String.join(" and ", versions)
                + ", community edition; list its folder of programs in TSMIGRATE_TEST_PG_BINDIRS");
        return PgServer.plan(found.orElseThrow()).with(SETTINGS);
    }

    /** A server of the newest community version that an installation offers alone, if there is one. */
    public static Optional<PgServer.Plan> newest() {
        return ServerBinaries.listed().stream().filter(listed -> offered(listed).size() == 1)
                .max(Comparator.comparing(listed -> Version.parse(offered(listed).iterator().next())))
                .map(found -> PgServer.plan(found).with(SETTINGS));
    }

    /** The plant's database, see sql/timescale.sql, on a server of the community edition. */
    public static String plant(PgServer server) {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        plant(server, database);
        return database;
    }

    /** Makes the plant's objects in a database that has the extension, in whatever version. */
    public static void plant(PgServer server, String database) {
        if (server.rows(database, "SELECT FROM pg_roles WHERE rolname = 'plant_owner'").isEmpty()) {
            server.script(database, Path.of("tests/sql/timescale-roles.sql"));
        }
        server.script(database, Path.of("tests/sql/timescale.sql"));
    }

    /** Two databases of a server hold the same plant, but for what its restless job writes. */
    public static void assertSamePlant(PgServer server, String expected, String found) {
        assertEquals(Oracle.schema(server, expected), Oracle.schema(server, found));
        for (String view : VIEWS) {
            assertEquals(server.rows(expected, view), server.rows(found, view), view);
        }
        SortedMap<String, String> wanted = Oracle.data(server, expected);
        SortedMap<String, String> data = Oracle.data(server, found);
        wanted.keySet().removeIf(name -> name.contains("heartbeat"));
        data.keySet().removeIf(name -> name.contains("heartbeat"));
        assertEquals(wanted, data);
    }

    private static Set<String> offered(ServerBinaries binaries) {
        Set<String> versions = new TreeSet<>();
        try (Stream<Path> libraries = Files.list(binaries.bin().resolveSibling("lib"))) {
            libraries.map(library -> COMMUNITY.matcher(library.getFileName().toString())).filter(Matcher::matches)
                    .map(name -> name.group(1))
                    .forEach(versions::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return versions;
    }
}
