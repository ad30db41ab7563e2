//DEPS org.postgresql:postgresql:42.7.14
package lib.code;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.server.Session;
import lib.timescale.Timescale;
import lib.timescale.TimescaleCatalog;
import lib.timescale.TimescaleExtension;

/**
 * What a load evaluates that may read a hypertable through a function of the user. In restoring mode of TimescaleDB a
 * hypertable has no rows for who reads it, so that a CHECK fails, and a generated column or an index is computed
 * wrongly, without a word. What a function reads no system catalog says: the names in its text do. A name too many
 * makes something later than it could be, and nothing else.
 */
final class HypertableReaders {
    /** A view may read a hypertable, and a continuous aggregate is one. */
    private static final String NAMES = TimescaleCatalog.NAMES
            + " UNION SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind = 'v' AND c.oid >= 16384 AND "
            + Selection.noExtension("pg_class", "c.oid");

    private static final Predicate<String> CHUNK = TimescaleCatalog::isChunk;

    private final Session session;
    private final Selection selection;
    private final List<WrittenFunction> functions;
    private final Set<String> names = new HashSet<>();

    private HypertableReaders(Session session, Selection selection, List<WrittenFunction> functions) {
        this.session = session;
        this.selection = selection;
        this.functions = functions;
    }

    /**
     * Asks the catalogs alone; nothing of the user's is run.
     *
     * @param functions that the user has written
     * @param named gives the names by which a text may name a table, by its identifier
     * @return none where the database does not have the extension
     */
    static List<Timescale.Reader> of(Session session, Selection selection,
            List<WrittenFunction> functions, Function<Set<Long>, Map<Long, Set<String>>> named) {
        // Others may have put something in the place of its catalog.
        return TimescaleExtension.of(session) == null ? List.of()
                : new HypertableReaders(session, selection, functions).read(named);
    }

    private List<Timescale.Reader> read(Function<Set<Long>, Map<Long, Set<String>>> named) {
        names.addAll(session.texts("listing the names of hypertables", NAMES));
        Set<Long> reading = reading();
        if (reading.isEmpty()) {
            return List.of();
        }
        // They have no rows themselves; their chunks are tables as others.
        Set<Long> hypertables = Set.copyOf(
                session.list("listing hypertables", TimescaleCatalog.HYPERTABLES, row -> row.getLong(1)));
        while (true) {
            List<FunctionUse> uses = FunctionUse.list(session, selection, reading);
            Map<Long, Timescale.Reader> tables = new TreeMap<>();
            uses.stream().filter(use -> use.forRows() && !hypertables.contains(use.relation()))
                    .forEach(use -> tables.putIfAbsent(use.relation(), reader(use, Timescale.Reads.ROWS)));
            // Who reads a table that waits has to wait, too.
            named.apply(tables.keySet()).values().forEach(names::addAll);
            Set<Long> more = reading();
            if (more.equals(reading)) {
                List<Timescale.Reader> found = new ArrayList<>(tables.values());
                uses.stream().filter(use -> !use.forRows() && !use.view() && !hypertables.contains(use.relation()))
                        .map(use -> reader(use, use.index() ? Timescale.Reads.OBJECT : Timescale.Reads.STATISTICS))
                        .distinct().forEach(found::add);
                return found;
            }
            reading = more;
        }
    }

    private static Timescale.Reader reader(FunctionUse use, Timescale.Reads reads) {
        return new Timescale.Reader(reads, use.catalog(), use.oid(), use.relation(), use.what() + " " + use.name());
    }

    /** @return the functions that name one of these, and those that call them */
    private Set<Long> reading() {
        Set<Long> reading = new HashSet<>();
        Set<String> called = new HashSet<>();
        boolean more = true;
        while (more) {
            List<WrittenFunction> found = functions.stream().filter(function -> !reading.contains(function.oid())
                    && (function.text().runsStatements() || function.text().containsWord(CHUNK.or(names::contains))
                            || !function.text().called(called::contains).isEmpty()))
                    .toList();
            reading.addAll(found.stream().map(WrittenFunction::oid).collect(Collectors.toSet()));
            more = called.addAll(found.stream().map(WrittenFunction::name).collect(Collectors.toSet()));
        }
        return reading;
    }
}
