package lib.rows;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import lib.journal.Joiners;
import lib.journal.SharedBatches;
import lib.server.Retries;
import lib.server.Session;
import lib.server.TargetLock;
import lib.settings.ComputingSessions;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Heartbeat;

/**
 * What the first machine of a run has to copy. It keeps its list to itself, which costs nothing, until another machine
 * calls; from then on all that nobody has begun with stands in the journal for whoever is free.
 */
final class OfferedParts extends SharedWork implements AutoCloseable {
    private static final int PAUSE_MILLIS = 200;

    private final TargetLock lock;
    private final BooleanSupplier stopped;
    private final Object watching = new Object();
    private final ComputingSessions target;
    private final Console console;
    private final CopyProgress progress;
    private final BiConsumer<CopyBatch, List<Long>> arrivals;
    private final Deque<CopyBatch> own = new ArrayDeque<>();
    /** What another machine could not copy; it is not offered again. */
    private final Deque<CopyBatch> returned = new ArrayDeque<>();
    private final Map<Integer, CopyBatch> offered = new TreeMap<>();
    /** The names of other machines that are there. */
    private final Map<String, String> helping = new HashMap<>();
    private int number;
    private boolean free;
    private Session session;
    private Heartbeat watch;
    private RuntimeException failure;

    /**
     * @param lock hears of other machines; null where they cannot help
     * @param stopped whether nobody waits for the rows any more
     * @param arrivals is told the rows of each part of what has arrived
     */
    OfferedParts(TargetLock lock, BooleanSupplier stopped, ComputingSessions target, Console console,
            CopyProgress progress,
            BiConsumer<CopyBatch, List<Long>> arrivals) {
        this.lock = lock;
        this.stopped = stopped;
        this.target = target;
        this.console = console;
        this.progress = progress;
        this.arrivals = arrivals;
    }

    /** @return how many workers of other machines wait for rows */
    int workersElsewhere() {
        return lock == null ? 0 : lock.workersElsewhere();
    }

    /**
     * Has everything copied, by this machine and others.
     *
     * @param work copies what {@link #next} returns, and may be done again
     */
    void copy(Collection<CopyBatch> plan, Runnable work) {
        synchronized (this) {
            own.addAll(plan);
        }
        if (lock != null) {
            lock.whenCalled(this::watch);
            if (lock.workersElsewhere() > 0) {
                lookAgain();
                watch();
            }
        }
        work.run();
        while (!isDone()) {
            lookAgain();
            if (isDone() || isIdle()) {
                pause();
            } else {
                work.run();
            }
        }
    }

    private void lookAgain() {
        target.server().retries().run(this::look, stopped);
    }

    private synchronized boolean isDone() {
        if (failure != null) {
            throw failure;
        }
        if (stopped.getAsBoolean()) {
            throw Failure.of("the copying of rows was stopped");
        }
        return own.isEmpty() && returned.isEmpty() && offered.isEmpty();
    }

