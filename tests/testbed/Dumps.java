package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Databases worth dumping, and the commands that dump and restore. */
public final class Dumps {
    private Dumps() {
    }

    /**
     * Makes a database whose loading fails where the setting {@code shop.broken} says so, or waits where
     * {@code shop.slow} does.
     */
    public static String shop(PgServer server) {
        String shop = server.newDatabase();
        server.sql(shop, "CREATE EXTENSION citext", """
                CREATE FUNCTION mind(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('shop.broken', true) = 'yes' THEN RAISE EXCEPTION 'broken'; END IF;
                  IF current_setting('shop.slow', true) = 'yes' THEN PERFORM pg_catalog.pg_advisory_xact_lock(1); END \
                IF;
                  RETURN id;
                END $$""",
                "CREATE TABLE item (id serial PRIMARY KEY CHECK (mind(id) = id), name citext)",
                "INSERT INTO item (name) SELECT 'item ' || i FROM generate_series(1, 1000) i",
                "CREATE TABLE price (item int REFERENCES item, amount numeric)",
                "INSERT INTO price SELECT id, id / 7.0 FROM item",
                "CREATE MATERIALIZED VIEW total AS SELECT sum(amount) FROM price",
                "SELECT lo_from_bytea(818, 'large')");
        return shop;
    }

    /** Runs dump. */
    public static CommandRun dump(String source, Path out, String... options) {
        return dump(Map.of(), source, out, options);
    }

    /** Runs dump with more in its environment. */
    public static CommandRun dump(Map<String, String> environment, String source, Path out, String... options) {
        Map<String, String> all = new LinkedHashMap<>(environment);
        all.put("SOURCE", source);
        return CommandRun.of("Dump", all,
                Stream.concat(Stream.of("-o", out.toString()), Stream.of(options)).toArray(String[]::new));
    }

    /** Dumps into a place, which must succeed. */
    public static Path dumped(PgServer server, String database, Path out, String... options) {
        CommandRun run = dump(server.uri(database), out, options);
        if (run.code() != 0) {
            throw new IllegalStateException(run.err());
        }
        return out;
    }

    /** Runs restore-postgres. */
    public static CommandRun restore(String target, Path dump, String... options) {
        List<String> arguments = Stream.concat(Stream.of(options), Stream.of(dump.toString())).toList();
        return CommandRun.of("RestorePostgres", Map.of("TARGET", target), arguments.toArray(String[]::new));
    }

    /** The names of what stands in a folder, but for the programs that a test has put there. */
    public static Set<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> !name.startsWith("clients-"))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The files of a dump. */
    public static List<Path> files(Path dump) {
        try (Stream<Path> files = Files.walk(dump)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
