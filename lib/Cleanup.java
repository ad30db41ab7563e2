//SOURCES Failure.java
package lib;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * What must be undone however the command ends: normally, by an error, by SIGINT or by SIGTERM. Tasks run last in, first out, once.
 * After {@code kill -9} nothing runs; the next command sweeps the private files of processes that are gone.
 */
public final class Cleanup {
    private static final Deque<Task> TASKS = new ArrayDeque<>();
    private static final Thread HOOK = new Thread(Cleanup::stop, "cleanup");
    private static final long LAST_WAIT_MILLIS = 30_000;
    private static volatile boolean stopping;
    private static int running;
    private static Path folder;

    static {
        Runtime.getRuntime().addShutdownHook(HOOK);
    }

    /** A registered undoing; {@link #close} does it early. */
    public static final class Task implements AutoCloseable {
        private final Runnable work;

        private Task(Runnable work) {
            this.work = work;
        }

        @Override
        public void close() {
            synchronized (TASKS) {
                // While the process is being ended, it is the other thread's turn: what this one began would be cut off with it.
                if (stopping && Thread.currentThread() != HOOK || !TASKS.remove(this)) {
                    return;
                }
                running++;
            }
            try {
                work.run();
            } finally {
                synchronized (TASKS) {
                    running--;
                    TASKS.notifyAll();
                }
            }
        }

        /** Forgets the task without doing it. */
        public void cancel() {
            synchronized (TASKS) {
                TASKS.remove(this);
            }
        }
    }

    private Cleanup() {
    }

    /** Registers work that may be called from another thread while the rest of the process still runs; it must not throw. */
    public static Task onExit(Runnable work) {
        Task task = new Task(work);
        synchronized (TASKS) {
            TASKS.push(task);
        }
        return task;
    }

    /** @return true once the process is being ended by a signal, when failures of running steps are no news */
    public static boolean stopping() {
        return stopping;
    }

    /** Does everything that is registered. */
    private static void runAll() {
        for (Task task = next(); task != null; task = next()) {
            try {
                task.work.run();
            } catch (RuntimeException e) {
                // The others must still run, and there is nobody left to tell.
            }
        }
    }

    /** The process ends when this returns, whatever other threads are about. */
    private static void stop() {
        synchronized (TASKS) {
            stopping = true;
        }
        runAll();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAST_WAIT_MILLIS);
        synchronized (TASKS) {
            try {
                while (running > 0 && System.nanoTime() < deadline) {
                    TASKS.wait(LAST_WAIT_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Task next() {
        synchronized (TASKS) {
            return TASKS.poll();
        }
    }

    /**
     * Writes a file that only this user can read (0600 in a 0700 folder) and that is removed when the command ends.
     *
     * @param content the text, in UTF-8
     */
    public static Path privateFile(String name, String content) {
        try {
            Path file = Files.createTempFile(privateFolder(), ProcessHandle.current().pid() + "-" + name + "-", "",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            onExit(() -> delete(file));
            Files.write(file, content.getBytes(StandardCharsets.UTF_8));
            return file;
        } catch (IOException e) {
            throw Failure.refused("could not write a private temporary file: %s", e.getMessage()).because(e)
                    .hint("set TMPDIR to a folder you can write to");
        }
    }

    private static synchronized Path privateFolder() throws IOException {
        if (folder == null) {
            Path wanted = Path.of(System.getenv().getOrDefault("TMPDIR", System.getProperty("java.io.tmpdir")),
                    "tsmigrate-" + System.getProperty("user.name"));
            try {
                Files.createDirectory(wanted, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException e) {
                // Somebody else's folder of that name could be read or swapped under us.
                if (!Files.isDirectory(wanted, LinkOption.NOFOLLOW_LINKS)
                        || !Files.getOwner(wanted).getName().equals(System.getProperty("user.name"))
                        || !PosixFilePermissions.toString(Files.getPosixFilePermissions(wanted)).equals("rwx------")) {
                    wanted = Files.createTempDirectory("tsmigrate-");
                    Path own = wanted;
                    onExit(() -> delete(own));
                }
            }
            folder = wanted;
            sweep(wanted);
        }
        return folder;
    }

    private static void sweep(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String pid = file.getFileName().toString().replaceFirst("-.*", "");
                if (pid.matches("\\d{1,9}") && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Removes a file that has served its purpose before the command ends. */
    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // A folder that another run still uses stays; a file that is gone is what was wanted.
        }
    }
}
