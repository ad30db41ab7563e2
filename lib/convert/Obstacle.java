package lib.convert;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Something that cannot stay as it is when its table becomes a hypertable.
 *
 * @param table the OID of the table that is to become one
 * @param of the table that has it
 * @param what it is, with its name, for messages
 * @param why it cannot stay
 * @param outcomes what can become of it, the one that is proposed first; nothing where the table cannot be converted
 * with it, whatever becomes of it
 * @param unmade what is not made on the target when it changes
 */
record Obstacle(long table, Subject subject, String name, TableName of, String what, String why,
        Map<Treatment, Outcome> outcomes, List<HypertablePlan.Unmade> unmade) {
    /**
     * What a treatment comes to.
     *
     * @param text what becomes of it, for messages
     * @param before statements while the table is still an ordinary one, {@code instead} those that make what takes its
     * place, after the rows have been loaded
     */
    record Outcome(String text, List<String> before, List<String> instead) {
        static Outcome of(String text, String... instead) {
            return new Outcome(text, List.of(), List.of(instead));
        }
    }

    /** What cannot be helped. */
    static Obstacle fatal(long table, TableName of, String what, String why) {
        return new Obstacle(table, null, null, of, what, why, Map.of(), List.of());
    }

    /** One of whose treatments leaving the table as it is always is one. */
    static Obstacle of(long table, Subject subject, String name, TableName of, String what, String why,
            Map<Treatment, Outcome> outcomes, HypertablePlan.Unmade... unmade) {
        Map<Treatment, Outcome> all = new LinkedHashMap<>(outcomes);
        all.put(Treatment.NOT_CONVERTED, Outcome.of("stays, and so does its table"));
        return new Obstacle(table, subject, name, of, what, why, all, new ArrayList<>(List.of(unmade)));
    }

    static Map<Treatment, Outcome> dropped() {
        return Map.of(Treatment.DROPPED, Outcome.of("is dropped"));
    }
}
