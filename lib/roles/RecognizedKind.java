//DEPS org.postgresql:postgresql:42.7.14
package lib.roles;

import java.util.List;
import java.util.Locale;
import lib.server.Server;
import lib.server.Session;
import lib.timescale.TimescaleExtension;

/**
 * What kind of target a server is.
 *
 * @param why a clause that says how the kind was recognized
 */
public record RecognizedKind(TargetKind kind, String why) {
    /**
     * Both services give their customers this administrator role, which is not a superuser. A database of Cloud holds
     * objects that it does not own and cannot drop.
     */
    private static final String MARKS = """
            SELECT CASE
                     WHEN EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = '_aiven')
                       THEN 'mst it has the role "_aiven"'
                     WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = '%1$s'
                       AND NOT r.rolsuper) THEN NULL
                     WHEN EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname IN ('tsdbowner', 'tsdbexplorer'))
                       THEN 'cloud it has the roles "%1$s" and "tsdbowner" or "tsdbexplorer"'
                     WHEN EXISTS (SELECT FROM pg_catalog.pg_database d
                       WHERE d.datname = 'tsdb') THEN 'cloud it has the role "%1$s" and the database "tsdb"'
                     WHEN EXISTS (SELECT FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_roles r ON r.oid = x.extowner
                                   WHERE %2$s AND r.rolsuper)
                       THEN 'cloud it has the role "%1$s", and timescaledb belongs to a superuser'
                   END""".formatted(TargetKind.ADMINISTRATOR, TimescaleExtension.is("x"));

    /**
     * Asks the server what kind of target it is.
     *
     * @param given what the operator says it is, or null
     */
    public static RecognizedKind of(TargetKind given, Server target, Session session) {
        if (given != null) {
            return new RecognizedKind(given, "--target-kind says so");
        } else if (target.facts().superuser()) {
            return new RecognizedKind(TargetKind.POSTGRES, "its user is superuser, which no managed service permits");
        }
        List<String> marks = session.texts("recognizing managed services", MARKS);
        String mark = marks.get(0);
        if (mark == null) {
            return new RecognizedKind(TargetKind.POSTGRES, "it has nothing that marks a managed service");
        }
        String[] words = mark.split(" ", 2);
        return new RecognizedKind(TargetKind.valueOf(words[0].toUpperCase(Locale.ROOT)), words[1]);
    }

    @Override
    public String toString() {
        return kind + ": " + why;
    }
}
