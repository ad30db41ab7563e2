//DEPS com.google.code.gson:gson:2.13.1
package lib.journal;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.QueryScript;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Bytes;
import lib.talk.Count;
import lib.talk.Printable;

/** Where the run on a target stands, in lines for people and as JSON for programs. */
public final class StatusReport {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create();
    private static final String DISCARD = "repair --discard";

    private final RunStatus status;

    private StatusReport(RunStatus status) {
        this.status = status;
    }

    /** Asks the target. */
    public static StatusReport of(Server target) {
        try (Session session = target.session()) {
            return new StatusReport(RunStatus.of(session));
        }
    }

    /** @return a shell script that asks with psql what {@link #of} asks */
    public static Printable script(Server target) {
        try (Session session = target.session()) {
            List<Session.Asked> asked = new ArrayList<>();
            session.record(asked);
            RunStatus.of(session);
            return Printable.multiline(
                    new QueryScript("status: of %s".formatted(target.dsn()), List.of()).ask(asked).text());
        }
    }

    /** @return the report, each line with its subject first */
    public Printable lines() {
        if (status.state() == RunStatus.State.NONE) {
            return new Printable("no run is under way, and none was interrupted");
        }
        List<String> lines = new ArrayList<>();
        add(lines, "run", status.worker() != null ? "at work%s".formatted(by())
                : status.state() == RunStatus.State.PREPARED ? "prepared, not finished" : "interrupted");
        if (status.state() == RunStatus.State.BEGINNING) {
            add(lines, "done", "nothing is written down yet");
            add(lines, "next", "wait for it");
            return Printable.lines(lines);
        }
        RunStatus.Written journal = status.journal();
        add(lines, "begun", "%s, %s ago, by version %s%s".formatted(journal.started(), span(journal.age()),
                journal.version(), journal.source().isEmpty() ? "" : ", from " + journal.source()));
        if (!journal.options().isEmpty()) {
            add(lines, "options", String.join(" ", journal.options()));
        }
        add(lines, "schema", Count.of(statements(), "statement") + " done" + (journal.made().isEmpty() ? "" : ": ")
                + journal.made().stream().map(made -> made.number() + " " + made.kind().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", ")));
        CopiedRows rows = journal.rows();
        add(lines, "rows", "%s, in %d of %s, %d of %s, %s of %s of the source's disk".formatted(
                Count.of(rows.rows(), "row"), rows.tables().done(), Count.of(rows.tables().all(), "table"),
                rows.parts().done(), Count.of(rows.parts().all(), "part"), Bytes.text(rows.bytes().done()),
                Bytes.text(rows.bytes().all())));
        status.machines().forEach(each -> add(lines, "helps", helps(each)));
        status.running().forEach(each -> add(lines, "running", running(each)));
        if (status.waitingParts() > 0) {
            List<CopiedRows.Unfinished> waiting = status.waiting();
            add(lines, "waiting", Count.of(status.waitingParts(), "part") + (waiting.isEmpty() ? "" : " of ")
                    + waiting.stream().map(CopiedRows.Unfinished::name).collect(Collectors.joining(", "))
                    + (rows.tables().left() > waiting.size() && waiting.size() == RunStatus.NAMED ? ", …" : ""));
        }
        if (status.worker() != null && rows.parts().left() > 0) {
            add(lines, "left", Bytes.text(rows.bytes().left()) + (status.secondsLeft() == null ? ""
                    : ", %s at %s a second".formatted(span(status.secondsLeft()), Bytes.text(journal.speed())))
                    + "; then indexes and constraints that are not made yet, and the comparison");
        }
        status.repair().forEach(left -> add(lines, "left on", left + ": repair puts that back"));
        add(lines, "next", next());
        return Printable.lines(lines);
    }

    /** The names and what else stands in a line are the server's: it stays one line. */
    private static void add(List<String> lines, String subject, String text) {
        lines.add("%-9s %s".formatted(subject, text));
    }

    private String by() {
        return (status.worker().since() == null ? "" : " since " + status.worker().since())
                + (status.worker().user() == null ? "" : ", as user \"" + status.worker().user() + "\"")
                + (status.worker().address() == null ? "" : " from " + status.worker().address());
    }

    private long statements() {
        return status.journal().made().stream().mapToLong(RunStatus.Made::number).sum();
    }

    private static String helps(JoinedMachine each) {
        return each.name() + " since " + each.joined() + ": " + Count.of(each.parts(), "part") + ", "
                + Bytes.text(each.bytes()) + " at " + Bytes.text(each.speed()) + " a second"
                + (each.quiet() ? ", not heard of for " + span(each.silent()) : "");
    }

    private static String running(RunActivity each) {
        return each.what()
                + (each.table() == null || each.isCopy() ? "" : " on " + each.table())
                + (each.phase() == null ? "" : ", " + each.phase())
                + (each.percent() == null ? "" : ", " + each.percent() + " %")
                + (each.rows() == null || each.bytes() == null ? ""
                        : ", " + Count.of(each.rows(), "row") + ", " + Bytes.text(each.bytes()))
                + ", for " + span(each.seconds())
                + (each.waitsFor() == null ? "" : ", waits for a lock (" + each.waitsFor() + ")")
                + (each.machine() == null ? "" : ", by " + each.machine());
    }

    private String next() {
        if (status.worker() != null) {
            return "wait for it";
        }
        return status.journal().run().onward("the same command") + "; " + DISCARD + " removes what was made";
    }

    /** @return such as {@code 35 s}, {@code 12 min} or {@code 3 h 20 min} */
    private static String span(long seconds) {
        return seconds < 120 ? Math.max(0, seconds) + " s" : seconds < 7200 ? seconds / 60 + " min"
                : seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }

    /**
     * The report as JSON: {@code state} (none, beginning, running, prepared, interrupted), who is {@code at_work}, what
     * {@code run} the journal is of, {@code schema} and {@code rows} with what is done, what is {@code running} and
     * {@code waiting}, which other machines are {@code helping}, what was {@code left_on}, and the commands that can
     * come {@code next}.
     */
    public Printable json() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("state", status.state().name().toLowerCase(Locale.ROOT));
        report.put("at_work", status.worker() == null ? null
                : map("since", status.worker().since(), "user", status.worker().user(), "address",
                        status.worker().address(), "pid", status.worker().pid()));
        RunStatus.Written journal = status.journal();
        report.put("run", journal == null ? null
                : map("started", journal.started(), "version", journal.version(), "source", journal.source(),
                        "options", journal.options()));
        report.put("schema", journal == null ? null
                : map("statements", statements(), "kinds", journal.made().stream()
                        .map(made -> map("kind", made.kind(), "statements", made.number())).toList()));
        report.put("rows", journal == null ? null : rows(journal));
        report.put("running", status.running().stream().map(each -> map("pid", each.pid(), "what", each.what(),
                "relation", each.table(), "phase", each.phase(), "percent", each.percent(), "rows", each.rows(),
                "bytes", each.bytes(), "seconds", each.seconds(), "waits_for", each.waitsFor(), "machine",
                each.machine())).toList());
        report.put("helping", status.machines().stream().map(each -> map("machine", each.name(), "joined",
                each.joined(), "parts", each.parts(), "bytes", each.bytes(), "bytes_a_second", each.speed(),
                "silent_seconds", each.silent())).toList());
        report.put("waiting", journal == null ? null
                : map("parts", status.waitingParts(), "largest", status.waiting().stream()
                        .map(CopiedRows.Unfinished::name).toList()));
        report.put("left_on", status.repair());
        boolean waits = status.state() == RunStatus.State.PREPARED || status.state() == RunStatus.State.INTERRUPTED;
        report.put("next", !waits ? List.of()
                : Stream.concat(status.journal().run().commands().stream(), Stream.of(DISCARD))
                        .toList());
        return new Printable(Printable.json(GSON.toJson(report)));
    }

    private Map<String, Object> rows(RunStatus.Written journal) {
        CopiedRows rows = journal.rows();
        return map("tables", rows.tables().all(), "tables_done", rows.tables().done(), "parts", rows.parts().all(),
                "parts_done", rows.parts().done(), "bytes", rows.bytes().all(), "bytes_done", rows.bytes().done(),
                "rows_done", rows.rows(), "bytes_a_second", journal.speed() == 0 ? null : journal.speed(),
                "seconds_left", status.secondsLeft());
    }

    /** @param pairs names, each with its value, which may be null */
    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }
}
