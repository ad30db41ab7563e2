package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a migration is judged by: the same database restored by PostgreSQL's own tools as superuser. Two databases are
 * then compared on equal terms, dumped by one client from servers of one version (the text of a schema differs between
 * majors by nature).
 */
public final class Oracle {
    private static final String NAME = "(\"(?:[^\"]|\"\")+\"|[^\\s;]+)";
    private static final Pattern ROLE_LINE = Pattern.compile("(?:CREATE|ALTER) ROLE " + NAME + "[ ;].*");
    private static final Pattern GRANT_LINE = Pattern.compile("GRANT " + NAME + " TO " + NAME + "[ ;].*");
    /** Lines that say who wrote the dump, and the random keys that newer minor releases put around it. */
    private static final Pattern NOT_SCHEMA = Pattern.compile("\\\\(un)?restrict .*|-- Dumped (from|by) .*");

    /** A dump is in the encoding of its database, which need not be known to compare it. */
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;

    private Oracle() {
    }

    /**
     * Restores a database with stock tools: roles that are missing, then {@code pg_dump | psql}, in TimescaleDB's
     * restoring mode where the source has that extension.
     *
     * @return the new database's name on the target server
     */
    public static String restore(ServerAccess source, String database, ServerAccess target) {
        return restore(source, database, target, clients(source.major()));
    }

    /** Restores a database's dump with stock clients into a database that exists, whatever it has. */
    public static void restoreInto(ServerAccess source, String database, ServerAccess target, String copy) {
        Path clients = clients(source.major());
        apply(target, copy, clients, dump(source, database, clients, "pg_dump"), "");
    }

    /**
     * Restores a database with the stock tools of a folder: roles that are missing, then {@code pg_dump | psql}.
     *
     * @return the new database's name on the target server
     */
    public static String restore(ServerAccess source, String database, ServerAccess target, Path clients) {
        copyRoles(source, target, clients);
        String copy = target.newDatabase(likeThat(source, database));
        List<List<String>> timescale = source.rows(database, """
                SELECT quote_ident(nspname), quote_literal(extversion) FROM pg_extension
                  JOIN pg_namespace n ON n.oid = extnamespace
                WHERE extname = 'timescaledb'
                """);
        for (List<String> extension : timescale) {
            target.sql(copy, "CREATE SCHEMA IF NOT EXISTS " + extension.get(0),
                    "CREATE EXTENSION timescaledb SCHEMA " + extension.get(0) + " VERSION " + extension.get(1));
            target.sql(copy, "SELECT " + extension.get(0) + ".timescaledb_pre_restore()");
        }
        boolean eventTriggers = source.query(database,
                "SELECT 1 FROM pg_event_trigger WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d "
                        + "WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = pg_event_trigger.oid AND "
                        + "d.deptype = 'e')") != null;
        apply(target, copy, clients, dump(source, database, clients, "pg_dump"),
                eventTriggers ? "-c session_replication_role=replica" : "");
        for (List<String> extension : timescale) {
            target.sql(copy, "SELECT " + extension.get(0) + ".timescaledb_post_restore()");
        }
        target.sql(copy, "ANALYZE");
        return copy;
    }

    /**
     * A database's schema as text, by the client of the server's own version or the next newer one that can be had.
     *
     * @return nothing where no client on this machine can dump this server
     */
    public static Optional<String> schema(ServerAccess server, String database) {
        return clientFor(server.major())
                .map(clients -> text(dump(server, database, clients, "pg_dump", "--schema-only"), BYTES).lines()
                        .filter(line -> !NOT_SCHEMA.matcher(line).matches()).collect(Collectors.joining("\n")));
    }

    /** The schema of parts of a database as text, by a client that can dump the server, else the test is skipped. */
    public static String schema(ServerAccess server, String database, String... options) {
        List<String> all = new ArrayList<>(List.of("--schema-only"));
        all.addAll(List.of(options));
        return text(dump(server, database, clients(server.major()), "pg_dump", all.toArray(String[]::new)),
                StandardCharsets.UTF_8).lines().filter(line -> !NOT_SCHEMA.matcher(line).matches())
                .collect(Collectors.joining("\n"));
    }

