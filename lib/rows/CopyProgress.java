package lib.rows;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import lib.talk.Bytes;

/**
 * How far the copying of rows has come. Only their bytes on the source's disk are known beforehand, and COPY's format
 * has others; so what is yet to come is estimated from what the finished parts had of both.
 */
final class CopyProgress {
    private static final long WINDOW = Duration.ofSeconds(10).toNanos();

    private record Sample(long nanos, long moved) {
    }

    /** How far one worker has come. */
    final class WorkerProgress {
        private CopyBatch batch;
        private long own;

        void begin(CopyBatch next) {
            synchronized (CopyProgress.this) {
                batch = next;
                own = 0;
            }
        }

        /** @param bytes that have gone just now, in COPY's format */
        void moved(long bytes) {
            moved.addAndGet(bytes);
            own += bytes;
        }

        /** The work for the batch has ended, well or not. */
        void end(boolean well) {
            synchronized (CopyProgress.this) {
                if (well) {
                    finished += own;
                    finishedOnDisk += batch.bytes();
                } else {
                    moved.addAndGet(-own);
                }
                batch = null;
            }
        }
    }

    private long total;
    private final AtomicLong moved = new AtomicLong();
    private final List<WorkerProgress> workers = new ArrayList<>();
    private final Deque<Sample> samples = new ArrayDeque<>();
    private long finished;
    private long finishedOnDisk;

    /** @param total bytes on the source's disk */
    CopyProgress(long total) {
        this.total = total;
    }

    /** @param bytes on the source's disk, which need not be copied */
    synchronized void leaveOut(long bytes) {
        total -= bytes;
    }

    synchronized WorkerProgress worker() {
        WorkerProgress worker = new WorkerProgress();
        workers.add(worker);
        return worker;
    }

    /** @return bytes sent so far, in COPY's format, but for those that have to be sent again */
    long bytes() {
        return moved.get();
    }

    /**
     * @return such as {@code 1.5 GB of about 4.0 GB, 120.0 MB/s, 21 s left: public.account (part 2 of 8)}; the speed is
     * that of the last ten seconds
     */
    synchronized String text() {
        long now = System.nanoTime();
        long gone = moved.get();
        samples.add(new Sample(now, gone));
        while (now - samples.getFirst().nanos > WINDOW) {
            samples.removeFirst();
        }
        Sample oldest = samples.getFirst();
        double rate = Math.max(0, gone - oldest.moved) * 1e9 / Math.max(1, now - oldest.nanos);
        long expected =
                Math.max(gone, finishedOnDisk == 0 ? total : (long) ((double) total * finished / finishedOnDisk));
        String left = rate < 1 ? "" : ", " + duration((long) ((expected - gone) / rate)) + " left";
        String current = workers.stream().filter(worker -> worker.batch != null).map(worker -> worker.batch.name())
                .collect(Collectors.joining(" "));
        return "%s of about %s, %s/s%s: %s".formatted(Bytes.text(gone), Bytes.text(expected), Bytes.text((long) rate),
                left, current);
    }

    private static String duration(long seconds) {
        return seconds < 100 ? seconds + " s" : seconds < 6000 ? seconds / 60 + " min"
                : String.format(Locale.ROOT, "%d h %d min", seconds / 3600, seconds / 60 % 60);
    }
}
