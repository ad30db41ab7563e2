//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import testbed.PgServer;

/** The matrix of versions on one pair, and what its table says. */
class MatrixTest {
    private static final Java JAVA = Java.running();

    @Test
    void one_pair_is_moved_and_another_row_or_index_would_show() {
        try (PgServer source = PgServer.installed(); PgServer target = PgServer.installed()) {
            Move.fill(source);
            Move.Outcome outcome = Move.run(source, target, JAVA, Optional.empty());
            assertEquals(Move.End.EQUAL, outcome.end(), outcome.problem());
            assertTrue(outcome.schema());
            // It forbids what follows.
            target.sql(Move.DATABASE, "ALTER EVENT TRIGGER no_drop DISABLE");
            target.sql("postgres", "CREATE DATABASE changed TEMPLATE " + Move.DATABASE);
            assertEquals(Optional.empty(), Move.difference(target, Move.DATABASE, "changed"));
            target.sql("changed", "DROP INDEX sales.customers_trgm");
            assertEquals(Optional.of("another schema than by stock tools"),
                    Move.difference(target, Move.DATABASE, "changed"));
            target.sql("changed", "UPDATE public.scratch SET v = 6 WHERE v = 5");
            assertEquals(Optional.of("other than by stock tools: table public.scratch"),
                    Move.difference(target, Move.DATABASE, "changed"));
        }
    }

    @Test
    void the_table_says_what_could_not_be_tried_and_why() {
        MatrixTable table = new MatrixTable(List.of(14, 15), List.of(JAVA));
        table.without(14, 15, "needs something");
        table.add(15, 14, JAVA, new Move.Outcome(Move.End.REFUSED, 1, false, "exit code 3"));
        table.add(15, 15, JAVA, new Move.Outcome(Move.End.EQUAL, 1.25, false, ""));
        assertFalse(table.failed());
        String page = table.page(Duration.ofSeconds(3));
        assertTrue(page.contains(
                "| from | to 14 | to 15 |\n| --- | --- | --- |\n| 14 | - | - |\n| 15 | refused | 1.3 s, rows |\n"),
                page);
        assertTrue(page.contains("## Not tried\n\n- needs something:\n  from 14 to 15\n"), page);
        assertFalse(page.contains("## Failed"), page);
    }

    @Test
    void the_page_in_docs_is_one_of_these() throws IOException {
        String page = Files.readString(Path.of("docs/matrix.md"));
        assertTrue(page.startsWith(MatrixTable.INTRODUCTION + "\n## Java "), page);
        assertFalse(page.contains("## Failed"), page);
    }

    @Test
    void a_newer_target_that_is_refused_and_an_older_one_that_is_not_have_failed() {
        MatrixTable refused = new MatrixTable(List.of(14, 15), List.of(JAVA));
        refused.add(14, 15, JAVA, new Move.Outcome(Move.End.REFUSED, 1, false, "exit code 3: no"));
        assertTrue(refused.failed());
        assertTrue(refused.page(Duration.ZERO)
                .contains("## Failed\n\n- from 14 to 15 with Java " + JAVA.major() + ": exit code 3: no\n"));
        MatrixTable moved = new MatrixTable(List.of(14, 15), List.of(JAVA));
        moved.add(15, 14, JAVA, new Move.Outcome(Move.End.EQUAL, 1, true, ""));
        assertTrue(moved.failed());
    }
}
