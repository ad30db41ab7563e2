package lib.ssh;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lib.dsn.Dsn;
import lib.talk.Background;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;

/**
 * Further machines on which a command runs beside a migration, to help it. What becomes of them is said, and decides
 * nothing.
 */
public final class RemoteHelpers {
    private record Helper(RemoteRun run, Background<RemoteRun.Result> ended) {
    }

    /** The options of migrate that are for each machine. */
    private static final String THEIRS = "--(jobs|max-rate|server-timeout|quiet|verbose)(=.*)?";

    private final Console console;
    private final List<RemoteRun> runs;
    private final List<Helper> helpers = new ArrayList<>();

    public RemoteHelpers(Console console, List<Ssh> machines, Dsn source, Dsn target) {
        this.console = console;
        runs = machines.stream().map(ssh -> new RemoteRun(console, ssh, source, target, true)).toList();
    }

    /**
     * Starts them, or attaches to those that go on.
     *
     * @param preflight the class and the arguments of preflight, which finds out what is to be installed there
     * @param migrate those of migrate, of which they are told what concerns them
     */
    public void begin(List<String> preflight, List<String> migrate) {
        List<String> join = new ArrayList<>(List.of(migrate.get(0), "--join"));
        migrate.stream().filter(word -> word.matches(THEIRS)).forEach(join::add);
        runs.forEach(run -> helpers.add(new Helper(run,
                Background.begin("helper", () -> run.run(preflight, join)))));
    }

    /**
     * Does a migration, and waits for those that help it to end by themselves; where it fails they are ended.
     *
     * @param migration returns how it has ended
     */
    public RemoteRun.Result beside(Supplier<RemoteRun.Result> migration) {
        boolean well = false;
        try {
            RemoteRun.Result result = migration.get();
            well = result.code() == Failure.OK;
            return result;
        } finally {
            // After Ctrl-C all of it goes on, as the migration does.
            if (!well && !Cleanup.stopping()) {
                stop();
            }
            await(well);
        }
    }

    private void await(boolean well) {
        helpers.forEach(helper -> {
            try {
                int code = helper.ended.get().code();
                if (code != Failure.OK && well) {
                    console.warn("what helped on %s ended with exit code %d", helper.run.host(), code);
                }
            } catch (Failure e) {
                console.warn("%s does not help: %s", helper.run.host(), Failure.why(e));
            }
        });
    }

    /** Ends all, also those that an earlier command has begun. */
    private void stop() {
        runs.forEach(run -> {
            try {
                run.endThere();
            } catch (Failure e) {
                console.warn("what helps on %s could not be ended: %s", run.host(), Failure.why(e));
            }
        });
    }
}
