package demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.opentest4j.TestAbortedException;
import testbed.ClientBinaries;
import testbed.PgServer;
import testbed.Requirement;
import testbed.Run;
import testbed.TrixieRoot;

/**
 * A migration to look at: a database moves from one throw-away server to another. Every command line is shown as it is
 * run. The first that fails ends the demonstration with exit code 1; the servers go in any case.
 */
class Demo {
    /**
     * What is moved.
     *
     * @param server starts one of the two servers
     * @param clients the folder of the programs for servers of this version
     * @param intro what is said when they start
     * @param contents what the database gets
     * @param script makes it
     * @param moved what moves beside rows
     * @param question what both sides are asked in the end
     */
    private record Show(String database, Supplier<PgServer> server, Supplier<Path> clients, String intro,
            String contents, String script, String moved,
            String question) {
    }

    private final Show show;
    private final Path report;
    private final Map<String, String> environment = new HashMap<>();

    private Demo(Show show, Path report) {
        this.show = show;
        this.report = report;
        // What users have set for servers of their own would lead every command astray.
        System.getenv().keySet().stream().filter(name -> name.startsWith("PG"))
                .forEach(name -> environment.put(name, ""));
    }

    private static Show shop() {
        int major = ClientBinaries.clientMajor();
        return new Show("shop", () -> PgServer.start(major), () -> ClientBinaries.bin(major),
                "Two servers of PostgreSQL " + major + " start on this machine. They go away at the end.",
                "The source gets a web shop with 40,000 orders, and what 40 sensors measured in a year.",
                "tests/sql/demo.sql",
                "roles, policies, triggers and large objects",
                "SELECT count(*) AS payments, sum(amount) AS paid, max(received) AS last FROM shop.payments");
    }

    private static Show plant() {
        return new Show("plant", () -> TrixieRoot.timescale("max_locks_per_transaction=256"),
                TrixieRoot::clientWrappers,
                "Two servers of PostgreSQL 17 with TimescaleDB, Apache edition, start in a Debian root folder. "
                        + "They go away at the end.",
                "The source gets a plant whose 50 machines reported every hour of a year, in hypertables.",
                "tests/sql/demo-timescale.sql",
                "hypertables, chunks, roles and triggers",
                "SELECT count(*) AS readings, round(avg(power)) AS power, max(time) AS last FROM plant.reading");
    }

    /**
     * @param args "timescale" for the show with TimescaleDB; the file for the summary of the migration, unless it is to
     * be build/demo-report.txt
     */
    public static void main(String[] args) {
        long start = System.nanoTime();
        List<String> arguments = new ArrayList<>(List.of(args));
        boolean timescale = arguments.remove("timescale");
        Requirement.madeBy(timescale ? "demo-timescale" : "demo");
        Path report = Path.of(arguments.isEmpty() ? "build/demo-report.txt" : arguments.get(0));
        try {
            new Demo(timescale ? plant() : shop(), report).run();
        } catch (TestAbortedException e) {
            System.out.printf("%ndemo: error: %s%n", e.getMessage());
            System.exit(1);
        } catch (IOException | RuntimeException e) {
            System.out.printf("%ndemo: error: %s%nNo server is left.%n", e.getMessage());
            System.exit(1);
        }
        System.out.printf("%nBoth servers are gone. The summary of the migration is in %s. This took %d seconds.%n",
                report,
                Duration.ofNanos(System.nanoTime() - start).toSeconds());
    }

    private void run() throws IOException {
        Files.createDirectories(report.toAbsolutePath().getParent());
        say(show.intro);
        try (PgServer source = show.server.get(); PgServer target = show.server.get()) {
            export("SOURCE", address(source));
            export("TARGET", address(target));
            export("PGPASSFILE", passFile(source).toString());
            // Not every version's clients are where everybody looks for them.
            environment.putIfAbsent("TSMIGRATE_PG_BINDIRS",
                    System.getenv().getOrDefault("TSMIGRATE_PG_BINDIRS", show.clients.get().toString()));

            say(show.contents);
            command("psql -X -q -f " + show.script + " \"${SOURCE%/" + show.database + "}/postgres\"");

            say("All " + source.query(show.database, "SELECT pg_size_pretty(pg_database_size('" + show.database + "'))")
                    + " of it move, with " + show.moved + ". Then both sides are compared by checksums.");
            command("./jbang migrate --create-database --verify checksums --out " + report + " --overwrite");

            say("The same comparison can be made at any other time.");
            command("./jbang verify --level checksums");

            say("See for yourself: one question to both sides.");
            if (!answer("SOURCE").equals(answer("TARGET"))) {
                throw new IllegalStateException("the two answers differ");
            }
        }
    }

    private String address(PgServer server) {
        return "postgresql://" + server.user() + "@" + server.host() + ":" + server.port() + "/" + show.database;
    }

    /**
     * The servers of one JVM share a password. Its file stands in the folder of one of them, which goes even after
     * {@code kill -9}.
     */
    private static Path passFile(PgServer server) throws IOException {
        Path file = Files.createTempFile(server.socketFolder(), "pgpass", "", PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, "*:*:*:*:" + server.password().replace("\\", "\\\\").replace(":", "\\:") + "\n");
    }

    private static void say(String text) {
        System.out.println("\n" + text);
    }

    private void export(String name, String value) {
        System.out.println("$ export " + name + "=" + value);
        environment.put(name, value);
    }

    /** Runs a command line with its output on ours. */
    private void command(String line) throws IOException {
        System.out.println("$ " + line);
        ProcessBuilder builder = new ProcessBuilder(shell(line)).inheritIO();
        builder.environment().putAll(environment);
        builder.environment().values().removeIf(String::isEmpty);
        check(line, code(builder.start()));
    }

    private String answer(String side) {
        String line = "psql -X \"$" + side + "\" -c \"" + show.question + "\"";
        System.out.println("$ " + line);
        Run run = Run.of(shell(line), environment, null);
        System.out.print(run.err() + run.out().stripTrailing() + "\n");
        check(line, run.code());
        return run.out();
    }

    /** The newest clients come first, whatever a plain psql may be here. */
    private List<String> shell(String line) {
        return List.of("sh", "-c", "PATH=$1:$PATH; " + line, "sh", show.clients.get().toString());
    }

    private static void check(String line, int code) {
        if (code != 0) {
            throw new IllegalStateException("exit code " + code + " from: " + line);
        }
    }

    private static int code(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
