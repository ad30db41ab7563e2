//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.junit.platform:junit-platform-launcher:6.1.3

package testbed;

import static org.junit.platform.engine.discovery.ClassNameFilter.excludeClassNamePatterns;
import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherFactory;
import org.opentest4j.TestAbortedException;

/**
 * Runs the tests of a folder of classes, all or those of the named classes, and ends with the line "N passed, N failed,
 * N skipped". Of all, some run in a JVM beside the others; of named ones, those behind a "+".
 */
class RunTests implements TestExecutionListener {
    // They warn of every link deleted from a temporary folder, and of servers that a skipped test never started. Held
    // here, since a logger that nobody holds forgets its level.
    private static final List<Logger> NOISY = List.of(Logger.getLogger("org.junit.jupiter.api.io"),
            Logger.getLogger("org.junit.jupiter.engine.extension.AutoCloseExtension"));

    private static final String BESIDE = "+";
    /** Seconds from which a single test is worth a line, and how many are named. */
    private static final int NOTICED = 5;
    private static final int SLOWEST = 40;
    private static final int MINUTES_A_METHOD = Soak.rounds(20, 60);
    /**
     * When nothing has begun or ended for so long, a test hangs that cannot be interrupted. It must not take the
     * closing line with it.
     */
    private static final Duration SILENCE = Duration
            .ofSeconds(Long.getLong("tests.silence.seconds", Duration.ofMinutes(2 * MINUTES_A_METHOD).toSeconds()));
    /** What the JVM says of a class whose static fields could not be had before (JDK-8048190). */
    private static final Pattern KNOWN_MISSING = Pattern
            .compile("Exception " + Pattern.quote(TestAbortedException.class.getName()) + ": (.*) \\[in thread .*");

    private record Slow(double seconds, String test) {
    }

    private final Map<String, Long> started = new HashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final List<Duration> classes = new ArrayList<>();
    private final List<Slow> slow = new ArrayList<>();
    private TestPlan plan;
    private volatile String running;
    private volatile long seen = System.nanoTime();
    private int passed;
    private int failed;
    private int skipped;

    public static void main(String[] args) {
        NOISY.forEach(logger -> logger.setLevel(Level.SEVERE));
        ServerFolders.preferMemory();
        Path folder = Path.of(args[0]);
        List<String> all = Arrays.stream(args).skip(1).toList();
        List<String> named = all.contains(BESIDE) ? all.subList(0, all.indexOf(BESIDE)) : all;
        Collection<String> beside = all.contains(BESIDE) ? all.subList(all.indexOf(BESIDE) + 1, all.size())
                : all.isEmpty() && SecondRun.isIn(folder) ? SecondRun.CLASSES : List.of();
        Optional<SecondRun> second = Optional.of(beside).filter(classes -> !classes.isEmpty())
                .map(classes -> SecondRun.start(RunTests.class, folder, classes));
        LauncherDiscoveryRequest request = request().selectors(selectClasspathRoots(Set.of(folder)))
                .filters(named.isEmpty()
                        ? excludeClassNamePatterns(second.isPresent() ? pattern(beside) : "")
                        : includeClassNamePatterns(pattern(named)))
                .configurationParameter("junit.jupiter.execution.timeout.testable.method.default",
                        MINUTES_A_METHOD + "m")
                .configurationParameter("junit.jupiter.execution.timeout.lifecycle.method.default",
                        MINUTES_A_METHOD + "m")
                .build();
        RunTests tests = new RunTests();
        LauncherFactory.create().execute(request, tests);
        second.ifPresent(tests::add);
        System.exit(tests.summary());
    }

    /** @return what fits the classes of these names in whatever package, and those within them */
    private static String pattern(Collection<String> classes) {
        return "(.*\\.)?(" + classes.stream().map(Pattern::quote).collect(Collectors.joining("|")) + ")(\\$.*)?";
    }

    private void add(SecondRun second) {
        SecondRun.Result result = second.end();
        System.out.println("\nbeside them:\n" + result.text());
        passed += result.passed();
        failed += result.failed();
        skipped += result.skipped();
    }

    /** How long all tests take together is no matter: a slow machine is no fault of theirs. */
    private void watch(Thread tests) {
        Thread watch = new Thread(() -> {
            try {
                for (long left = SILENCE.toNanos(); left > 0; left = SILENCE.toNanos() - (System.nanoTime() - seen)) {
                    Thread.sleep(left / 1_000_000 + 1);
                }
            } catch (InterruptedException e) {
                return;
            }
            failed++;
            System.out.println(
                    "FAILED: no test has begun or ended for " + SILENCE.toSeconds() + " seconds; running: " + running);
            Stream.of(tests.getStackTrace())
                    .filter(frame -> !frame.getClassName().matches("(org\\.junit|java|jdk)\\..*"))
                    .forEach(frame -> System.out.printf("    at %s.%s(%s:%d)%n", frame.getClassName(),
                            frame.getMethodName(), frame.getFileName(), frame.getLineNumber()));
            Runtime.getRuntime().halt(summary());
        });
        watch.setDaemon(true);
        watch.start();
    }

