//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import lib.facts.Difference;
import lib.facts.FactKind;
import lib.talk.Printable;
import org.junit.jupiter.api.Test;

/** Names stand in the table of differences as they are, each row in one line. */
class DifferenceTableTest {
    @Test
    void a_name_is_neither_markup_nor_broken() {
        String longest = "x".repeat(100);
        assertEquals(List.of("KIND   OBJECT" + " ".repeat(76) + "SOURCE   TARGET",
                "table  \"@|bold a|@\"" + " ".repeat(70) + "missing  here",
                "view   " + longest + "  here     missing"),
                DifferenceTable.lines(List.of(new Difference(FactKind.TABLE, "\"@|bold a|@\"", "missing", "here"),
                        new Difference(FactKind.VIEW, longest, "here", "missing")), false).stream().map(Printable::text)
                        .toList());
    }
}
