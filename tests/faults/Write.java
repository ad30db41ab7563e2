package faults;

import java.util.List;
import java.util.Random;

/** Something that somebody writes to the source: statements, and what they touch. */
interface Write {
    /** @return statements, each of which runs in a transaction of its own, all in one session */
    List<String> statements(Random random);

    /** @return the tables whose rows it may change or move */
    List<String> tables();

    /** @return one or two of them */
    static List<String> some(Random random, String... statements) {
        int first = random.nextInt(statements.length);
        int second = random.nextInt(statements.length);
        return first == second ? List.of(statements[first]) : List.of(statements[first], statements[second]);
    }
}
