package matrix;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;

/**
 * One migration of the database of tests/sql/ordinary.sql to a server without databases, judged by what stock tools
 * make of it there.
 */
public final class Move {
    public static final String DATABASE = "shop";
    private static final Path SQL = Path.of("tests", "sql");

    /** What became of it: equal in all, refused before anything was changed, or neither. */
    public enum End {
        EQUAL,
        REFUSED,
        FAILED
    }

    /**
     * How it ended.
     *
     * @param schema whether the schema was compared, too, for which a pg_dump of the target's version or a newer one is
     * needed
     * @param problem what was said or found where it is not equal
     */
    public record Outcome(End end, double seconds, boolean schema, String problem) {
    }

    private Move() {
    }

    /** Makes the database and its roles on a server that has neither. */
    public static void fill(PgServer source) {
        source.script("postgres", SQL.resolve("ordinary-roles.sql"));
        source.sql("postgres", "CREATE DATABASE " + DATABASE + " TEMPLATE template0");
        source.script(DATABASE, SQL.resolve("ordinary.sql"));
    }

    /** Moves it, by the classes of this JVM. */
    public static Outcome run(PgServer source, PgServer target, Java java, Optional<Path> clients) {
        Map<String, String> environment = new HashMap<>();
        System.getenv().keySet().stream().filter(name -> name.startsWith("PG"))
                .forEach(name -> environment.put(name, ""));
        environment.put("SOURCE", source.uri(DATABASE));
        environment.put("TARGET", target.uri(DATABASE));
        clients.ifPresent(folder -> environment.put("TSMIGRATE_PG_BINDIRS", folder.toString()));
        List<String> command = new ArrayList<>(List.of(java.program(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"), "Migrate", "--create-database", "--verify", "checksums"));
        long start = System.nanoTime();
        Run run = Run.of(command, environment, null);
        double seconds = (System.nanoTime() - start) / 1e9;
        if (run.code() != 0) {
            String errors = run.err().lines().filter(line -> line.contains(": error: ") || line.contains("\tat "))
                    .collect(Collectors.joining("; "));
            return new Outcome(run.code() == 3 ? End.REFUSED : End.FAILED, seconds, false,
                    "exit code " + run.code() + ": " + errors);
        }
        String expected = Oracle.restore(source, DATABASE, target);
        Optional<String> problem = difference(target, expected, DATABASE);
        return new Outcome(problem.isEmpty() ? End.EQUAL : End.FAILED, seconds,
                Oracle.clientFor(target.major()).isPresent(), problem.orElse(""));
    }

    /** @return in what two databases of a server differ, if in anything */
    public static Optional<String> difference(PgServer server, String expected, String found) {
        SortedMap<String, String> rows = new TreeMap<>(Oracle.data(server, expected));
        Oracle.data(server, found).forEach((name, contents) -> {
            if (!rows.remove(name, contents)) {
                rows.put(name, contents);
            }
        });
        if (!rows.isEmpty()) {
            return Optional.of("other than by stock tools: " + String.join(", ", rows.keySet()));
        }
        return Oracle.schema(server, expected).equals(Oracle.schema(server, found)) ? Optional.empty()
                : Optional.of("another schema than by stock tools");
    }
}
