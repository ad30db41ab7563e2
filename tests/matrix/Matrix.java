//DEPS info.picocli:picocli:4.7.7

package matrix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import testbed.ClientBinaries;
import testbed.PgServer;
import testbed.Requirement;
import testbed.ServerBinaries;
import testbed.TrixieRoot;

/**
 * What {@code make matrix} runs: one migration from each version of PostgreSQL to each, with each Java of this machine.
 */
@Command(name = "matrix")
final class Matrix implements Callable<Integer> {
    @Option(names = "MAJORS", split = ",", description = "of the servers; all that can be had if not given",
            defaultValue = "12,13,14,15,16,17,18")
    List<Integer> majors;
    @Option(names = "RESULTS", description = "the folder for the table", defaultValue = "build")
    Path results;

    /** @param args make's variables; those that are empty are not set */
    public static void main(String[] args) {
        Requirement.madeBy("matrix");
        System.exit(new CommandLine(new Matrix()).setExecutionExceptionHandler((e, line, parsed) -> {
            System.out.println("matrix: error: " + e.getMessage());
            return 1;
        }).execute(Arrays.stream(args).filter(arg -> !arg.endsWith("=")).toArray(String[]::new)));
    }

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        List<Java> javas = Java.found();
        MatrixTable table = new MatrixTable(majors, javas);
        // Programs of 17 that run outside of their root folder, where root can make one.
        Optional<Path> wrappers = ClientBinaries.find(17).isEmpty() && TrixieRoot.available()
                ? Optional.of(TrixieRoot.clientWrappers()) : Optional.empty();
        for (int from : majors) {
            Optional<PgServer.Plan> plan = plan(from, table);
            if (plan.isEmpty()) {
                continue;
            }
            try (PgServer source = plan.get().start()) {
                Move.fill(source);
                for (int to : majors) {
                    for (Java java : javas) {
                        move(source, to, java, wrappers, table);
                    }
                }
            }
        }
        Files.createDirectories(results);
        Path page = Files.writeString(results.resolve("matrix.md"),
                table.page(Duration.ofNanos(System.nanoTime() - start)));
        System.out.println("The table is in " + page + ".");
        return table.failed() ? 1 : 0;
    }

    private static void move(PgServer source, int to, Java java, Optional<Path> wrappers, MatrixTable table) {
        int from = source.major();
        if (to >= from && IntStream.rangeClosed(from, to)
                .noneMatch(major -> ClientBinaries.find(major).isPresent() || major == 17 && wrappers.isPresent())) {
            table.without(from, to,
                    "needs client programs of a version from the one to the other, such as postgresql-client-16");
            return;
        }
        plan(to, table).ifPresent(plan -> {
            try (PgServer target = plan.start()) {
                Move.Outcome outcome = Move.run(source, target, java, wrappers);
                table.add(from, to, java, outcome);
                System.out.printf("%d to %d, Java %d: %s %s%n", from, to, java.major(), MatrixTable.cell(outcome),
                        outcome.problem());
            }
        });
    }

    /** A server of this machine, of the folders that are listed for tests, or of Maven Central. */
    private static Optional<PgServer.Plan> plan(int major, MatrixTable table) {
        try {
            return Optional.of(PgServer.plan(ServerBinaries.installed(major)
                    .or(() -> ServerBinaries.listed().stream().filter(server -> server.major() == major).findFirst())
                    .orElseGet(() -> ServerBinaries.embedded(major))));
        } catch (IllegalStateException | IllegalArgumentException e) {
            table.without(major, e.getMessage().lines().findFirst().orElse(""));
            return Optional.empty();
        }
    }
}