    @Override
    public void testPlanExecutionStarted(TestPlan testPlan) {
        plan = testPlan;
        seen = System.nanoTime();
        watch(Thread.currentThread());
    }

    @Override
    public void executionStarted(TestIdentifier identifier) {
        started.put(identifier.getUniqueId(), System.nanoTime());
        running = title(identifier);
        seen = System.nanoTime();
    }

    @Override
    public void executionSkipped(TestIdentifier identifier, String reason) {
        int tests = countTests(identifier);
        skipped += tests;
        String size = identifier.isTest() ? "" : " (" + tests + " tests)";
        System.out.println(
                "skipped: " + title(identifier) + size + ": " + reason.replaceFirst("^Assumption failed: ", ""));
    }

    @Override
    public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
        seen = System.nanoTime();
        switch (result.getStatus()) {
            case SUCCESSFUL -> passed += identifier.isTest() ? 1 : 0;
            case ABORTED -> executionSkipped(identifier,
                    result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
            case FAILED -> result.getThrowable().flatMap(RunTests::missing)
                    .ifPresentOrElse(reason -> executionSkipped(identifier, reason), () -> fail(identifier, result));
        }
        Duration took = Duration.ofNanos(System.nanoTime() - started.get(identifier.getUniqueId()));
        if (identifier.isTest()) {
            slow.add(new Slow(seconds(took), title(identifier)));
        }
        if (isTopClass(identifier)) {
            classes.add(took);
            System.out.printf("%6.1f s  %s%n", seconds(took), identifier.getDisplayName());
        }
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }

    /** Where a suite that has become slow can be made faster, and what it takes as a whole. */
    private void times() {
        System.out.println();
        slow.stream().filter(test -> test.seconds >= NOTICED)
                .sorted(Comparator.comparingDouble(Slow::seconds).reversed()).limit(SLOWEST)
                .forEach(test -> System.out.printf("%6.1f s  %s%n", test.seconds, test.test));
        System.out.printf("%6.1f s  %d classes together%n",
                seconds(classes.stream().reduce(Duration.ZERO, Duration::plus)), classes.size());
    }

    /**
     * @return what the machine lacks for a static field of a test's class, which is thereby skipped as a test that
     * lacks it itself
     */
    private static Optional<String> missing(Throwable thrown) {
        for (Throwable cause = thrown; cause instanceof LinkageError; cause = cause.getCause()) {
            Matcher known = KNOWN_MISSING.matcher(String.valueOf(cause.getMessage()));
            if (known.matches()) {
                return Optional.of(known.group(1));
            } else if (cause.getCause() instanceof TestAbortedException missing) {
                return Optional.of(String.valueOf(missing.getMessage()));
            }
        }
        return Optional.empty();
    }

    private void fail(TestIdentifier identifier, TestExecutionResult result) {
        // What fails before or after the tests of a class counts as one failed test.
        failed++;
        StringWriter trace = new StringWriter();
        result.getThrowable().ifPresent(thrown -> thrown.printStackTrace(new PrintWriter(trace)));
        String failure = "FAILED: " + title(identifier) + "\n" + trace.toString().lines()
                .filter(line -> !line.matches("\\s+at (org\\.junit|java\\.base|jdk)[./].*"))
                .map(line -> "    " + line).collect(Collectors.joining("\n"));
        failures.add(failure);
        System.out.println(failure);
    }

    private int summary() {
        if (classes.size() > 1) {
            times();
        }
        if (failures.size() > 1) {
            System.out.println();
            failures.forEach(failure -> System.out.println(failure.lines().limit(2).collect(Collectors.joining("\n"))));
        }
        if (passed + failed == 0) {
            System.out.println("no test ran");
        }
        System.out.printf("%d passed, %d failed, %d skipped%n", passed, failed, skipped);
        return passed > 0 && failed == 0 ? 0 : 1;
    }

    private String title(TestIdentifier identifier) {
        return plan.getParent(identifier).filter(parent -> parent.getParentId().isPresent())
                .map(parent -> title(parent) + "." + identifier.getDisplayName()).orElse(identifier.getDisplayName());
    }

    private int countTests(TestIdentifier identifier) {
        return identifier.isTest() ? 1 : plan.getChildren(identifier).stream().mapToInt(this::countTests).sum();
    }

    private static boolean isTopClass(TestIdentifier identifier) {
        return identifier.getSource().filter(ClassSource.class::isInstance).map(ClassSource.class::cast)
                .filter(source -> !source.getClassName().contains("$")).isPresent();
    }
}
