package lib.talk;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The account of a run: each step with its time and what came of it, then what the operator has to know or to do; each
 * value in one line.
 */
public final class Report {
    private record Step(String name, Duration took, String result) {
    }

    private final List<Printable> header = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<Printable> notes = new ArrayList<>();

    /** A line of the head, such as which servers. */
    public void header(String format, Object... values) {
        header.add(new Printable(Printable.format(format, values)));
    }

    void step(String name, Duration took, String result) {
        steps.add(new Step(name, took, result));
    }

    /** Something that was left out, that differs, or that remains to be done. */
    public void note(String format, Object... values) {
        notes.add(new Printable(Printable.format(format, values)));
    }

    /** @return head and notes, for whoever has followed the steps */
    public List<Printable> outline() {
        List<Printable> lines = new ArrayList<>(header);
        if (!notes.isEmpty()) {
            lines.add(new Printable(""));
            lines.addAll(notes);
        }
        return lines;
    }

    /** @return the whole account as lines */
    public List<Printable> lines() {
        List<Printable> lines = new ArrayList<>(header);
        lines.add(new Printable(""));
        for (Step step : steps) {
            lines.add(new Printable(String.format(Locale.ROOT, "%-20s %8.1f s  %s", step.name,
                    step.took.toMillis() / 1000.0, Printable.of(step.result))));
        }
        if (!notes.isEmpty()) {
            lines.add(new Printable(""));
            lines.addAll(notes);
        }
        return lines;
    }

    /** @return the whole account, each line ended */
    public String text() {
        return lines().stream().map(line -> line.text() + '\n').collect(Collectors.joining());
    }
}
