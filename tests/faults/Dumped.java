//DEPS org.postgresql:postgresql:42.7.14

package faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import testbed.Oracle;
import testbed.ServerAccess;

/**
 * What a database holds, as stock pg_dump says it: the schema as text, and for each table, sequence and large object
 * what can be compared whatever the order of rows. What materialized views hold, which no dump has, is asked for.
 */
final class Dumped {
    /** A dump is in the encoding of its database, which need not be known to compare it. */
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;
    /** Lines that say who wrote the dump, and the random keys that newer minor releases put around it. */
    private static final Pattern NOT_SCHEMA = Pattern.compile("\\\\(un)?restrict .*|-- Dumped (from|by) .*");
    private static final Pattern ROWS = Pattern.compile("COPY (.+?) (?:\\(.*\\) )?FROM stdin;");
    private static final Pattern POSITION = Pattern.compile("SELECT pg_catalog\\.setval\\('(.*)', (\\d+, \\w+)\\);");
    private static final Pattern OPENED = Pattern.compile("SELECT pg_catalog\\.lo_open\\('(\\d+)', \\d+\\);");
    private static final String WRITTEN = "SELECT pg_catalog.lowrite(";
    private static final String VIEWS = """
            SELECT oid::regclass::text, relispopulated FROM pg_class WHERE relkind = 'm' ORDER BY pg_class.oid""";

    private final StringBuilder schema = new StringBuilder();
    private final SortedMap<String, String> found = new TreeMap<>();
    private String largeObject;
    private RowSet written;

    private Dumped() {
    }

    /** @return what a database holds, its materialized views as they are */
    static SortedMap<String, String> of(ServerAccess server, String database) {
        return of(server, database, false);
    }

    /** @return what a database would hold that is dumped and restored now, its materialized views computed anew */
    static SortedMap<String, String> restored(ServerAccess server, String database) {
        return of(server, database, true);
    }

    private static SortedMap<String, String> of(ServerAccess server, String database, boolean computed) {
        Dumped dumped = new Dumped();
        dumped.read(server, database);
        dumped.readViews(server, database, computed);
        // A dump leaves them out.
        dumped.found.put("indexes that are not valid", server.rows(database,
                "SELECT indexrelid::regclass FROM pg_index WHERE NOT (indisvalid AND indisready) ORDER BY 1")
                .toString());
        return dumped.found;
    }

    /** @param computed whether each is computed anew, in a transaction that leaves them as they are */
    private void readViews(ServerAccess server, String database, boolean computed) {
        try (Connection connection = server.connect(database); Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (List<String> view : server.rows(database, VIEWS)) {
                boolean populated = view.get(1).equals("t");
                if (computed && populated) {
                    statement.execute("REFRESH MATERIALIZED VIEW " + view.get(0));
                }
                found.put("materialized view " + view.get(0), populated
                        ? RowSet.of(connection, "SELECT * FROM " + view.get(0)).toString() : "not populated");
            }
            connection.rollback();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private void read(ServerAccess server, String database) {
        String program = Oracle.clients(server.major()).resolve("pg_dump").toString();
        try {
            Path messages = Files.createTempFile("tsmigrate-dump-", "");
            ProcessBuilder builder = new ProcessBuilder(program).redirectError(messages.toFile());
            server.environment(database).forEach((name, value) -> {
                if (value.isEmpty()) {
                    builder.environment().remove(name);
                } else {
                    builder.environment().put(name, value);
                }
            });
            Process process = builder.start();
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), BYTES))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    read(line, lines);
                }
            }
            int code = process.waitFor();
            String said = Files.readString(messages);
            Files.delete(messages);
            if (code != 0) {
                throw new IllegalStateException("pg_dump of " + database + " ended with " + code + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        found.put("schema", schema.toString());
    }

    private void read(String line, BufferedReader lines) throws IOException {
        Matcher rows = ROWS.matcher(line);
        Matcher position = POSITION.matcher(line);
        Matcher opened = OPENED.matcher(line);
        if (rows.matches()) {
            RowSet set = new RowSet();
            for (String row = lines.readLine(); !"\\.".equals(row); row = lines.readLine()) {
                set.add(row.getBytes(BYTES));
            }
            found.put("table " + rows.group(1), set.toString());
        } else if (position.matches()) {
            found.put("sequence " + position.group(1), position.group(2));
        } else if (opened.matches()) {
            largeObject = opened.group(1);
            written = new RowSet();
        } else if (largeObject != null && line.startsWith(WRITTEN)) {
            // Its pieces have one size on both sides, and an order.
            written.add((written.rows() + " " + line).getBytes(BYTES));
        } else if (largeObject != null && line.startsWith("SELECT pg_catalog.lo_close(")) {
            found.put("large object " + largeObject, written.toString());
            largeObject = null;
        } else if (!NOT_SCHEMA.matcher(line).matches()) {
            schema.append(line).append('\n');
        }
    }

    /** @return what differs, in lines of which each can be read, or none */
    static List<String> differences(SortedMap<String, String> expected, SortedMap<String, String> actual) {
        List<String> differences = new ArrayList<>();
        SortedMap<String, String> all = new TreeMap<>(expected);
        actual.forEach(all::putIfAbsent);
        for (String name : all.keySet()) {
            String wanted = expected.getOrDefault(name, "missing");
            String found = actual.getOrDefault(name, "missing");
            if (!wanted.equals(found) && name.equals("schema")) {
                only("only expected: ", wanted, found, differences);
                only("only there: ", found, wanted, differences);
                differences.add("schema: the order or the number of its lines");
            } else if (!wanted.equals(found)) {
                differences.add(name + ": expected " + wanted + ", there " + found);
            }
        }
        return differences;
    }

    private static void only(String which, String one, String other, List<String> differences) {
        List<String> lines = new ArrayList<>(one.lines().toList());
        other.lines().forEach(lines::remove);
        lines.stream().filter(line -> !line.isBlank()).limit(30).forEach(line -> differences.add(which + line));
    }
}
