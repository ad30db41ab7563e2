package faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.regex.Pattern;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.ServerAccess;

/**
 * A database is moved in passes while others write to it, between the passes and during them; some passes are killed.
 * Then they stop, and the last pass has to bring what the source has by then, or to say by name what it cannot follow.
 * All that is random comes from the seed, but for what a processor does meanwhile.
 */
final class Passes implements Trial {
    /** What docs/migrate.md says that it is refused, and what comes next. */
    private static final Pattern DOCUMENTED = Pattern.compile(
            "(?m)^migrate: error: the schema of the source has changed since the interrupted run in what cannot be "
                    + "followed: .*\n(migrate: detail: .*\n)*migrate: hint: run the same command with --restart ");
    /** Where a table of the source is always waited for, the schema cannot be read. */
    private static final String BUSY = "\nmigrate: error: another session wants to drop, truncate or alter a table of "
            + "the source, so it cannot be dumped\nmigrate: hint: stop what changes tables on the source, then run "
            + "again";
    private static final int MOST = 3;

    private final Campaign campaign;
    private final Scene scene;
    private final List<? extends ServerAccess> readers;
    private final Random random;
    private final List<String> failures = new ArrayList<>();
    private final List<String> account = new ArrayList<>();
    private String source;
    private String target;
    private double seconds;

    /** @param readers servers of which each can be read as the source: its own, or standbys of it */
    Passes(Campaign campaign, List<? extends ServerAccess> readers, long seed) {
        this.campaign = campaign;
        this.readers = readers;
        scene = campaign.scene();
        random = new Random(seed);
    }

    @Override
    public void run() {
        source = scene.copy();
        target = scene.newTarget();
        // What lasts, and what is done before the last pass.
        try (History history = new History(scene.source(), scene.writers(), source, random, true,
                campaign.schemaChanges() || random.nextInt(3) == 0)) {
            history.begin();
            for (int left = 1 + random.nextInt(MOST); left > 0; left--) {
                pass();
                betweenPasses();
            }
            history.goOn();
            account.add("then " + history);
            ServerAccess reader = reader();
            last(reader, expected(reader));
        } finally {
            scene.drop(target);
        }
    }

    private ServerAccess reader() {
        return readers.get(random.nextInt(readers.size()));
    }

    /** A standby knows sequences as a crash would leave them: a little further. */
    private SortedMap<String, String> expected(ServerAccess reader) {
        SortedMap<String, String> expected = scene.expected(source);
        if (reader != scene.source()) {
            scene.awaitReplay(reader);
            Dumped.of(reader, source).forEach(
                    (name, value) -> expected.computeIfPresent(name,
                            (same, before) -> name.startsWith("sequence ") ? value : before));
        }
        return expected;
    }

    private void pass() {
        boolean killed = random.nextInt(3) == 0;
        // A last pass that is cut off is one more before it.
        String option = killed && random.nextInt(3) == 0 ? Campaign.RESUME : "--prepare";
        Meanwhile meanwhile = random.nextInt(4) == 0 ? null
                : new Meanwhile(scene.source(), source, scene.writers().writes(), new Random(random.nextLong()));
        CommandRun run;
        try {
            run = run(reader(), option, killed ? campaign.millis(Campaign.moment(random)) : -1);
        } finally {
            if (meanwhile != null) {
                meanwhile.close();
            }
        }
        account.add("%s%s: exit %d%s".formatted(option, killed ? " killed" : "", run.code(),
                meanwhile == null ? "" : ", meanwhile " + meanwhile.written() + " statements"));
        if (option.equals(Campaign.RESUME) && (run.code() == 0 || scene.isOver(target))) {
            // It was killed too late: there is nothing to go on with.
            scene.drop(target);
            target = scene.newTarget();
        }
        // What is changed under it may end it: then it says how to go on.
        if (!killed && run.code() != 0 && !(run.code() == 1 && run.err().contains(Campaign.RESUME)) && !refused(run)
                && !(meanwhile != null && run.code() == 3 && run.err().contains(BUSY))) {
            failures.add(option + " ended with " + run.code() + ": " + run.err());
        }
    }

    private void betweenPasses() {
        List<String> said = new ArrayList<>();
        for (int left = random.nextInt(MOST); left > 0; left--) {
            said.addAll(write(scene.writers().writes().get(random.nextInt(scene.writers().writes().size()))
                    .statements(random)));
        }
        if (random.nextInt(4) == 0) {
            List<String> changes = scene.writers().changesOfSchema();
            said.addAll(write(List.of(changes.get(random.nextInt(changes.size())))));
        }
        account.add("between " + said);
    }

    /** What no longer fits the schema is left, and what the open transaction of a history holds. */
    private List<String> write(List<String> statements) {
        try {
            List<String> all = new ArrayList<>(List.of("SET lock_timeout = '2s'"));
            all.addAll(statements);
            scene.source().sql(source, all.toArray(String[]::new));
            return statements;
        } catch (IllegalStateException e) {
            return List.of("(not " + statements + ")");
        }
    }

    private void last(ServerAccess reader, SortedMap<String, String> expected) {
        long begin = System.nanoTime();
        CommandRun end = run(reader, Campaign.RESUME, -1);
        seconds = (System.nanoTime() - begin) / 1e9;
        account.add("%s: exit %d, %.1f s".formatted(Campaign.RESUME, end.code(), seconds));
        if (refused(end)) {
            account.add(end.failure());
            end = run(reader, "--restart", -1);
        }
        if (end.code() != 0) {
            failures.add(Campaign.RESUME + " ended with " + end.code() + ": " + end.err());
            return;
        }
        failures.addAll(Dumped.differences(expected, scene.found(target)));
    }

    private static boolean refused(CommandRun run) {
        return run.code() == 1 && DOCUMENTED.matcher(run.err()).find();
    }

    /** @param after milliseconds after which it is killed, or -1 */
    private CommandRun run(ServerAccess reader, String option, long after) {
        scene.awaitReplay(reader);
        try (ChildCommand run = campaign.start(reader.uri(source), scene.target().uri(target),
                List.of(option, "--jobs", String.valueOf(2 + random.nextInt(3))))) {
            if (after >= 0) {
                Fault.sleep(after);
                run.signalAll("KILL");
            }
            return campaign.end(run);
        }
    }

    @Override
    public List<String> failures() {
        return failures;
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
