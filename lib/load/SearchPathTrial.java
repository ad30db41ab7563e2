//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.EntrySql;
import lib.rows.RowMover;
import lib.rows.RowSample;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.settings.ComputingSessions;
import lib.source.Contents;
import lib.source.Inventory;
import lib.source.PathNeeds;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.Sql;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Tries on the target what calls {@link PathNeeds functions that need a search_path}, before the first row is moved:
 * with some rows, because nothing is computed for an empty table, and in a transaction that is rolled back. The server
 * computes indexes, statistics and materialized views as their owner, as it will when they are made. Only what such a
 * function does not find is a failure here: with few rows it can lack others that it reads.
 */
public final class SearchPathTrial {
    /** A function, table, type or schema that is not there (PostgreSQL manual, appendix A). */
    private static final Set<String> NOT_FOUND = Set.of("42883", "42P01", "42704", "3F000");
    /**
     * How many objects that call one function are tried, and how many tables that a materialized view reads are filled.
     */
    private static final int CALLS = 8;
    private static final int READ = 20;

    private final PathNeeds needs;
    private final Contents contents;
    private final RowMover rows;
    private final boolean dumped;
    private final ComputingSessions target;
    private final Console console;
    private final Map<Long, Contents.Table> tables = new HashMap<>();
    /** With null for what has arrived. */
    private final Map<Long, SQLException> filled = new HashMap<>();
    private final Set<Long> withRows = new HashSet<>();
    private final Map<String, Integer> tried = new HashMap<>();
    private final Set<Long> refreshed = new HashSet<>();
    private Session session;

    /** @param dumped whether the functions come from a dump */
    public SearchPathTrial(PathNeeds needs, Contents contents, RowMover rows, boolean dumped, ComputingSessions target,
            Console console) {
        this.needs = needs;
        this.contents = contents;
        this.rows = rows;
        this.dumped = dumped;
        this.target = target;
        this.console = console;
        contents.tables().forEach(table -> tables.put(table.oid(), table));
    }

    /** @return whether there is something to try */
    boolean wanted() {
        return !needs.evaluations().isEmpty();
    }

    /**
     * Tries it.
     *
     * @param parts what will be made after the rows
     * @return how much was tried, in words
     * @throws Failure naming the function and what makes it work
     */
    String run(List<EntrySql> parts) {
        Map<Archive.Address, EntrySql> made = new HashMap<>();
        parts.forEach(part -> made.put(part.entry().address(), part));
        session = target.scriptSession();
        try {
            session.setAutoCommit(false);
            int count = 0;
            for (PathNeeds.Evaluation evaluation : chosen()) {
                count += attempt(evaluation, made.get(new Archive.Address(evaluation.catalog(), evaluation.oid()))) ? 1
                        : 0;
            }
            session.rollback();
            return count + " of " + needs.evaluations().size() + " functions were tried with some rows";
        } catch (SQLException e) {
            throw session.failure("trying what calls functions", e);
        } finally {
            session.close();
        }
    }

    /** Of the largest tables first. */
    private List<PathNeeds.Evaluation> chosen() {
        return needs.evaluations().stream().sorted(Comparator.comparing(evaluation -> -bytes(evaluation.relation())))
                .toList();
    }

    private long bytes(long table) {
        return tables.containsKey(table) ? tables.get(table).bytes() : 0;
    }

    private boolean attempt(PathNeeds.Evaluation evaluation, EntrySql part) throws SQLException {
        if (evaluation.functions().stream().allMatch(function -> tried.getOrDefault(function, 0) >= CALLS)) {
            return false;
        }
        boolean any = evaluation.reads().isEmpty() ? fill(evaluation.relation()) : fill(evaluation.reads());
        judge(evaluation, filled.get(evaluation.relation()));
        for (Inventory.Relation view : contents.materializedViews()) {
            if (evaluation.reads().contains(view.oid()) && refreshed.add(view.oid())) {
                judge(evaluation, run("REFRESH MATERIALIZED VIEW " + view.sql(), true));
            }
        }
        if (part != null && part.sql() != null && !part.entry().kind().equals("MATERIALIZED VIEW")) {
            judge(evaluation, run(part.settings() + part.sql() + (part.sql().endsWith(";") ? "" : ";")
                    + (part.entry().kind().equals("STATISTICS") ? " ANALYZE " + name(evaluation.relation()) : ""),
                    false));
        }
        if (any) {
            evaluation.functions().forEach(function -> tried.merge(function, 1, Integer::sum));
        }
        return any;
    }

