//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.Account;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;
import testbed.TrixieRoot;

/** PostgreSQL 17's client programs and a server that is older, where no others are installed. */
class NewerClientsTest {
    private static final int OLDER = 15;

    private static PgServer server;
    private static String shop;
    private static List<String> alone;
    private static Path clients;

    @TempDir
    Path folder;

    @BeforeAll
    static void fill() {
        clients = ClientBinaries.find(17).orElseGet(TrixieRoot::clientWrappers);
        alone = alone();
        server = PgServer.shared(OLDER);
        shop = server.newDatabase();
        server.sql(shop, "CREATE TABLE item (id int PRIMARY KEY, name text)",
                "INSERT INTO item SELECT i, 'item ' || i FROM generate_series(1, 1000) i",
                "CREATE TABLE price (item int REFERENCES item, amount numeric)",
                "INSERT INTO price SELECT id, id / 7.0 FROM item",
                "CREATE VIEW dear AS SELECT * FROM price WHERE amount > 100",
                "CREATE MATERIALIZED VIEW total AS SELECT sum(amount) FROM price");
    }

    /** What a command line begins with so that no older programs are found. */
    private static List<String> alone() {
        if (ClientBinaries.find(15).isEmpty() && ClientBinaries.find(16).isEmpty()) {
            return List.of();
        }
        List<String> hidden = List.of("unshare", "-m", "sh", "-c",
                "mount -t tmpfs none /usr/lib/postgresql && PATH=/usr/bin:/bin exec \"$@\"", "sh");
        List<String> tried = new ArrayList<>(hidden);
        tried.add("true");
        assumeTrue(Account.isRoot() && Run.of(tried).code() == 0,
                "needs Linux, root and the right to mount; run: sudo make test");
        return hidden;
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "directory"})
    void what_they_dump_arrives_on_the_older_server(String format) throws IOException {
        String target = server.newDatabase();
        Path dump = dump(format);
        CommandRun restored = run("RestorePostgres", "TARGET", target, dump.toString());
        assertEquals(0, restored.code(), restored.err());
        assertEquals(Oracle.data(server, shop), Oracle.data(server, target));
        assertEquals(Oracle.schema(server, shop), Oracle.schema(server, target));
    }

    @Test
    void a_plain_dump_is_for_psql_too() throws IOException {
        String target = server.newDatabase();
        Path dump = dump("plain");
        assertTrue(Files.readString(dump).contains("\nSET statement_timeout = 0;\n"));
        Run.of(List.of(clients.resolve("psql").toString(), "-Xq", "-v", "ON_ERROR_STOP=1", "-f", dump.toString()),
                server.environment(target), null).orFail();
        assertEquals(Oracle.data(server, shop), Oracle.data(server, target));
    }

    @Test
    void a_script_that_would_stop_is_not_printed() throws IOException {
        String target = server.newDatabase();
        CommandRun refused = run("RestorePostgres", "TARGET", target, "--dry-run", dump("directory").toString());
        assertEquals(3, refused.code(), refused.err());
        assertEquals("""
                error: pg_restore 17 sets a parameter that PostgreSQL 15 does not have, so a script with it would \
                stop there
                hint: run the same without --dry-run, or dump again with pg_dump 15""", refused.failure());
        assertEquals("", refused.out());
    }

    private Path dump(String format) {
        Path dump = folder.resolve(format);
        CommandRun dumped = run("Dump", "SOURCE", shop, "--out", dump.toString(), "--format", format);
        assertEquals(0, dumped.code(), dumped.err());
        return dump;
    }

    private CommandRun run(String command, String side, String database, String... arguments) {
        List<String> line = new ArrayList<>(alone);
        line.addAll(ChildCommand.java(command, arguments));
        try (ChildCommand child = ChildCommand.start(line, folder,
                Map.of(side, server.uri(database), "TSMIGRATE_PG_BINDIRS", clients.toString()))) {
            return child.end();
        }
    }
}
