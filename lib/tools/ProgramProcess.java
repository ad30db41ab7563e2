//DEPS org.zeroturnaround:zt-exec:1.13.0
//DEPS org.slf4j:slf4j-nop:1.7.36
package lib.tools;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import lib.talk.Cleanup;
import lib.talk.Failure;
import org.zeroturnaround.exec.ProcessExecutor;
import org.zeroturnaround.exec.StartedProcess;

/**
 * The process of a client program, with those that it forks. A signal finds it either not started or known, and never
 * leaves it behind.
 */
final class ProgramProcess {
    private static final int PATIENCE_SECONDS = 5;
    /** After a signal there is less time (see {@link Cleanup#ending}). */
    private static final int PATIENCE_AFTER_SIGNAL_SECONDS = 1;

    private Process process;
    private boolean ended;

    /**
     * Starts the program.
     *
     * @throws Failure when it cannot be started, or not any more
     */
    synchronized StartedProcess start(String name, ProcessExecutor executor) {
        if (ended || Cleanup.stopping()) {
            throw Failure.of("%s was not started any more", name);
        }
        try {
            StartedProcess started = executor.start();
            process = started.getProcess();
            return started;
        } catch (IOException e) {
            // The library's own message would repeat the whole environment.
            throw Failure.of("could not start %s", name);
        }
    }

    /** Asks the program to end, if it was started, and does not wait for it. */
    synchronized void terminate() {
        if (process != null) {
            process.destroy();
        }
    }

    /**
     * Ends the program, or keeps it from being started. pg_dump and pg_restore fork workers, which do not end by
     * themselves when only their leader is told to.
     */
    void end() {
        List<ProcessHandle> family = new ArrayList<>();
        synchronized (this) {
            ended = true;
            if (process == null) {
                return;
            }
            family.addAll(process.descendants().toList());
            family.add(process.toHandle());
        }
        family.forEach(ProcessHandle::destroy);
        long deadline = System.nanoTime() + TimeUnit.SECONDS
                .toNanos(Cleanup.stopping() ? PATIENCE_AFTER_SIGNAL_SECONDS : PATIENCE_SECONDS);
        while (family.stream().anyMatch(ProgramProcess::runs) && System.nanoTime() < deadline) {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        family.forEach(ProcessHandle::destroyForcibly);
    }

    /**
     * A worker whose leader has ended is a zombie until init reaps it, which in a container can be never; a zombie has
     * no program.
     */
    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }
}
