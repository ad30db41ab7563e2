package lib;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The account of a run: each step with its time and what came of it, then what the operator has to know or to do. */
public final class Report {
    private record Step(String name, Duration took, String result) {
    }

    private final List<String> head = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /** A line of the head, such as which servers. */
    public void head(String format, Object... values) {
        head.add(String.format(format, values));
    }

    public void step(String name, Duration took, String result) {
        steps.add(new Step(name, took, result));
    }

    /** Something that was left out, that differs, or that remains to be done. */
    public void note(String format, Object... values) {
        notes.add(String.format(format, values));
    }

    /** @return head and notes, for whoever has followed the steps */
    public List<String> outline() {
        List<String> lines = new ArrayList<>(head);
        if (!notes.isEmpty()) {
            lines.add("");
            lines.addAll(notes);
        }
        return lines;
    }

    /** @return the whole account as lines */
    public List<String> lines() {
        List<String> lines = new ArrayList<>(head);
        lines.add("");
        for (Step step : steps) {
            lines.add(String.format(Locale.ROOT, "%-20s %8.1f s  %s", step.name, step.took.toMillis() / 1000.0, step.result));
        }
        if (!notes.isEmpty()) {
            lines.add("");
            lines.addAll(notes);
        }
        return lines;
    }

    /** @return the whole account, each line ended */
    public String text() {
        return String.join("\n", lines()) + "\n";
    }
}
