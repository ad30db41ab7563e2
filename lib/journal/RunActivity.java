//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.server.JournalTables;
import lib.server.Leftovers;
import lib.server.Session;

/**
 * What a session of a run does on the target at this moment, as the server tells it.
 *
 * @param what the statement in short: only what cannot hold a secret
 * @param table the relation that is copied or indexed, where the server knows it, else null
 * @param phase of an index that is made, else null
 * @param bytes that have come in a COPY, or null
 * @param rows that have come in a COPY, or null
 * @param percent how much of the phase of an index is done, or null
 * @param seconds since when
 * @param waitsFor a lock that somebody else has, or null
 * @param machine the other machine that the session is of, or null
 */
record RunActivity(int pid, String what, String table, String phase, Long bytes, Long rows, Integer percent,
        long seconds, String waitsFor, String machine) {
    /** Statements of which the server shows the progress, and since which version. */
    private static final int COPY_SHOWN = 14;
    private static final String NO_COPY = "(SELECT NULL::int4 AS pid, NULL::oid AS relid, NULL::int8 AS "
            + "bytes_processed, NULL::int8 AS tuples_processed)";
    /** What stands around the statement that does the work. */
    private static final Set<String> AROUND = Set.of("BEGIN", "SET", "RESET", "SAVEPOINT", "COMMIT", "SELECT", "");
    private static final String NAME = "(?:\"(?:[^\"]|\"\")+\"|[^\\s\".(;]+)";
    private static final String QUALIFIED = NAME + "(?:\\." + NAME + ")?";
    /** Statements that name objects, as far as they hold no values. */
    private static final Pattern NAMING = Pattern.compile(
            "(?:COPY|ANALYZE|TRUNCATE(?: ONLY)?|REFRESH MATERIALIZED VIEW|CREATE(?: UNIQUE)? INDEX " + NAME
                    + " ON(?: ONLY)?|ALTER TABLE(?: ONLY)? " + QUALIFIED + " (?:ADD|VALIDATE) CONSTRAINT) "
                    + QUALIFIED);
    private static final Pattern KEYWORDS = Pattern.compile("[A-Z]+(?: [A-Z]+)*");
    private static final int LONGEST = 80;

    /** @return those that are not idle, the longest at work first */
    static List<RunActivity> ask(Session target) {
        return target.list("asking what the run's sessions do", """
                SELECT a.pid, pg_catalog.left(a.query, 300),
                       coalesce(c.relid, i.relid)::pg_catalog.regclass::pg_catalog.text, i.phase,
                       c.bytes_processed, c.tuples_processed,
                       (100 * CASE WHEN i.blocks_total > 0 THEN i.blocks_done / i.blocks_total::float8
                         ELSE i.tuples_done / nullif(i.tuples_total, 0)::float8 END)::int4,
                       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.query_start)::int8,
                       CASE a.wait_event_type WHEN 'Lock' THEN a.wait_event END, j.machine
                  FROM pg_catalog.pg_stat_activity a
                  LEFT JOIN %s s ON s.pid = a.pid AND s.started = a.backend_start
                  LEFT JOIN %s j ON j.id = s.joiner
                  LEFT JOIN %s c ON c.pid = a.pid
                  LEFT JOIN pg_catalog.pg_stat_progress_create_index i ON i.pid = a.pid
                 WHERE a.state <> 'idle' AND %s
                 ORDER BY a.query_start, a.pid"""
                .formatted(JournalTables.SESSION.sql(), JournalTables.JOINER.sql(),
                        target.major() < COPY_SHOWN ? NO_COPY : "pg_catalog.pg_stat_progress_copy",
                        Leftovers.OF_RUN),
                row -> new RunActivity(row.getInt(1), inShort(row.getString(2)), row.getString(3), row.getString(4),
                        row.getObject(5, Long.class), row.getObject(6, Long.class), row.getObject(7, Integer.class),
                        row.getLong(8), row.getString(9), row.getString(10)));
    }

    /** @return whether rows arrive by it */
    boolean isCopy() {
        return what.startsWith("COPY ");
    }

    /**
     * @return the first statement of several that does something: its keywords, with names where nothing else can
     * follow; a password or a row may stand in others
     */
    static String inShort(String query) {
        String statement =
                query == null ? "" : Stream.of(query.split(";")).map(each -> each.strip().replaceAll("\\s+", " "))
                        .filter(each -> !AROUND.contains(each.split(" ", 2)[0])).findFirst().orElse("");
        Matcher naming = NAMING.matcher(statement);
        Matcher keywords = KEYWORDS.matcher(statement);
        String shown = naming.lookingAt() ? naming.group() : keywords.lookingAt() ? keywords.group() : "a statement";
        return shown.length() > LONGEST ? shown.substring(0, LONGEST) + "…" : shown;
    }
}
