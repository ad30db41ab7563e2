package lib.dump;

import java.util.ArrayList;
import java.util.List;
import lib.server.Finding;
import lib.source.Contents;
import lib.source.PathNeeds;
import lib.talk.Count;

/**
 * Warnings for loads by PostgreSQL's own programs, which neither retry a table nor try functions before the rows are
 * loaded.
 */
public final class LoaderLimits {
    /** The program that loads a plain dump. */
    static final Loader PSQL = new Loader("psql", "use --format directory for the dump");

    private static final int SHOWN = 10;

    /**
     * A way to load that retries nothing.
     *
     * @param name what loads
     * @param instead what to do instead
     */
    public record Loader(String name, String instead) {
        /** @return a script that a command prints */
        public static Loader script(String command) {
            return new Loader("a script", "run " + command + " without --dry-run");
        }
    }

    private LoaderLimits() {
    }

    /**
     * @param needs what calls functions that need a search_path, and does not stay behind
     * @return the warnings that apply
     */
    public static List<Finding> check(Contents contents, PathNeeds needs, Loader loader) {
        List<Finding> findings = new ArrayList<>();
        List<String> circular = contents.tables().stream().filter(Contents.Table::readsInCircles)
                .map(Contents.Table::toString).sorted().toList();
        if (!circular.isEmpty()) {
            findings.add(Finding.warning("functions", loader.instead,
                    "tables %s may read each other while they are loaded, and %s retries none: if one fails, %s",
                    Count.some(circular, SHOWN),
                    loader.name, loader.instead));
        }
        if (!needs.evaluations().isEmpty()) {
            findings.add(Finding.warning("functions", loader.instead,
                    "%s does not try functions that need a search_path before it loads the rows: to have that done, %s",
                    loader.name,
                    loader.instead));
        }
        return findings;
    }
}
