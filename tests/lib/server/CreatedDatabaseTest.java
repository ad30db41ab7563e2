//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import lib.dsn.Dsn;
import lib.talk.Attempt;
import lib.talk.Console;
import lib.talk.Failure;
import org.junit.jupiter.api.Test;
import testbed.PgServer;

/** A database that was created, and cannot be connected to: from then on the target is changed. */
class CreatedDatabaseTest {
    @Test
    void is_no_refusal_before_anything_was_changed() throws IOException {
        try (PgServer server = PgServer.start(15)) {
            Dsn dsn = Dsn.parse("target", server.uri("closed"), false, Map.of());
            TargetDatabase database = TargetDatabase.connect(dsn, true);
            Path rules = server.dataFolder().resolve("pg_hba.conf");
            Files.writeString(rules, "host closed all all reject\n" + Files.readString(rules));
            server.sql("postgres", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.3)");

            Attempt attempt = new Attempt(new Console(), "the source is unchanged");
            AtomicBoolean created = new AtomicBoolean();
            Failure failure = assertThrows(Failure.class,
                    () -> attempt.run(() -> database.create("TEMPLATE template0", () -> {
                        created.set(true);
                        attempt.begin();
                    })));
            assertEquals("1", server.query("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'closed'"));
            assertTrue(created.get());
            assertEquals(Failure.STEP, failure.exitCode(), failure.getMessage());
            assertTrue(failure.hint().contains("--restart"), failure.hint());
        }
    }
}
