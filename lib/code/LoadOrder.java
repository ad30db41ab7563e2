//DEPS org.postgresql:postgresql:42.7.14
package lib.code;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import lib.catalog.Selection;
import lib.server.Session;
import lib.talk.Failure;
import lib.timescale.Timescale;
import lib.timescale.TimescaleCatalog;

/**
 * Which tables are loaded after others, because the server runs functions of the user for each of their rows: those of
 * CHECK constraints, of generated columns and of domains. Such a function may read other tables, and nothing in the
 * system catalog says which, unless its text does.
 */
public final class LoadOrder {
    /**
     * Asked first, for to plan the other questions takes the server longer than all of it where there is no function;
     * with whether there may be hypertables.
     */
    private static final String ANY =
            "SELECT " + TimescaleCatalog.PRESENT + " FROM pg_catalog.pg_proc p WHERE p.oid >= 16384 LIMIT 1";

    /**
     * With the name of what it is: a partition is named by the text as its parent, too, and a table as a view that
     * reads it.
     */
    private static final String NAMES = """
            WITH RECURSIVE named(oid, name, above) AS (
              SELECT c.oid, c.relname, c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'r'
                AND c.oid = ANY ('{%s}'::pg_catalog.oid[])
              UNION SELECT n.oid, p.relname, p.oid FROM named n, LATERAL (
                SELECT i.inhparent AS oid FROM pg_catalog.pg_inherits i WHERE i.inhrelid = n.above
                UNION ALL SELECT r.ev_class FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
                 WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = n.above) a
                JOIN pg_catalog.pg_class p ON p.oid = a.oid)
            SELECT oid, name FROM named""";

    private final Map<Long, Set<Long>> calls = new TreeMap<>();
    private final Map<Long, WrittenFunction> functions = new HashMap<>();
    private final Map<Long, Set<String>> names = new HashMap<>();
    private final Map<Long, Set<Long>> reads = new HashMap<>();
    private final Map<Long, Integer> turns = new HashMap<>();
    private List<Timescale.Reader> readers = List.of();

    private LoadOrder() {
    }

    /** Asks the system catalog alone; nothing of the user's is run. */
    public static LoadOrder of(Session session, Selection selection) {
        LoadOrder turns = new LoadOrder();
        List<String> any = session.texts("looking for functions", ANY);
        if (any.isEmpty()) {
            return turns;
        }
        List<WrittenFunction> written = WrittenFunction.list(session);
        if (written.isEmpty()) {
            return turns;
        }
        written.forEach(function -> turns.functions.put(function.oid(), function));
        FunctionUse.list(session, selection, turns.functions.keySet()).stream().filter(FunctionUse::forRows)
                .forEach(use -> turns.calls.computeIfAbsent(use.relation(), none -> new HashSet<>())
                        .add(use.function()));
        if (turns.calls.size() > 1) {
            turns.names.putAll(names(session, turns.calls.keySet()));
            turns.calls.forEach((table, called) -> turns.reads.put(table, turns.read(table, called)));
        }
        turns.calls.keySet().forEach(table -> turns.turn(table, new HashSet<>()));
        if (any.contains("t")) {
            turns.readers =
                    HypertableReaders.of(session, selection, written, tables -> names(session, tables));
        }
        return turns;
    }

    private static Map<Long, Set<String>> names(Session session, Set<Long> tables) {
        Map<Long, Set<String>> names = new HashMap<>();
        session.list("listing the names of tables",
                NAMES.formatted(tables.toString().replaceAll("[\\[\\] ]", "")),
                row -> names.computeIfAbsent(row.getLong(1), any -> new HashSet<>()).add(row.getString(2)));
        return names;
    }

    /** @return 0, or the turn of a table that waits for others, from 1 on */
    public int of(long table) {
        return turns.getOrDefault(table, 0);
    }

    /** @return whether it may read a table, which reads it, so that no order is known to be right */
    public boolean circular(long table) {
        Set<Long> seen = new HashSet<>();
        List<Long> open = new ArrayList<>(reads.getOrDefault(table, Set.of()));
        while (!open.isEmpty()) {
            long read = open.remove(open.size() - 1);
            if (seen.add(read)) {
                open.addAll(reads.getOrDefault(read, Set.of()));
            }
        }
        return seen.contains(table);
    }

    /** @return what may read hypertables */
    public List<Timescale.Reader> readers() {
        return readers;
    }

    /** @return whether the rows of a table wait for restoring mode of TimescaleDB to be off */
    public boolean readsHypertables(long table) {
        return readers.stream()
                .anyMatch(reader -> reader.reads() == Timescale.Reads.ROWS && reader.relation() == table);
    }

    /**
     * Those of the other tables that one of the functions names, or may, or one that these name. A name too many costs
     * a turn, and nothing else.
     */
    private Set<Long> read(long table, Set<Long> called) {
        Set<Long> seen = new HashSet<>(called);
        List<Long> open = new ArrayList<>(called);
        Set<Long> read = new HashSet<>();
        while (!open.isEmpty()) {
            WrittenFunction function = functions.get(open.remove(open.size() - 1));
            if (function != null) {
                functions.forEach((other, known) -> {
                    if (!seen.contains(other) && function.text().containsWord(known.name()::equals)) {
                        seen.add(other);
                        open.add(other);
                    }
                });
                names.forEach((other, known) -> {
                    if (other != table
                            && (function.text().runsStatements() || function.text().containsWord(known::contains))) {
                        read.add(other);
                    }
                });
            }
        }
        return read;
    }

    /** Of tables that read each other one has to be first. */
    private int turn(long table, Set<Long> above) {
        Integer known = turns.get(table);
        if (known != null) {
            return known;
        }
        above.add(table);
        int turn = 1 + reads.getOrDefault(table, Set.of()).stream().sorted().filter(other -> !above.contains(other))
                .mapToInt(other -> turn(other, above)).max().orElse(0);
        above.remove(table);
        turns.put(table, turn);
        return turn;
    }

    /**
     * Loads tables in their turns. One that fails is tried again when more has arrived, as long as that helps: tables
     * can read each other.
     *
     * @param turn that of a table, from 1 on
     * @param load loads some tables, and fails when one of them cannot be loaded; what of them has not arrived then is
     * as it was before
     * @param arrived whether all rows of a table are there
     * @param passing whether what a load has failed with can pass when more is there
     * @throws Failure what loading the first one has failed with that cannot be loaded
     */
    public static <T> void load(Collection<T> tables, ToIntFunction<T> turn, Consumer<List<T>> load,
            Predicate<T> arrived, Predicate<Failure> passing) {
        Map<Integer, List<T>> byTurn = new TreeMap<>();
        tables.forEach(table -> byTurn.computeIfAbsent(turn.applyAsInt(table), any -> new ArrayList<>()).add(table));
        List<T> waiting = new ArrayList<>();
        for (List<T> together : byTurn.values()) {
            try {
                load.accept(together);
            } catch (Failure e) {
                if (!passing.test(e)) {
                    throw e;
                }
                together.stream().filter(arrived.negate()).forEach(waiting::add);
            }
        }
        while (!waiting.isEmpty()) {
            int before = waiting.size();
            Failure first = null;
            for (T table : List.copyOf(waiting)) {
                try {
                    load.accept(List.of(table));
                    waiting.remove(table);
                } catch (Failure e) {
                    if (!passing.test(e)) {
                        throw e;
                    }
                    first = first == null ? e : first;
                }
            }
            if (first != null && waiting.size() == before) {
                throw first;
            }
        }
    }
}
