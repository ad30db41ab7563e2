//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Two servers of the installed version, to move databases between; whoever shares them makes databases and roles of new
 * names.
 */
public final class Sides implements AutoCloseable {
    /** What belongs to a whole server; passwords and settings too. */
    private static final String BESIDE_THE_DATABASES = """
            SELECT 'role ' || rolname, to_jsonb(a)::text FROM pg_authid a
            UNION ALL SELECT format('membership of %s in %s', member::regrole, roleid::regrole), to_jsonb(m)::text
              FROM pg_auth_members m
            UNION ALL SELECT 'settings of ' || coalesce(datname, 'all') || ' ' || setrole, setconfig::text
                        FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = setdatabase
            UNION ALL SELECT 'database ' || datname, concat_ws(' ', datdba, datacl::text, datconnlimit) FROM pg_database
            """;
    private static Sides shared;

    private final PgServer source;
    private final PgServer target;

    public Sides(PgServer source, PgServer target) {
        this.source = source;
        this.target = target;
    }

    /** One pair for all tests of this JVM. */
    public static synchronized Sides shared() {
        if (shared == null) {
            shared = new Sides(PgServer.shared(ClientBinaries.clientMajor()), PgServer.installed());
        }
        return shared;
    }

    /** A pair for one class that needs the servers for itself; the class closes it. */
    public static Sides installed() {
        return new Sides(PgServer.installed(), PgServer.installed());
    }

    /** Takes both down; those of {@link #shared} are left to the end of the JVM. */
    @Override
    public void close() {
        try (source; target) {
            return;
        }
    }

    public PgServer source() {
        return source;
    }

    public PgServer target() {
        return target;
    }

    /** Moves a database as superuser of both sides. */
    public CommandRun migrate(String from, String to, String... options) {
        return CommandRun.migrate(source.uri(from), target.uri(to), options);
    }

    /**
     * Runs something that must be refused, and proves that it was: this exit code, these lines and no others, nothing
     * on stdout, and both sides as they were.
     *
     * @param from the source's database, which may be missing, as may the target's
     * @param lines the errors with their details and hints
     */
    public void refuses(int code, String lines, String from, String to, Supplier<CommandRun> command) {
        CommandRun run = unchanged(from, to, command);
        assertEquals(lines.strip(), run.failure(), run.err());
        assertEquals(code, run.code(), run.err());
        assertEquals("", run.out());
        assertFalse(run.err().contains("\tat "), run.err());
    }

    /** Runs something and proves that it changed nothing on either side. */
    public CommandRun unchanged(String from, String to, Supplier<CommandRun> command) {
        SortedMap<String, String> sourceBefore = state(source, from);
        SortedMap<String, String> targetBefore = state(target, to);
        CommandRun run = command.get();
        assertEquals(sourceBefore, state(source, from));
        assertEquals(targetBefore, state(target, to));
        return run;
    }

    /** Runs migrate as superuser of both sides; it is refused and changes nothing. */
    public void refusesToMigrate(String lines, String from, String to, String... options) {
        refuses(3, lines, from, to, () -> migrate(from, to, options));
    }

    /** All that a command could have changed, as a map whose differences can be read. */
    private static SortedMap<String, String> state(PgServer server, String database) {
        SortedMap<String, String> state = new TreeMap<>();
        server.rows("postgres", BESIDE_THE_DATABASES).forEach(row -> state.put(row.get(0), row.get(1)));
        if (state.containsKey("database " + database)) {
            Oracle.schema(server, database).ifPresent(schema -> state.put("schema", schema));
            state.putAll(Oracle.data(server, database));
        }
        return state;
    }
}
