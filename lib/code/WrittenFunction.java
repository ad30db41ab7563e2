//DEPS org.postgresql:postgresql:42.7.14
package lib.code;

import java.util.List;
import lib.catalog.Selection;
import lib.server.Session;

/**
 * A function or procedure of the user that an expression can call, in a language that can be read. Those of the system
 * and of extensions read no table of the user; what is written in C cannot be looked into, either.
 */
record WrittenFunction(long oid, String name, FunctionText text) {
    private static final String QUESTION =
            """
            SELECT p.oid, p.proname, %s
              FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
             WHERE p.oid >= 16384 AND p.prokind IN ('f', 'p') AND l.lanname NOT IN ('internal', 'c') AND %s
               AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype,
                 'pg_catalog.event_trigger'::pg_catalog.regtype)"""
                    .formatted(FunctionText.DEFINITION, Selection.noExtension("pg_proc", "p.oid"));

    /** Asks the system catalog alone; nothing of the user's is run. */
    static List<WrittenFunction> list(Session session) {
        return session.list("reading functions", QUESTION,
                row -> new WrittenFunction(row.getLong(1), row.getString(2), new FunctionText(row.getString(3))));
    }
}
