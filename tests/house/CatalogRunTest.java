//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import testbed.Catalog;
import testbed.Launcher;
import testbed.Run;
import testbed.Soak;

/**
 * Every command in the three ways it is called; over HTTP what counts is what the files name, since nothing can be
 * listed there. Each is compiled as a whole by JBang, which takes seconds: the largest and the smallest are, the others
 * in a thorough run. HouseRulesTest compares what each names with what it uses.
 */
class CatalogRunTest {
    private static final List<String> ALWAYS = List.of("migrate", "mst-passwords");

    @TempDir
    private static Path temporary;
    private static HttpServer web;

    static List<Catalog.Alias> aliases() {
        return Catalog.aliases().stream().filter(alias -> Soak.thorough() || ALWAYS.contains(alias.name())).toList();
    }

    @BeforeAll
    static void serve_the_repository() throws IOException {
        web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        web.createContext("/", CatalogRunTest::answer);
        web.start();
    }

    @AfterAll
    static void stop() {
        web.stop(0);
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void it_runs_by_its_path_and_shows_its_description_first(Catalog.Alias alias) {
        Run run = launcher().run(alias.script().toString(), "--help");
        assertEquals(0, run.code(), run.err());
        assertEquals(alias.description(), run.out().lines().findFirst().orElseThrow());
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void it_runs_by_its_name_from_another_folder(Catalog.Alias alias) {
        assertVersion(alias, launcher().in(temporary).run(alias.name(), "--version"));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void it_runs_as_an_alias_of_the_local_catalog(Catalog.Alias alias) {
        assertVersion(alias, launcher().run(alias.name() + "@" + Launcher.REPOSITORY, "--version"));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void it_runs_as_an_alias_of_a_catalog_on_the_web(Catalog.Alias alias) {
        String catalog = "http://localhost:" + web.getAddress().getPort() + "/" + Catalog.FILE;
        Run run = launcher().in(temporary).run(alias.name() + "@" + catalog, "--version");
        assertVersion(alias, run);
        assertTrue(!run.err().contains("[WARN]"), run.err());
    }

    private static void assertVersion(Catalog.Alias alias, Run run) {
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().matches(alias.name() + " \\(tsmigrate\\) \\d+\\.\\d+\\.\\d+\n"), run.out());
    }

    private static Launcher launcher() {
        return new Launcher(temporary);
    }

    /** Files only: a folder is not found, as on the hosts that catalogs are published on. */
    private static void answer(HttpExchange exchange) throws IOException {
        Path file = Launcher.REPOSITORY.resolve(exchange.getRequestURI().getPath().substring(1)).normalize();
        try (exchange) {
            if (file.startsWith(Launcher.REPOSITORY) && Files.isRegularFile(file)) {
                byte[] content = Files.readAllBytes(file);
                exchange.sendResponseHeaders(200, content.length);
                exchange.getResponseBody().write(content);
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
        }
    }
}
