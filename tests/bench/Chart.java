package bench;

import java.util.List;
import java.util.Locale;

/** The outcomes as bars, one group for each, in two columns; readable on a light ground and on a dark one. */
final class Chart {
    private static final int WIDTH = 460;
    private static final int LABEL = 170;
    private static final int LONGEST = 175;
    private static final int BAR = 18;
    private static final int HEAD = 44;
    private static final int TOP = 32;

    private static final String STYLE = """
            <style>
              text { font: 12px sans-serif; fill: #24292f; }
              .head { font-weight: bold; font-size: 13px; }
              .small, .other { fill: #8c959f; }
              .ours { fill: #1f6feb; }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3; }
                .small { fill: #9198a1; }
                .other { fill: #656c76; }
                .ours { fill: #4493f8; }
              }
            </style>
            """;

    private final StringBuilder shapes = new StringBuilder();

    private Chart() {
    }

    /** @return an SVG file */
    static String of(List<WorkloadResult> outcomes) {
        Chart chart = new Chart();
        chart.text(8, 20, "", "Seconds to move a database, and the ratio to migrate. Less is better.");
        int[] bottom = {TOP, TOP};
        for (WorkloadResult outcome : outcomes) {
            int column = bottom[0] <= bottom[1] ? 0 : 1;
            bottom[column] = chart.group(outcome, column * WIDTH, bottom[column]);
        }
        int width = bottom[1] == TOP ? WIDTH : 2 * WIDTH;
        return """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" role="img">
                <title>Seconds to move a database, less is better</title>
                """.formatted(width, Math.max(bottom[0], bottom[1]) + 8) + STYLE + chart.shapes + "</svg>\n";
    }

    /** @return where the next one may begin */
    private int group(WorkloadResult outcome, int left, int top) {
        text(left + 8, top + 20, "head", outcome.title());
        text(left + 8, top + 36, "small", outcome.contents());
        List<Ranking> rankings = outcome.rankings();
        double longest = rankings.stream().filter(Ranking::counts).mapToDouble(Ranking::seconds).max().orElse(1);
        int y = top + HEAD;
        for (Ranking ranking : rankings) {
            text(left + 8, y + 13, "", ranking.contender().title());
            if (ranking.counts()) {
                int length = (int) Math.max(1, ranking.seconds() / longest * LONGEST);
                shapes.append("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"/>%n".formatted(
                        ranking.contender().isOurs() ? "ours" : "other", left + LABEL, y + 2, length, BAR - 4));
                text(left + LABEL + length + 6, y + 13, "", String.format(Locale.ROOT, "%.1f s  (%.2f)",
                        ranking.seconds(), ranking.seconds() / outcome.unit()));
            } else {
                text(left + LABEL, y + 13, "small", "does not count");
            }
            y += BAR;
        }
        return y + 12;
    }

    private void text(int x, int y, String style, String text) {
        shapes.append("<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>%n".formatted(style, x, y,
                text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")));
    }
}