    private boolean fill(List<Long> read) throws SQLException {
        boolean any = false;
        for (long table : read.stream().filter(tables::containsKey).sorted(Comparator.comparing(table -> -bytes(table)))
                .limit(READ).toList()) {
            any |= fill(table);
        }
        return any;
    }

    /** @return whether the table has some rows now, or should have */
    private boolean fill(long oid) throws SQLException {
        Contents.Table table = tables.get(oid);
        if (table == null || filled.containsKey(oid)) {
            return withRows.contains(oid);
        }
        filled.put(oid, null);
        RowSample sample = table.bytes() == 0 || table.catalog() ? null : rows.sample(oid);
        if (sample == null) {
            return false;
        }
        withRows.add(oid);
        try (Statement statement = session.createStatement()) {
            // New files are gone when the transaction is rolled back, and the old ones are as before.
            statement.execute("SAVEPOINT rehearsal; TRUNCATE ONLY " + name(oid));
            var copy = session.driver().getCopyAPI().copyIn(
                    "COPY " + sample.into() + " FROM STDIN (FORMAT text, ENCODING '" + sample.encoding() + "')");
            copy.writeToCopy(sample.rows(), 0, sample.rows().length);
            copy.endCopy();
            statement.execute("RELEASE rehearsal");
        } catch (SQLException e) {
            back(e);
            filled.put(oid, e);
        }
        return true;
    }

    private String name(long table) {
        return tables.containsKey(table) ? Sql.name(tables.get(table).schema(), tables.get(table).name())
                : contents.materializedViews().stream().filter(view -> view.oid() == table).findFirst()
                        .map(Inventory.Relation::sql).orElseThrow();
    }

    /** @return what the server refuses it with, or null */
    private SQLException run(String sql, boolean kept) throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute("SAVEPOINT rehearsal");
            statement.execute(sql);
            statement.execute(kept ? "RELEASE rehearsal" : "ROLLBACK TO rehearsal");
            return null;
        } catch (SQLException e) {
            back(e);
            return e;
        }
    }

    private void back(SQLException e) throws SQLException {
        if (session.isClosed()) {
            throw e;
        }
        try (Statement statement = session.createStatement()) {
            statement.execute("ROLLBACK TO rehearsal");
        }
    }

    private void judge(PathNeeds.Evaluation evaluation, SQLException e) {
        if (e == null) {
            return;
        }
        ServerErrorMessage server = e instanceof PSQLException known ? known.getServerErrorMessage() : null;
        String where = server == null || server.getWhere() == null ? "" : server.getWhere();
        List<PathNeeds.Need> running = NOT_FOUND.contains(String.valueOf(e.getSQLState()))
                ? evaluation.functions().stream().map(needs::of).filter(need -> where.contains(need.name())).toList()
                : List.of();
        if (running.isEmpty()) {
            console.explain("%s was tried with some rows, and failed for another reason than a search_path: %s",
                    evaluation, SqlFailures.message(e));
            return;
        }
        String fixes = running.stream().map(need -> need.fix(dumped)).collect(Collectors.joining("\n"));
        throw Failure.of("%s cannot be computed, because %s has no search_path when it is called: %s", evaluation,
                running.stream().map(PathNeeds.Need::function).collect(Collectors.joining(" or ")),
                SqlFailures.message(e)).because(e)
                // COPY shows the row.
                .detail("%s", Printable.lines(where.lines().filter(line -> !line.startsWith("COPY ")).toList()))
                .hint("%s%s", fixes, PathNeeds.leaveOut("", List.of(evaluation)));
    }
}
