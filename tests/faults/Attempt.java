package faults;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;

/**
 * A database is moved, something goes wrong at a random moment, and the same command is run again as the operator
 * would; then everything has to be there, and what had arrived was not brought again. All that is random comes from the
 * seed, but for what a processor does meanwhile.
 */
final class Attempt implements Trial {
    private static final String WORK =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '%s' AND backend_type = 'client backend'";

    private final Campaign campaign;
    private final Scene scene;
    private final Fault fault;
    private final Random random;
    private final double moment;
    private final boolean written;
    private final String source;
    private final String target;
    private final List<String> failures = new ArrayList<>();
    private final List<String> account = new ArrayList<>();
    private boolean struck;
    private long kept = -1;
    private double seconds;

    Attempt(Campaign campaign, Fault fault, long seed) {
        this.campaign = campaign;
        this.fault = fault;
        scene = campaign.scene();
        random = new Random(seed);
        moment = Campaign.moment(random);
        written = random.nextBoolean();
        source = written ? scene.copy() : scene.database();
        target = scene.newTarget();
    }

    @Override
    public void run() {
        try (History history =
                new History(scene.source(), scene.writers(), source, random, fault.sparesWriters(),
                        campaign.schemaChanges())) {
            SortedMap<String, String> before = scene.expected(source);
            if (written) {
                history.begin();
            }
            CommandRun failed = failing();
            if (failed.code() == 0 || scene.isOver(target)) {
                // It came too late, or was borne: what counts is what was there then, or since.
                SortedMap<String, String> struckThen = fault.sparesWriters() ? before : scene.present(source);
                compare(List.of(before, struckThen, after()));
                return;
            }
            if (failed.code() == 4 || failed.code() == 1 && !failed.err().contains(Campaign.RESUME)) {
                failures.add("ended with " + failed.code() + ": " + failed.err());
            }
            Set<String> changed = new HashSet<>(scene.restless());
            if (written) {
                history.goOn();
                account.add(history.toString());
                changed.addAll(history.tables());
            }
            goOn(written || !fault.sparesWriters() ? after() : before, changed);
        } finally {
            scene.drop(target);
            if (!fault.sparesWriters()) {
                scene.mend();
            }
        }
    }

    /** @param changed the tables that others have written to meanwhile */
    private void goOn(SortedMap<String, String> expected, Set<String> changed) {
        if (random.nextInt(4) == 0 && again(true).code() == 0) {
            compare(List.of(expected));
            return;
        }
        // Otherwise what the failed run has left may still be at work.
        RepeatedWork work = random.nextInt(3) > 0 ? look() : null;
        CommandRun end = again(false);
        if (end.code() != 0) {
            failures.add(Campaign.RESUME + " ended with " + end.code() + ": " + end.err());
            return;
        }
        compare(List.of(expected));
        if (work != null) {
            kept = work.kept();
            account.add(kept + " rows were there");
            failures.addAll(work.repeated(scene.changed(changed)));
        }
        if (random.nextInt(4) == 0) {
            failures.addAll(scene.unsound(target));
        }
    }

    private SortedMap<String, String> after() {
        if (!fault.sparesWriters() && !written) {
            scene.mend();
        }
        return scene.expected(source);
    }

    private CommandRun failing() {
        List<String> options = options();
        if (fault.isCut()) {
            options.addAll(List.of("--server-timeout", String.valueOf(5 + random.nextInt(10))));
        }
        try (ChildCommand run = campaign.start(source, target, fault.isCut(), options)) {
            long begin = System.nanoTime();
            struck = !endsWithin(run, campaign.millis(moment));
            if (struck) {
                fault.strike(scene, source, target, run, random);
            } else {
                campaign.ended(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
            }
            CommandRun failed = campaign.end(run);
            account.add("after %.1f s%s, exit %d".formatted(campaign.millis(moment) / 1e3, struck ? "" : " (too late)",
                    failed.code()));
            return failed;
        }
    }

    private static boolean endsWithin(ChildCommand run, long millis) {
        try {
            run.handle().onExit().get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private CommandRun again(boolean killed) {
        List<String> options = options();
        options.add(Campaign.RESUME);
        // Addresses are no matter.
        try (ChildCommand run = campaign.start(source, target, random.nextBoolean(), options)) {
            long begin = System.nanoTime();
            if (killed) {
                Fault.sleep(campaign.millis(Campaign.moment(random)));
                run.signalAll("KILL");
            }
            CommandRun end = campaign.end(run);
            seconds = (System.nanoTime() - begin) / 1e9;
            account.add("%s: exit %d, %.1f s".formatted(Campaign.RESUME, end.code(), seconds));
            return end;
        }
    }

    /** How many work at once is no matter either. */
    private List<String> options() {
        return new ArrayList<>(List.of("--jobs", String.valueOf(2 + random.nextInt(3))));
    }

    /** What is there once nothing of the failed run works any more. */
    private RepeatedWork look() {
        BackgroundWork.until("the sessions of the failed run end",
                () -> scene.target().query("postgres", WORK.formatted(target)).equals("0"));
        return RepeatedWork.since(scene.target(), target);
    }

    /** @param possible the states that it may have, of which one is enough */
    private void compare(List<SortedMap<String, String>> possible) {
        SortedMap<String, String> found = scene.found(target);
        List<List<String>> differences =
                possible.stream().map(expected -> Dumped.differences(expected, found)).toList();
        if (differences.stream().noneMatch(List::isEmpty)) {
            failures.addAll(differences.get(differences.size() - 1));
        }
    }

    @Override
    public List<String> failures() {
        return failures;
    }

    /** @return whether the run had not ended before */
    boolean struck() {
        return struck;
    }

    /** @return how many rows had arrived when the failed run had ended, if somebody has looked, or -1 */
    long kept() {
        return kept;
    }

    @Override
    public double seconds() {
        return seconds;
    }

    @Override
    public String account() {
        return String.join("; ", account);
    }
}
