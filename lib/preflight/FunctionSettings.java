//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.List;
import lib.catalog.Selection;
import lib.roles.RoleTarget;
import lib.server.Session;
import lib.source.LeftBehind;

/**
 * Functions with a SET clause for a parameter that the target's user may not set, which CREATE FUNCTION refuses then.
 */
final class FunctionSettings {
    private record Setting(String function, String parameter, long catalog, long oid) {
    }

    private FunctionSettings() {
    }

    /** @return those functions of the source, as things that a migration cannot carry */
    static List<LeftBehind.Item> refused(Session source, Selection selection, RoleTarget target) {
        return source.list("listing the settings of functions",
                """
                SELECT pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname,
                  pg_catalog.oidvectortypes(p.proargtypes)),
                       pg_catalog.split_part(c, '=', 1), 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid,
                         p.oid
                  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,
                    pg_catalog.unnest(p.proconfig) c
                 WHERE %s AND %s ORDER BY 1, 2""".formatted(selection.namespace("n"),
                        Selection.noExtension("pg_proc", "p.oid")),
                row -> new Setting(row.getString(1), row.getString(2), row.getLong(3), row.getLong(4)))
                .stream()
                .filter(setting -> target.refusal(setting.parameter).isPresent())
                .map(setting -> new LeftBehind.Item("functions", setting.function,
                        "it sets " + setting.parameter + ", and "
                                + target.refusal(setting.parameter).orElseThrow(),
                        setting.catalog, setting.oid))
                .toList();
    }
}
