//DEPS org.postgresql:postgresql:42.7.14
package lib.rebuild;

import java.util.Map;
import lib.server.Session;
import lib.server.Versions;
import lib.talk.Failure;
import lib.talk.Sql;
import lib.timescale.ExtensionCall;
import lib.timescale.TimescaleExtension;

/** The functions of TimescaleDB on the target, as the version there has them. */
final class TargetApi {
    /** Since this version its internal functions stand in a schema of their own. */
    private static final String FUNCTIONS = "2.12";

    private final Session target;
    private final TimescaleExtension extension;

    /** @throws Failure where the target does not have the extension */
    TargetApi(Session target) {
        this.target = target;
        extension = TimescaleExtension.of(target);
        if (extension == null) {
            throw Failure.of("the target does not have the extension timescaledb");
        }
    }

    /** @return the table of the jobs, quoted */
    String jobTable() {
        return extension.jobTable();
    }

    /** @return whether the target is of this version or newer */
    boolean isAtLeast(String version) {
        return Versions.ORDER.compare(extension.version(), version) >= 0;
    }

    /** @return the schema of the internal functions */
    String functions() {
        return isAtLeast(FUNCTIONS) ? "_timescaledb_functions" : "_timescaledb_internal";
    }

    /**
     * @param given SQL expressions of some arguments of a function, by name
     * @return a statement that calls it
     */
    String call(String function, Map<String, String> given) {
        String call = target.text("looking for TimescaleDB's " + function, ExtensionCall.query(function, given));
        if (call == null) {
            throw Failure.of("TimescaleDB of the target has no function %s", function);
        }
        return "SELECT FROM " + call + ";";
    }

    /** @return a statement that calls an internal function with these SQL expressions */
    String internal(String function, String arguments) {
        return "SELECT FROM " + functions() + "." + function + "(" + arguments + ");";
    }

    /** @return an SQL expression for a relation, given by its quoted name */
    static String relation(String name) {
        return Sql.literal(name) + "::pg_catalog.regclass";
    }
}
