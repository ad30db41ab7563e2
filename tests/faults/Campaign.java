package faults;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import testbed.ChildCommand;
import testbed.CommandRun;

/** Runs of a migration between the servers of a scene, which take about as long as the first one, undisturbed. */
final class Campaign {
    /** Seconds in which every run ends, whatever has happened. */
    private static final int PATIENCE = 240;

    private final Scene scene;
    private final Path folder;
    private final boolean schemaChanges;
    private long millis;

    /** What makes the same command go on. */
    static final String RESUME = "--resume";

    /** @param schemaChanges whether writers change the schema, too */
    Campaign(Scene scene, Path folder, boolean schemaChanges) {
        this.scene = scene;
        this.folder = folder;
        this.schemaChanges = schemaChanges;
        millis = undisturbed();
    }

    /** @return how long a run takes when nothing goes wrong */
    private long undisturbed() {
        String target = scene.newTarget();
        long begin = System.nanoTime();
        try (ChildCommand run = start(scene.database(), target, false, List.of())) {
            CommandRun end = end(run);
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            List<String> differences = end.code() == 0
                    ? Dumped.differences(scene.expected(scene.database()), scene.found(target)) : List.of(end.err());
            if (!differences.isEmpty()) {
                throw new IllegalStateException("a run without faults: " + String.join("\n", differences));
            }
            return took;
        } finally {
            scene.drop(target);
        }
    }

    Scene scene() {
        return scene;
    }

    boolean schemaChanges() {
        return schemaChanges;
    }

    /** @return the share of the duration of a run after which something happens, from 0 to 1 */
    static double moment(Random random) {
        return random.nextDouble();
    }

    /** @return after how many milliseconds that is */
    long millis(double moment) {
        return Math.round(moment * millis);
    }

    /** A run has ended so many milliseconds after its begin: from now on moments are within that. */
    void ended(long after) {
        millis = Math.min(millis, after);
    }

    /** @param throughLines whether it reaches both servers by the ways that can be cut, or else by others */
    ChildCommand start(String source, String target, boolean throughLines, List<String> options) {
        return start(throughLines ? scene.sourceLine().uri(source) : scene.source().uri(source),
                throughLines ? scene.targetLine().uri(target) : scene.target().uri(target), options);
    }

    /** @param source and {@code target} as connection strings */
    ChildCommand start(String source, String target, List<String> options) {
        return ChildCommand.start(ChildCommand.java("Migrate", options.toArray(String[]::new)), folder,
                Map.of("SOURCE", source, "TARGET", target));
    }

    /** @throws IllegalStateException when it does not end, with what it has said */
    CommandRun end(ChildCommand run) {
        try {
            run.handle().onExit().get(PATIENCE, TimeUnit.SECONDS);
            return run.end();
        } catch (TimeoutException e) {
            throw new IllegalStateException("the run does not end within " + PATIENCE + " s: " + run.err(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
