package faults;

import java.util.List;
import java.util.Random;
import testbed.ChildCommand;
import testbed.CutLine;
import testbed.PgServer;
import testbed.Run;

/** What goes wrong while a migration runs, and how many times that is tried. */
enum Fault {
    /** kill -9 of the command and of the programs that it has started. */
    KILLED(2, 60, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            run.signalAll("KILL");
        }
    },
    /** kill -9 of the command alone; its programs work on. */
    ORPHANED(1, 40, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            run.signal("KILL");
        }
    },
    SOURCE_SESSION(1, 15, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            endSession(scene.source(), source, run, random, false);
        }
    },
    TARGET_SESSION(1, 15, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            endSession(scene.target(), target, run, random, false);
        }
    },
    /** kill -9 of one server process, after which the server ends all others and recovers. */
    SOURCE_BACKEND(1, 5, Writers.SHORT) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            endSession(scene.source(), source, run, random, true);
        }
    },
    TARGET_BACKEND(1, 5, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            endSession(scene.target(), target, run, random, true);
        }
    },
    SOURCE_RESTART(1, 10, Writers.SHORT) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            restart(scene.source(), random);
        }
    },
    TARGET_RESTART(1, 10, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            restart(scene.target(), random);
        }
    },
    SOURCE_CUT(1, 3, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            cut(scene.sourceLine(), run);
        }
    },
    TARGET_CUT(1, 2, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            cut(scene.targetLine(), run);
        }
    },
    SOURCE_FULL(1, 4, Writers.SHORT) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            full(scene, scene.source(), run);
        }
    },
    TARGET_FULL(1, 6, Writers.LASTING) {
        @Override
        void strike(Scene scene, String source, String target, ChildCommand run, Random random) {
            full(scene, scene.target(), run);
        }
    };

    /** Who else may use the source. */
    private enum Writers {
        /** Sessions that last as long as the run; they end with their server. */
        LASTING,
        /** Those that come and go between two runs. */
        SHORT
    }

    /** Seconds in which a run ends that can do nothing more. */
    private static final int PATIENCE = 60;
    private static final String SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = '%s'"
            + " AND backend_type = 'client backend' AND application_name <> '" + History.NAME
            + "' ORDER BY backend_start";

    private final int quick;
    private final int thorough;
    private final Writers writers;

    Fault(int quick, int thorough, Writers writers) {
        this.quick = quick;
        this.thorough = thorough;
        this.writers = writers;
    }

    /** Does it, and waits for the end of the run if that need not come. */
    abstract void strike(Scene scene, String source, String target, ChildCommand run, Random random);

    /** @return how many times it is tried in the quick run of the tests */
    int quick() {
        return quick;
    }

    /** @return how many times it is tried in a thorough one */
    int thorough() {
        return thorough;
    }

    /** @return how many of these with hypertables */
    int withChunks() {
        return (thorough + 4) / 5;
    }

    /** @return whether sessions of writers can outlast it */
    boolean sparesWriters() {
        return writers == Writers.LASTING;
    }

    /** @return whether the run ends with it, however it goes */
    boolean isKill() {
        return this == KILLED || this == ORPHANED;
    }

    boolean isCut() {
        return this == SOURCE_CUT || this == TARGET_CUT;
    }

    boolean needsSmallDisks() {
        return this == SOURCE_FULL || this == TARGET_FULL;
    }

    private static void endSession(PgServer server, String database, ChildCommand run, Random random, boolean crash) {
        List<List<String>> sessions = List.of();
        while (sessions.isEmpty() && run.handle().isAlive()) {
            sessions = server.rows("postgres", SESSIONS.formatted(database));
        }
        if (!sessions.isEmpty()) {
            String pid = sessions.get(random.nextInt(sessions.size())).get(0);
            if (crash) {
                // It may have ended a moment ago.
                Run.of(List.of("kill", "-KILL", pid));
                // The server learns of it a moment later.
                sleep(300);
                server.awaitRecovery();
            } else {
                server.query("postgres", "SELECT pg_terminate_backend(" + pid + ")");
            }
        }
    }

    private static void restart(PgServer server, Random random) {
        server.crash();
        sleep(random.nextInt(2) * 1500);
        server.start();
    }

    private static void cut(CutLine line, ChildCommand run) {
        line.cut();
        // No run waits for ever, and what it has left is cut off from both ends until then.
        awaitEnd(run);
        line.mend();
    }

    private static void full(Scene scene, PgServer server, ChildCommand run) {
        scene.disk(server).fill();
        awaitEnd(run);
        scene.disk(server).free();
        server.awaitRecovery();
    }

    private static void awaitEnd(ChildCommand run) {
        for (int tenths = 0; tenths < PATIENCE * 10 && run.handle().isAlive(); tenths++) {
            sleep(100);
        }
    }

    static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

}
