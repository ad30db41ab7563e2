package lib.talk;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ctrl-C: the first one ends the command as every signal does (see {@link Cleanup}), and says that another one ends it
 * at once, whatever is being waited for. Left to itself, the JVM ignores signals once it is ending.
 *
 * <p>
 * Java has no other way to a signal than {@code sun.misc.Signal}, of the module {@code jdk.unsupported}, which every
 * development kit and runtime brings. It is named in text, because javac warns of the class and cannot be told not to.
 */
final class Interruption {
    private static final String SIGNAL = "INT";
    /** 128 and the number of the signal, as shells have it. */
    static final int CODE = 130;
    /** {@code timeout -s INT} sends the same signal to the process and then to its group; no hand is as fast. */
    private static final long SAME_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    /** For the last words and for files with secrets; a terminal can be stopped, too. */
    private static final long LAST_MILLIS = 500;

    /** When the first one came, as {@link System#nanoTime}; 0 for not yet. */
    private static final AtomicLong FIRST = new AtomicLong();

    private final Runnable end;
    private final Runnable halt;

    private Interruption(Runnable end, Runnable halt) {
        this.end = end;
        this.halt = halt;
    }

    /**
     * From now on Ctrl-C does so. It stays ignored where whoever started this process wants it so, as {@code nohup}.
     *
     * @param end says that the command is ending, and what another one does, and ends the process
     * @param halt ends it without waiting for anything
     */
    static void handle(Runnable end, Runnable halt) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandle come = MethodHandles.lookup().bind(new Interruption(end, halt), "come",
                    MethodType.methodType(void.class));
            signal.getMethod("handle", signal, handler).invoke(null, signal.getConstructor(String.class)
                    .newInstance(SIGNAL),
                    MethodHandleProxies.asInterfaceInstance(handler, MethodHandles.dropArguments(come, 0, signal)));
        } catch (ReflectiveOperationException e) {
            // A runtime without that module, or one that leaves signals alone (-Xrs): they do what they always did.
            return;
        }
    }

    /** @return the exit code of a command that has come to its end by itself, or because of the signal */
    static int code(int own) {
        return FIRST.get() == 0 ? own : CODE;
    }

    /** Called in a thread of its own for each signal. */
    private void come() {
        long now = System.nanoTime();
        if (!FIRST.compareAndSet(0, now)) {
            if (now - FIRST.get() > SAME_NANOS) {
                endAtOnce();
            }
        } else if (Cleanup.stopping()) {
            // SIGTERM has come before.
            endAtOnce();
        } else {
            // The terminal has sent it to our programs as well: that they end now is no news.
            Cleanup.beginStopping();
            end.run();
        }
    }

    /** Programs that we have started would go on without us. */
    private void endAtOnce() {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        Cleanup.abandon(LAST_MILLIS);
        halt.run();
    }
}