    private synchronized boolean isIdle() {
        return own.isEmpty() && returned.isEmpty() && !free;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of("interrupted while other machines copied").because(e);
        }
    }

    /** Called by whoever hears of other machines, which must not wait for the target. */
    private void watch() {
        synchronized (watching) {
            if (watch == null) {
                watch = new Heartbeat("machines", 1, this::lookBeside);
            }
        }
    }

    /** Of a fault that passes, or does not, the next look tells, at the latest that of {@link #copy}. */
    private synchronized void lookBeside() {
        if (own.isEmpty() && returned.isEmpty() && offered.isEmpty()) {
            return;
        }
        try {
            look(false);
        } catch (Failure e) {
            closeSession();
            if (!Retries.passes(e)) {
                failure = e;
            }
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private synchronized boolean look(boolean anew) {
        if (anew) {
            closeSession();
        }
        if (greet(Joiners.machines(session()))) {
            offer();
        }
        if (!offered.isEmpty()) {
            settle();
            free = SharedBatches.anyFree(session());
        }
        return free;
    }

    /** @return whether there is one that helps */
    private boolean greet(List<Joiners.Machine> machines) {
        Set<String> there = new HashSet<>();
        for (Joiners.Machine machine : machines) {
            if (machine.presence() == Joiners.Presence.THERE) {
                there.add(machine.id());
                if (helping.put(machine.id(), machine.name()) == null) {
                    console.say("another machine helps: %s", machine.name());
                }
            } else {
                helping.remove(machine.id());
                Joiners.remove(session(), machine);
                console.warn("another machine %s, and what it has begun is copied again: %s",
                        machine.presence() == Joiners.Presence.ENDED ? "has lost all its connections"
                                : "is not heard of any more",
                        machine.name());
            }
        }
        Map<String, String> left = new TreeMap<>(helping);
        left.keySet().removeAll(there);
        left.values().forEach(name -> console.say("another machine has left: %s", name));
        helping.keySet().retainAll(there);
        return !there.isEmpty();
    }

    private void offer() {
        if (own.isEmpty()) {
            return;
        }
        List<CopyBatch> batches = List.copyOf(own);
        SharedBatches.offer(session(),
                batches.stream().map(batch -> batch.parts().stream().map(Part::record).toList()).toList(), number + 1);
        own.clear();
        batches.forEach(batch -> offered.put(++number, batch));
        console.explain("%s offered to other machines", Count.of(batches.size(), "part"));
    }

    private void settle() {
        Map<Integer, List<SharedBatches.Offered>> parts = SharedBatches.offered(session(), offered.keySet()).stream()
                .collect(Collectors.groupingBy(SharedBatches.Offered::batch));
        for (Map.Entry<Integer, CopyBatch> each : new ArrayList<>(offered.entrySet())) {
            List<SharedBatches.Offered> there = parts.getOrDefault(each.getKey(), List.of());
            if (there.isEmpty()) {
                givenBack(each.getKey());
            } else if (there.stream().allMatch(part -> part.rows() != null)) {
                progress.leaveOut(each.getValue().bytes());
                arrived(each.getKey(), each.getValue(), rows(each.getValue(), there));
            }
        }
    }

    /** @return those of each part of the batch, in its order */
    private static List<Long> rows(CopyBatch batch, List<SharedBatches.Offered> there) {
        return batch.parts().stream().map(part -> there.stream()
                .filter(one -> one.source() == part.table().oid() && one.number() == part.number()).findFirst()
                .orElseThrow(() -> Failure.of("part %s is not in the journal any more", part)).rows()).toList();
    }

    @Override
    String joiner() {
        return null;
    }

    @Override
    synchronized CopyBatch next() {
        return !returned.isEmpty() ? returned.poll() : !own.isEmpty() ? own.poll() : free ? CopyBatch.SHARED : null;
    }

    @Override
    synchronized void nothingFree() {
        free = false;
    }

    @Override
    boolean goesOn(Session session) {
        return true;
    }

    @Override
    synchronized CopyBatch batch(Session session, int which) {
        return offered.get(which);
    }

    @Override
    void arrived(int which, CopyBatch batch, List<Long> rows) {
        boolean first;
        synchronized (this) {
            first = offered.remove(which) != null;
        }
        if (first) {
            arrivals.accept(batch, rows);
        }
    }

    @Override
    synchronized void givenBack(int which) {
        CopyBatch batch = offered.remove(which);
        if (batch != null) {
            batch.parts().forEach(part -> returned.add(new CopyBatch(List.of(part))));
        }
    }

    private Session session() {
        if (session == null) {
            session = target.server().session();
        }
        return session;
    }

    private void closeSession() {
        if (session != null) {
            session.close();
            session = null;
        }
    }

    @Override
    public void close() {
        if (lock != null) {
            lock.whenCalled(null);
        }
        synchronized (watching) {
            if (watch != null) {
                watch.close();
            }
        }
        synchronized (this) {
            closeSession();
        }
    }
}
