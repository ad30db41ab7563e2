package faults;

import java.util.List;
import java.util.Set;

/**
 * Who else uses the source of a scene.
 *
 * @param writes what is written in transactions that soon end
 * @param changesOfSchema statements that make, change or drop objects
 * @param changed the tables whose rows these may have brought again
 * @param early what a transaction does that begins before the first run and ends after it: at first, and in the end
 * @param earlyTables the tables that it writes to
 * @param call runs a procedure that commits and goes on: it writes once somebody holds the advisory lock 71, and ends
 * with 72
 * @param called whether it has written: a query that gives 1 then
 * @param calledTables the tables that it writes to
 */
record Writers(List<? extends Write> writes, List<String> changesOfSchema, Set<String> changed, List<String> early,
        List<String> earlyTables, String call, String called, List<String> calledTables) {
}
