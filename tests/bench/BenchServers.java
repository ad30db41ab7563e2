package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.opentest4j.TestAbortedException;
import testbed.CacheFolder;
import testbed.ClientBinaries;
import testbed.PgServer;
import testbed.ServerAccess;
import testbed.Timescale;
import testbed.TrixieRoot;

/** Two fresh servers with the same settings, the source filled, and the programs for both. */
public final class BenchServers implements AutoCloseable {
    /** Debian's own but for these; unlike in tests, what a server has promised to keep is on its disk. */
    static final List<String> SETTINGS =
            List.of("shared_buffers=1GB", "max_locks_per_transaction=1000", "fsync=on", "synchronous_commit=on",
                    "full_page_writes=on");
    private static final String DATABASE = "bench";
    /** Bytes that stay free on the disk. */
    private static final long ROOM = 15L << 30;

    private final Workload workload;
    private final PgServer source;
    private final PgServer target;
    private final Path clients;
    private final Path folder;
    private final Contents contents;
    private final double scale;
    private boolean written;
    private final Deque<Path> former = new ArrayDeque<>();

    private BenchServers(Workload workload, PgServer.Plan plan, Path clients, double scale) {
        this.workload = workload;
        this.clients = clients;
        this.scale = scale;
        source = plan.with(SETTINGS.toArray(String[]::new)).start();
        target = plan.start();
        source.sql("postgres", "CREATE DATABASE " + DATABASE + " TEMPLATE template0");
        source.sql(DATABASE, workload.statements(scale).toArray(String[]::new));
        source.sql(DATABASE, "VACUUM ANALYZE");
        contents = Contents.of(source, DATABASE);
        // It goes with its server, even after kill -9.
        folder = source.socketFolder().resolve("bench");
    }

    /** Starts both servers and fills the source. */
    public static BenchServers of(Workload workload, double scale) {
        if (!workload.hypertables()) {
            int major = ClientBinaries.clientMajor();
            return new BenchServers(workload, PgServer.plan(major), ClientBinaries.bin(major), scale);
        }
        Optional<PgServer.Plan> community = Timescale.newest();
        if (workload.compressed() && community.isEmpty()) {
            throw new TestAbortedException(
                    "needs TimescaleDB, community edition; list its folder of programs in TSMIGRATE_TEST_PG_BINDIRS");
        }
        return community.map(plan -> new BenchServers(workload, plan, ClientBinaries.bin(plan.major()), scale))
                .orElseGet(() -> new BenchServers(workload, TrixieRoot.timescalePlan(), TrixieRoot.clientWrappers(),
                        scale));
    }

    /** What these servers are, in words. */
    String servers() {
        String version = source.query("postgres", "SHOW server_version").replaceFirst(" .*", "");
        return "PostgreSQL " + version + (workload.hypertables() ? ", TimescaleDB " + source.query(DATABASE, """
                SELECT extversion || CASE current_setting('timescaledb.license') WHEN 'apache' THEN ' Apache edition'
                  ELSE '' END
                FROM pg_extension WHERE extname = 'timescaledb'""") : "");
    }

    /** The size of the source on its disk. */
    long bytes() {
        return Long.parseLong(source.query(DATABASE, "SELECT pg_database_size(current_database())"));
    }

    Workload workload() {
        return workload;
    }

    /** Where the database comes from. */
    public ServerAccess source() {
        return source;
    }

    /** Where it goes to. */
    public ServerAccess target() {
        return target;
    }

    /** Makes the target a fresh server with an empty database. */
    void prepare() {
        former.add(target.renew());
        while (!roomy() && !former.isEmpty()) {
            CacheFolder.delete(former.poll());
        }
        target.sql("postgres", "CREATE DATABASE " + DATABASE + " TEMPLATE template0");
        if (workload.hypertables()) {
            target.sql(DATABASE, "CREATE EXTENSION timescaledb");
        }
        source.sql("postgres", "CHECKPOINT");
        target.sql("postgres", "CHECKPOINT");
    }

    /** Does what the application does between two passes. */
    void write() {
        written = true;
        writes(workload.writes().orElseThrow().statements());
    }

    /** Has the source be what it was before. */
    void undoWrites() {
        writes(workload.writes().orElseThrow().undoing());
        written = false;
    }

    private void writes(String script) {
        source.sql(DATABASE, workload.scaled(script, scale).toArray(String[]::new));
        source.sql("postgres", "CHECKPOINT");
        target.sql("postgres", "CHECKPOINT");
    }

    /**
     * Runs a script of a contender once.
     *
     * @param source the port at which the tool is to look for the source
     * @param target the same for the target
     */
    Measured move(Contender contender, String script, int sourcePort, int targetPort, Duration limit) {
        try {
            CacheFolder.delete(folder);
            Files.createDirectory(folder);
            Path data = Files.createDirectory(folder.resolve("files"));
            return Measured.of(script, environment(contender, sourcePort, targetPort, data),
                    folder.resolve("messages"), limit);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The CPU seconds that both servers have taken so far. */
    double serverTime() {
        return ServerTime.of(source) + ServerTime.of(target);
    }

    /** @return in what the target differs from the source, empty if in nothing */
    String difference() {
        // As late as this, for reading new rows marks them for the next reader.
        Contents wanted = written ? Contents.of(source, DATABASE) : contents;
        if (written && wanted.equals(contents)) {
            throw new IllegalStateException("nothing was written between the passes");
        }
        return wanted.difference(Contents.of(target, DATABASE));
    }

    private Map<String, String> environment(Contender contender, int sourcePort, int targetPort, Path data) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("SOURCE", uri(source, sourcePort));
        environment.put("TARGET", uri(target, targetPort));
        // The servers of one JVM share it.
        environment.put("PGPASSWORD", source.password());
        environment.put("DIR", data.toString());
        environment.put("TMPDIR", data.toString());
        environment.put("REPOSITORY", Path.of("").toAbsolutePath().toString());
        environment.put("TSMIGRATE_PG_BINDIRS", clients.toString());
        Optional<Path> pgcopydb = contender.needsPgcopydb() ? Pgcopydb.folder() : Optional.empty();
        environment.put("PATH", clients + ":" + pgcopydb.map(path -> path + ":").orElse("") + System.getenv("PATH"));
        return environment;
    }

    private static String uri(PgServer server, int port) {
        return "postgresql://" + server.user() + "@" + server.host() + ":" + port + "/" + DATABASE;
    }

    /** Whether there is room on the disk for more of what makes a file system slow to remove. */
    boolean roomy() {
        try {
            return Files.getFileStore(folder.getParent()).getUsableSpace() > ROOM;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops both servers, and removes nothing yet. */
    void rest() {
        source.stop();
        target.stop();
    }

    @Override
    public void close() {
        source.close();
        target.close();
    }
}
