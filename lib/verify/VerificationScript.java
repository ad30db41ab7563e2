//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lib.catalog.Filters;
import lib.catalog.QueryScript;
import lib.catalog.ReservedSchemas;
import lib.catalog.Selection;
import lib.code.PlannedCode;
import lib.compare.Checksums;
import lib.compare.ComparedTable;
import lib.compare.RowQueries;
import lib.facts.Administrators;
import lib.facts.FactComparison;
import lib.facts.FactTemplate;
import lib.server.FactQuery;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.CatalogShape;

/** What {@link Verification} asks of both sides, as a shell script. */
final class VerificationScript {
    private static final List<String> REMARKS = List.of(
            "verify asks the source under one snapshot, with every table locked against truncating, and compares "
                    + "the answers.",
            "What the target lacks as a whole is not asked for, nor is what cannot be queried without running what "
                    + "no superuser owns;",
            "a table of that kind is read with COPY.");

    private final Server source;
    private final Server target;
    private final Selection selection;
    private final QueryScript script;

    VerificationScript(Server source, Server target, Selection selection) {
        this.source = source;
        this.target = target;
        this.selection = selection;
        script = new QueryScript("verify: whether %s has everything of %s".formatted(target.dsn(), source.dsn()),
                REMARKS);
    }

    /** @return the questions of this level */
    String text(Verification.Level level) {
        try (Session from = source.session(); Session to = target.session()) {
            objects(from, to);
            Set<String> there = new HashSet<>(to.list("listing the relations",
                    "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace",
                    row -> Sql.name(row.getString(1), row.getString(2))));
            script.ask("source", "looking for schemas that are not compared", ReservedSchemas.query(selection));
            SequenceValues.questions(from, selection, there).forEach(sql -> both("reading sequences", sql));
            if (level != Verification.Level.OBJECTS) {
                rows(from, to, there, Verification.depth(level));
            }
            if (level.compareTo(Verification.Level.SAMPLE) >= 0 && !selection.selective()) {
                LargeObjectContents.questions(from, level == Verification.Level.SAMPLE)
                        .forEach(sql -> both("reading large objects", sql));
            }
        }
        return script.text();
    }

    private void objects(Session from, Session to) {
        List<Session.Asked> asked = new ArrayList<>();
        from.record(asked);
        to.record(asked);
        Administrators.read(from, to);
        from.record(null);
        to.record(null);
        script.ask(asked);
        CatalogShape here = CatalogShape.read(from);
        CatalogShape there = CatalogShape.read(to);
        FactTemplate ours = new FactTemplate(source.facts(), target.facts(), true, selection, here, there);
        FactTemplate theirs = new FactTemplate(target.facts(), source.facts(), false,
                Selection.resolve(to, new Filters()), there, here);
        List<FactQuery> queries = FactComparison.queries(selection, here, false);
        queries.forEach(query -> script.ask("source", "comparing each " + query.name(), ours.query(query)));
        queries.forEach(query -> script.ask("target", "comparing each " + query.name(), theirs.query(query)));
    }

    private void rows(Session from, Session to, Set<String> there, RowQueries.Depth depth) {
        RowQueries questions = new RowQueries(depth, new Checksums(source.facts(), target.facts()));
        List<ComparedTable> tables = ComparedTable.list(from, selection, CatalogShape.read(from)).stream()
                .filter(table -> there.contains(Sql.name(table.schema(), table.name()))).toList();
        List<PlannedCode.Queried> queried =
                tables.stream().map(table -> new PlannedCode.Queried(table.source(), false).asHeld()).toList();
        Set<Integer> coded = new HashSet<>(PlannedCode.among(from, "listing the tables", queried));
        coded.addAll(PlannedCode.among(to, "listing the tables", queried));
        questions.prepare(from, tables);
        Map<Integer, RowQueries.Question> asked = new TreeMap<>();
        for (int i = 0; i < tables.size(); i++) {
            ComparedTable table = tables.get(i);
            if (!coded.contains(i)) {
                asked.put(i, questions.of(from, table, table.columns()));
            } else if (table.stored()) {
                asked.put(i, new RowQueries.Question("COPY " + table.source() + " TO STDOUT",
                        "COPY " + table.target() + " TO STDOUT"));
            }
        }
        for (String side : List.of("source", "target")) {
            asked.forEach((i, question) -> script.ask(side, "comparing the rows of " + tables.get(i).identity(),
                    side.equals("source") ? question.source() : question.target()));
        }
    }

    private void both(String doing, String sql) {
        script.ask("source", doing, sql).ask("target", doing, sql);
    }
}
