import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import testbed.ClientBinaries;
import testbed.PgServer;
import testbed.Run;

/**
 * A migration to look at: a web shop moves from one throw-away server to another. Every command line is shown as
 * it is run. The first that fails ends the demonstration with exit code 1; the servers go in any case.
 */
class Demo {
    private static final String QUESTION = "SELECT count(*) AS payments, sum(amount) AS paid, max(received) AS last FROM shop.payments";

    private final Path report;
    private final Map<String, String> environment = new HashMap<>();

    private Demo(Path report) {
        this.report = report;
        // What users have set for servers of their own would lead every command astray.
        System.getenv().keySet().stream().filter(name -> name.startsWith("PG")).forEach(name -> environment.put(name, ""));
    }

    /** @param args the file for the summary of the migration, unless it is to be build/demo-report.txt */
    public static void main(String[] args) {
        long start = System.nanoTime();
        Demo demo = new Demo(Path.of(args.length > 0 ? args[0] : "build/demo-report.txt"));
        try {
            demo.run();
        } catch (IOException | RuntimeException e) {
            System.out.printf("%ndemo: error: %s%nNo server is left.%n", e.getMessage());
            System.exit(1);
        }
        System.out.printf("%nBoth servers are gone. The summary of the migration is in %s. This took %d seconds.%n", demo.report,
                Duration.ofNanos(System.nanoTime() - start).toSeconds());
    }

    private void run() throws IOException {
        Files.createDirectories(report.toAbsolutePath().getParent());
        int major = ClientBinaries.clientMajor();
        say("Two servers of PostgreSQL " + major + " start on this machine. They go away at the end.");
        try (PgServer source = PgServer.start(major); PgServer target = PgServer.start(major)) {
            export("SOURCE", address(source));
            export("TARGET", address(target));
            export("PGPASSFILE", passFile(source).toString());

            say("The source gets a web shop with 40,000 orders, and what 40 sensors measured in a year.");
            command("psql -X -q -f tests/sql/demo.sql \"${SOURCE%/shop}/postgres\"");

            say("All " + source.query("shop", "SELECT pg_size_pretty(pg_database_size('shop'))")
                    + " of it move, with roles, policies, triggers and large objects. Then both sides are compared by checksums.");
            command("./jbang migrate --create-database --verify checksums --out " + report + " --overwrite");

            say("The same comparison can be made at any other time.");
            command("./jbang verify --level checksums");

            say("See for yourself: one question to both sides.");
            if (!answer("SOURCE").equals(answer("TARGET"))) {
                throw new IllegalStateException("the two answers differ");
            }
        }
    }

    private static String address(PgServer server) {
        return "postgresql://" + server.user() + "@" + server.host() + ":" + server.port() + "/shop";
    }

    /** The servers of one JVM share a password. Its file stands in the folder of one of them, which goes even after {@code kill -9}. */
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
        String line = "psql -X \"$" + side + "\" -c \"" + QUESTION + "\"";
        System.out.println("$ " + line);
        Run run = Run.of(shell(line), environment, null);
        System.out.print(run.err() + run.out().stripTrailing() + "\n");
        check(line, run.code());
        return run.out();
    }

    /** The newest clients come first, whatever a plain psql may be here. */
    private static List<String> shell(String line) {
        return List.of("sh", "-c", "PATH=$1:$PATH; " + line, "sh", ClientBinaries.bin(ClientBinaries.clientMajor()).toString());
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
