//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.SAXException;
import testbed.BackgroundWork;

/** The benchmark itself, on next to nothing: it must not count the time of one that does half the work. */
class BenchTest {
    private static final Contender PIPE = Contender.select("pipe").get(0);

    @Test
    void only_the_time_of_a_complete_copy_counts(@TempDir Path folder)
            throws IOException, ParserConfigurationException, SAXException {
        Deadline deadline = new Deadline(Duration.ofMinutes(9), 1);
        deadline.begin(1);
        try (BenchServers servers = BenchServers.of(Workload.OLTP, 0.01);
                Link link = Link.to(servers.target().port())) {
            List<Contender> contenders =
                    List.of(PIPE, after("row", "UPDATE pgbench_tellers SET tbalance = 1 WHERE tid = 7"),
                            after("index", "ALTER TABLE pgbench_accounts DROP CONSTRAINT pgbench_accounts_pkey"),
                            after("error", "SELECT 1 / 0"));
            List<Round> told = new ArrayList<>();
            List<Round> rounds =
                    new WorkloadRounds(servers, servers.source().port(), link.port(), contenders, 2, deadline)
                            .run(told::add);
            assertEquals(rounds, told);
            assertEquals(List.of("pipe", "row", "index", "error", "pipe"),
                    rounds.stream().map(round -> round.contender().name()).toList());
            assertEquals(List.of(true, false, false, false, true), rounds.stream().map(Round::counts).toList());
            assertTrue(rounds.get(1).problem()
                    .matches("public.pgbench_tellers: 10 rows, sum .* on the source, 10 rows, sum .* on the target"),
                    rounds.get(1).problem());
            assertEquals("constraints of public: 5 valid on the source, 4 valid on the target",
                    rounds.get(2).problem());
            assertEquals("exit code 1: ERROR:  division by zero", rounds.get(3).problem());

            Results.write(folder, "make bench",
                    List.of(new WorkloadResult(Workload.OLTP, true, "little", 1, "PostgreSQL", 1, rounds)), List.of());
            List<String> lines = Files.readAllLines(folder.resolve("bench.md"));
            assertTrue(lines.stream().anyMatch(line -> line.matches("\\| pg_dump \\\\\\| psql \\| 1\\.00 \\| .*")),
                    lines.toString());
            assertTrue(lines.contains("| error | – | exit code 1: ERROR:  division by zero | | | | | |"),
                    lines.toString());
            assertEquals(6, Files.readAllLines(folder.resolve("bench.csv")).size());
            assertEquals("svg",
                    DocumentBuilderFactory.newInstance().newDocumentBuilder()
                            .parse(folder.resolve("bench.svg").toFile()).getDocumentElement()
                            .getTagName());
        }
    }

    @Test
    void of_one_with_a_first_pass_only_the_last_one_counts() {
        Deadline deadline = new Deadline(Duration.ofMinutes(9), 1);
        deadline.begin(1);
        try (BenchServers servers = BenchServers.of(Workload.OLTP, 0.01)) {
            String first = "sleep 2\n" + PIPE.plain();
            String same = "psql -X -q -d \"$TARGET\" -c 'UPDATE pgbench_accounts SET abalance = 1 "
                    + "WHERE aid BETWEEN 50001 AND 51000'";
            List<Round> rounds = new WorkloadRounds(servers, servers.source().port(), servers.target().port(),
                    List.of(new Contender("last", "last", same, same).after(first),
                            new Contender("nothing", "nothing", "true", "true").after(first),
                            new Contender("wrong", "wrong", same, same).after("SELECT"), PIPE),
                    1, deadline).run(Round::line);
            assertEquals(List.of(true, false, false, true), rounds.stream().map(Round::counts).toList(),
                    rounds.toString());
            assertTrue(rounds.get(0).measured().seconds() < 2, "the first pass alone takes longer");
            assertTrue(rounds.get(1).problem().startsWith("public.pgbench_accounts: "), rounds.get(1).problem());
            assertTrue(rounds.get(2).problem().startsWith("exit code "), rounds.get(2).problem());
        }
        assertTrue(Contender.select("").stream().filter(contender -> !contender.moves(Workload.WIDE))
                .allMatch(contender -> contender.isPrepared() || contender.name().equals("migrate-rebuild")));
        assertTrue(Contender.select("migrate-rebuild").get(0).moves(Workload.TIMESERIES));
    }

    @Test
    void the_page_names_all_workloads_and_contenders() throws IOException {
        List<String> page = Files.readAllLines(Path.of("docs", "benchmark.md"));
        assertEquals(Arrays.stream(Workload.values()).map(Workload::title).toList(), named(page, "| `WORKLOADS` |"));
        assertEquals(Contender.select("").stream().map(Contender::name).toList(),
                named(page, "| `CONTENDERS` |").stream().limit(9).toList());
    }

    private static List<String> named(List<String> page, String row) {
        String line = page.stream().filter(text -> text.startsWith(row)).findFirst().orElseThrow();
        return Pattern.compile("`([^`]+)`").matcher(line.substring(row.length())).results().map(name -> name.group(1))
                .toList();
    }

    @Test
    void a_link_takes_20_ms_there_and_back_and_carries_a_gigabit_a_second() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Link link = Link.to(server.getLocalPort());
                Socket near = new Socket(InetAddress.getLoopbackAddress(), link.port());
                Socket far = server.accept()) {
            ask(near, far, 1);
            assertTrue(ask(near, far, 1) >= 0.020, "there and back");
            assertTrue(ask(near, far, 12_500_000) >= 0.120, "12.5 MB, and an answer");
        }
    }

    /** @return the seconds until this many bytes have arrived at the other end and a byte has come back */
    private static double ask(Socket near, Socket far, int bytes) throws IOException {
        long start = System.nanoTime();
        CompletableFuture<Boolean> sent = BackgroundWork.run(() -> send(near, bytes));
        far.getInputStream().readNBytes(bytes);
        far.getOutputStream().write(1);
        near.getInputStream().read();
        sent.join();
        return (System.nanoTime() - start) / 1e9;
    }

    private static void send(Socket socket, int bytes) {
        try {
            socket.getOutputStream().write(new byte[bytes]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One that then spoils what it has done. */
    private static Contender after(String name, String sql) {
        String script = PIPE.plain() + "psql -X -q -d \"$TARGET\" -v ON_ERROR_STOP=1 -c '" + sql + "'\n";
        return new Contender(name, name, script, script);
    }
}
