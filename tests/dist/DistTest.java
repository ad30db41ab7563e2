//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import testbed.Catalog;
import testbed.Launcher;
import testbed.Oracle;
import testbed.Run;
import testbed.Sides;
import testbed.Soak;

/** What {@code make dist} writes, published on a web server of which each request takes a tenth of a second. */
class DistTest {
    private static final Path JAVA = Path.of(System.getProperty("java.home"));
    private static final long LATENCY_MILLIS = 100;
    private static final int MOST_REQUESTS = 6;
    /** What JBang, Maven's resolver in it, and the commands use of Java. */
    private static final String MODULES = "java.se,jdk.unsupported,jdk.crypto.ec,jdk.zipfs,jdk.net";
    private static final List<String> ALWAYS = List.of("dump", "rds-via-ec2");

    @TempDir
    private static Path temporary;
    private static Path folder;
    private static HttpServer web;
    private static ExecutorService threads;
    private static String catalog;
    private static final List<String> REQUESTS = Collections.synchronizedList(new ArrayList<>());

    static List<Catalog.Alias> aliases() {
        return Catalog.aliases().stream().filter(alias -> Soak.thorough() || ALWAYS.contains(alias.name())).toList();
    }

    @BeforeAll
    static void make_and_publish() throws IOException {
        folder = temporary.resolve("dist");
        Run.of(List.of(JAVA.resolve("bin/java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), "dist.Dist", folder.toString())).orFail();
        web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        threads = Executors.newCachedThreadPool();
        web.setExecutor(threads);
        web.createContext("/", DistTest::answer);
        web.start();
        catalog = "http://127.0.0.1:" + web.getAddress().getPort() + "/jbang-catalog.json";
    }

    @AfterAll
    static void stop() {
        web.stop(0);
        threads.shutdownNow();
    }

    @Test
    void the_first_run_makes_few_requests_and_compiles_nothing() {
        Launcher empty = new Launcher(temporary.resolve("empty"));
        REQUESTS.clear();
        long start = System.nanoTime();
        Run first = empty.run("migrate@" + catalog, "--version");
        System.out.printf("a first run over HTTP, %d ms a request: %.1f s%n", LATENCY_MILLIS,
                (System.nanoTime() - start) / 1e9);
        assertTrue(first.orFail().out().matches("migrate \\(tsmigrate\\) \\S+\n"), first.out());
        assertTrue(REQUESTS.size() <= MOST_REQUESTS, REQUESTS.toString());
        assertFalse(first.err().contains("Building") || first.err().contains("WARN"), first.err());
        REQUESTS.clear();
        Run second = empty.run("migrate@" + catalog, "--version");
        assertEquals(first.out(), second.orFail().out());
        assertEquals("", second.err());
        assertEquals(List.of(), REQUESTS);
    }

    @Test
    void a_database_is_moved_by_a_java_without_compiler() {
        Path runtime = runtime();
        Sides sides = Sides.shared();
        String from = sides.source().newDatabase();
        String to = sides.target().newDatabase();
        sides.source().sql(from, "CREATE TABLE dist_item (id int PRIMARY KEY, name text, price numeric(8, 2))",
                "INSERT INTO dist_item SELECT i, 'item ' || i, i / 7.0 FROM generate_series(1, 5000) i",
                "CREATE VIEW dist_dear AS SELECT * FROM dist_item WHERE price > 100");
        Launcher launcher = new Launcher(temporary.resolve("runtime")).with("JAVA_HOME", runtime.toString())
                .with("SOURCE", sides.source().uri(from)).with("TARGET", sides.target().uri(to))
                .first(withoutCompiler());
        Run run = launcher.run("migrate@" + catalog, "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        String expected = Oracle.restore(sides.source(), from, sides.target());
        assertEquals(Oracle.schema(sides.target(), expected), Oracle.schema(sides.target(), to));
        assertEquals(Oracle.data(sides.target(), expected), Oracle.data(sides.target(), to));
        sides.source().sql("postgres", "DROP DATABASE " + from);
        sides.target().sql("postgres", "DROP DATABASE " + to, "DROP DATABASE " + expected);
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void a_command_has_what_it_needs(Catalog.Alias alias) {
        Run run = new Launcher(temporary).run(alias.name() + "@" + catalog, "--help");
        assertEquals(alias.description(), run.orFail().out().lines().findFirst().orElseThrow());
    }

    /** What rds-via-ec2 sends to the machine beside the source, and how it is started there. */
    @Test
    void the_toolkit_for_another_machine_is_made_from_the_jar() throws Exception {
        String path = new Launcher(temporary).run("info", "classpath", "rds-via-ec2@" + catalog).orFail().out().strip();
        assertTrue(Path.of(path.split(File.pathSeparator)[0]).getFileName().toString().startsWith("tsmigrate-"), path);
        List<URL> jars = new ArrayList<>();
        for (String jar : path.split(File.pathSeparator)) {
            jars.add(Path.of(jar).toUri().toURL());
        }
        Path archive = temporary.resolve("toolkit.tar");
        Path toolkit = Files.createDirectories(temporary.resolve("toolkit"));
        try (URLClassLoader loader = new URLClassLoader(jars.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
                OutputStream stream = Files.newOutputStream(archive)) {
            Method write = loader.loadClass("lib.ssh.Toolkit").getDeclaredMethod("write", OutputStream.class);
            write.setAccessible(true);
            write.invoke(null, stream);
        }
        Run.of(List.of("tar", "-x", "-f", archive.toString(), "-C", toolkit.toString())).orFail();
        try (Stream<Path> files = Files.list(toolkit)) {
            assertEquals(List.of(), files.filter(file -> !file.toString().endsWith(".jar")).toList());
        }
        for (String main : List.of("PreflightCheck", "Migrate")) {
            Run run = Run.of(List.of(JAVA.resolve("bin/java").toString(), "-cp", toolkit + "/*", main, "--source",
                    "postgresql://127.0.0.1:1/x", "--target", "postgresql://127.0.0.1:1/x"));
            assertTrue(run.err().contains("127.0.0.1") && run.code() == 3, run.err());
        }
    }

    @Test
    void the_files_are_those_of_the_checksums_and_of_this_repository() throws IOException {
        List<String> sums = Files.readAllLines(folder.resolve("SHA256SUMS"));
        List<String> files = sums.stream().map(line -> line.replaceFirst("^[0-9a-f]{64}  ", "")).toList();
        assertEquals(3, files.size(), files.toString());
        try (Stream<Path> written = Files.list(folder)) {
            assertEquals(Stream.concat(files.stream(), Stream.of("SHA256SUMS")).sorted().toList(),
                    written.map(file -> file.getFileName().toString()).sorted().toList());
        }
        List<String> check =
                Files.isExecutable(Path.of("/usr/bin/sha256sum")) ? List.of("sha256sum", "-c", "SHA256SUMS")
                        : List.of("shasum", "-a", "256", "-c", "SHA256SUMS");
        Run run = Run.of(check, Map.of(), null, folder);
        assertEquals("", run.orFail().err());
        assertEquals(-1, Files.mismatch(folder.resolve("LICENSE"), Launcher.REPOSITORY.resolve("LICENSE")));
    }

    @Test
    void the_same_classes_make_the_same_files() throws IOException {
        Path classes = Files.createDirectories(temporary.resolve("classes/lib"));
        for (String name : List.of("B", "A")) {
            Files.writeString(classes.resolve(name + ".class"), name);
        }
        for (String each : List.of("one", "other")) {
            Dist.write(classes.getParent(), Files.createDirectory(temporary.resolve(each)));
        }
        assertEquals(Files.readString(temporary.resolve("one/SHA256SUMS")),
                Files.readString(temporary.resolve("other/SHA256SUMS")));
    }

    /** A Java runtime as it is installed where nobody develops, made of the one that runs this. */
    private static Path runtime() {
        assumeTrue(Files.isDirectory(JAVA.resolve("jmods")), "needs the modules of a Java development kit");
        Path runtime = temporary.resolve("jre");
        Run.output(List.of(JAVA.resolve("bin/jlink").toString(), "--add-modules", MODULES, "--output",
                runtime.toString()));
        String modules = Run.output(List.of(runtime.resolve("bin/java").toString(), "--list-modules"));
        assertFalse(modules.contains("jdk.compiler") || Files.exists(runtime.resolve("bin/javac")), modules);
        return runtime;
    }

    /** A folder for PATH whose javac ends whoever calls it. */
    private static Path withoutCompiler() {
        try {
            Path programs = Files.createDirectories(temporary.resolve("programs"));
            Path javac = Files.writeString(programs.resolve("javac"), "#!/bin/sh\necho no compiler >&2\nexit 1\n");
            assertTrue(javac.toFile().setExecutable(true));
            return programs;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Files only: a folder is not found, as on the hosts that catalogs are published on. */
    private static void answer(HttpExchange exchange) throws IOException {
        REQUESTS.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
        Path file = folder.resolve(exchange.getRequestURI().getPath().substring(1)).normalize();
        try (exchange) {
            Thread.sleep(LATENCY_MILLIS);
            if (file.startsWith(folder) && Files.isRegularFile(file)) {
                byte[] content = Files.readAllBytes(file);
                exchange.sendResponseHeaders(200, content.length);
                exchange.getResponseBody().write(content);
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
