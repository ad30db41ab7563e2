package lib.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.server.Finding;
import lib.talk.Count;
import lib.talk.Sql;

/**
 * Functions that find something only through a search_path, and what calls them while a database is loaded. A load has
 * no search_path, as the head of pg_dump's script says (CVE-2018-1058), and from version 17 on neither have CREATE
 * INDEX and REFRESH MATERIALIZED VIEW (PostgreSQL 17, release notes, E.1.1 "Migration to Version 17").
 *
 * @param needs each function
 * @param evaluations what calls them
 */
public record PathNeeds(List<Need> needs, List<Evaluation> evaluations) {
    /** The class that {@code --leave-out} takes. */
    static final String KIND = "search-path";
    public static final PathNeeds NONE = new PathNeeds(List.of(), List.of());

    private static final int SHOWN = 5;

    /**
     * A function without a setting of search_path.
     *
     * @param function its name, with the types of its arguments
     * @param names what it names without a schema
     * @param path a search_path that has all of these
     * @param extension whose function it is, or nothing
     */
    public record Need(String function, List<String> names, String path, String extension) {
        /** @return its name alone, as the server names a function that it runs */
        public String name() {
            return function.substring(0, function.indexOf('(')).replaceFirst("^.*\\.", "");
        }

        /**
         * @param dumped whether the function comes from a dump
         * @return what makes it work everywhere, and where to run that
         */
        public String fix(boolean dumped) {
            // What is altered in an extension is in no dump.
            return extension.isEmpty() ? alter() + (dumped ? " on the source, and dump again" : " on the source")
                    : "CREATE EXTENSION IF NOT EXISTS " + Sql.ident(extension) + "; " + alter()
                            + " in the target's database before";
        }

        private String alter() {
            return "ALTER FUNCTION " + function + " SET search_path = " + path + ";";
        }
    }

    /**
     * Something that the server computes while rows, indexes or materialized views are made.
     *
     * @param what such as {@code index}
     * @param name with its schema
     * @param catalog with {@code oid} its address on the source, as an archive has it
     * @param relation the table or materialized view that it is computed for
     * @param functions those of {@link #needs} that it calls, or that these call
     * @param reads the tables and materialized views that a materialized view reads, itself too; else none
     * @param indexes those of a materialized view
     */
    public record Evaluation(String what, String name, long catalog, long oid, long relation, List<String> functions,
            List<Long> reads, List<Long> indexes) {
        /** Constraints and columns are part of their table. */
        private boolean canStay() {
            return what.equals("index") || what.equals("materialized view") || what.equals("statistics");
        }

        @Override
        public String toString() {
            return what + " " + name;
        }
    }

    /**
     * @param command the command that takes {@code --leave-out}
     * @param dumped whether the functions come from a dump
     * @return a warning for each function that what does not stay behind calls
     */
    public List<Finding> check(String command, Collection<String> accepted, boolean dumped) {
        List<Finding> findings = new ArrayList<>();
        for (Need need : needs) {
            List<Evaluation> carried = evaluations.stream()
                    .filter(evaluation -> evaluation.functions.contains(need.function) && !stays(evaluation, accepted))
                    .toList();
            if (!carried.isEmpty()) {
                findings.add(Finding.warning("functions", need.fix(dumped) + leaveOut(command, carried),
                        "%s finds %s only through a search_path, and has none when it is called for %s", need.function,
                        Count.some(need.names, SHOWN),
                        Count.some(carried, SHOWN)));
            }
        }
        return findings;
    }

    /** @return how to go without what calls a function, where that can be */
    public static String leaveOut(String command, List<Evaluation> calling) {
        return calling.stream().allMatch(Evaluation::canStay)
                ? ", or " + (command + calling.stream().map(evaluation -> " --leave-out " + evaluation.name).distinct()
                        .limit(SHOWN).collect(Collectors.joining())).strip()
                : "";
    }

    private static boolean stays(Evaluation evaluation, Collection<String> accepted) {
        return evaluation.canStay() && (accepted.contains(KIND) || accepted.contains(evaluation.name));
    }

    /** @return what the operator leaves behind of all that calls such a function */
    public List<LeftBehind.Item> leftOut(Collection<String> accepted) {
        return evaluations.stream().filter(evaluation -> stays(evaluation, accepted))
                .flatMap(evaluation -> Stream.concat(Stream.of(evaluation.oid), evaluation.indexes.stream())
                        .map(oid -> new LeftBehind.Item(KIND, evaluation.name,
                                "it calls " + String.join(", ", evaluation.functions), evaluation.catalog, oid)))
                .toList();
    }

    /** @return these needs without those of objects that stay behind */
    public PathNeeds without(Collection<String> accepted) {
        return new PathNeeds(needs, evaluations.stream().filter(evaluation -> !stays(evaluation, accepted)).toList());
    }

    /** @return the need with this function */
    public Need of(String function) {
        return needs.stream().filter(need -> need.function.equals(function)).findFirst().orElseThrow();
    }
}
