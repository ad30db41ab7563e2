//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Pooler;
import testbed.Sides;

/** A connection pooler stands before one side, whichever way it pools: that is seen before anything is changed. */
class PoolerTest {
    private static final Sides SIDES = Sides.shared();

    @ParameterizedTest
    @ValueSource(strings = {"session", "transaction"})
    void a_pooler_is_named_and_refused(String mode) {
        String from = SIDES.source().newDatabase();
        String to = SIDES.target().newDatabase();
        SIDES.source().sql(from, "CREATE TABLE item AS SELECT 1 AS id");
        try (Pooler source = Pooler.before(SIDES.source(), mode); Pooler target = Pooler.before(SIDES.target(), mode)) {
            SIDES.refuses(3, """
                    error: the source is behind a connection pooler, which preserves neither snapshots nor session \
                    settings
                    hint: connect to the server itself, which listens on another host or port than its pooler
                    """, from, to, () -> CommandRun.migrate(source.uri(from), SIDES.target().uri(to)));
            CommandRun preflight =
                    SIDES.unchanged(from, to, () -> CommandRun.preflight(SIDES.source().uri(from), target.uri(to)));
            assertEquals(3, preflight.code(), preflight.out());
            assertTrue(
                    preflight.out()
                            .contains("stop     pooler             the target is behind a connection pooler, "),
                    preflight.out());
        }
        SIDES.source().sql("postgres", "DROP DATABASE " + from);
        SIDES.target().sql("postgres", "DROP DATABASE " + to);
    }
}