    /**
     * A database's data: a checksum for each table whatever the order of its rows, each sequence's position, each large
     * object.
     */
    public static SortedMap<String, String> data(ServerAccess server, String database) {
        return Contents.of(server, database);
    }

    /**
     * The folder of the oldest clients that can dump a server of this version: pg_dump refuses servers newer than
     * itself.
     */
    public static Optional<Path> clientFor(int major) {
        for (int candidate = major; candidate <= major + 9; candidate++) {
            Optional<Path> found = ClientBinaries.find(candidate);
            if (found.isPresent()) {
                return found;
            }
            if (candidate == 17 && TrixieRoot.available()) {
                return Optional.of(TrixieRoot.clientWrappers());
            }
        }
        return Optional.empty();
    }

    /** The folder of the oldest clients that can dump a server of this version; without one the test is skipped. */
    public static Path clients(int major) {
        return clientFor(major)
                .orElseThrow(() -> Requirement.missing("needs a pg_dump that can read a server of version " + major));
    }

    private static void copyRoles(ServerAccess source, ServerAccess target, Path clients) {
        String names = "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname !~ '^pg_'";
        Set<String> missing =
                source.rows("postgres", names).stream().map(row -> row.get(0)).collect(Collectors.toSet());
        target.rows("postgres", names).forEach(row -> missing.remove(row.get(0)));
        if (missing.isEmpty()) {
            return;
        }
        Path dump = dump(source, "postgres", clients, "pg_dumpall", "--roles-only");
        String lines = text(dump, StandardCharsets.UTF_8).lines().filter(line -> {
            Matcher role = ROLE_LINE.matcher(line);
            Matcher grant = GRANT_LINE.matcher(line);
            return role.matches() && missing.contains(role.group(1))
                    || grant.matches() && (missing.contains(grant.group(1)) || missing.contains(grant.group(2)));
        }).collect(Collectors.joining("\n", "", "\n"));
        apply(target, "postgres", clients, file(lines), "");
    }

    private static String likeThat(ServerAccess source, String database) {
        return source.query(database, """
                SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), datcollate,
                  datctype)
                FROM pg_database WHERE datname = current_database()
                """);
    }

    private static Path dump(ServerAccess server, String database, Path clients, String tool, String... options) {
        Path file = file("");
        List<String> command = new ArrayList<>(List.of(clients.resolve(tool).toString(), "-f", file.toString()));
        command.addAll(List.of(options));
        Run.of(command, server.environment(database), null).orFail();
        return file;
    }

    /**
     * Runs the file, up to its first error, and removes it.
     *
     * @param options server settings; pg_dump creates event triggers before the last of its statements, on which they
     * would fire
     */
    private static void apply(ServerAccess server, String database, Path clients, Path file, String options) {
        Map<String, String> environment = server.environment(database);
        environment.put("PGOPTIONS", options);
        String psql = clients.resolve("psql").toString();
        Run.of(List.of(psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", known(file, server.major()).toString()),
                environment, null).orFail();
        file.toFile().delete();
    }

    /** From version 17 on pg_dump sets what older servers do not know, near the top of its file. */
    private static Path known(Path file, int major) {
        if (major < 17) {
            Run.of(List.of("sed", "-i.bak", "1,40s/^SET transaction_timeout = 0;$//", file.toString())).orFail();
            file.resolveSibling(file.getFileName() + ".bak").toFile().delete();
        }
        return file;
    }

    private static Path file(String content) {
        try {
            Path file = Files.createTempFile("tsmigrate-oracle-", ".sql");
            // For when a dump or its restoration fails; otherwise it goes as soon as it has been used.
            file.toFile().deleteOnExit();
            return Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the file and removes it. */
    private static String text(Path file, Charset encoding) {
        try {
            String text = Files.readString(file, encoding);
            Files.delete(file);
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
