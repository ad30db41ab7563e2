//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The tablespaces of a source that the target lacks. One of them is enough, and pg_restore is told to use none (its
 * manual, {@code --no-tablespaces}).
 */
public final class Tablespaces {
    private Tablespaces() {
    }

    /**
     * @param used those that something of the source is in
     * @param attached those that new chunks of hypertables go to
     * @return a warning for each that does not exist on the target
     */
    public static List<Finding> check(Collection<String> used, Collection<String> attached, Session target) {
        TreeSet<String> all = new TreeSet<>(used);
        all.addAll(attached);
        return all.isEmpty() ? List.of()
                : missing(all, target).stream().map(name -> Finding.warning("tablespaces",
                        "CREATE TABLESPACE " + Sql.ident(name) + " LOCATION '…';",
                        "tablespace \"%s\" does not exist on the target: %s%s", name,
                        used.contains(name) ? "everything goes to the default one" : "", attached.contains(name)
                                ? (used.contains(name) ? ", and " : "")
                                        + "hypertables are detached from it there, so that new chunks do not go to it"
                                : ""))
                        .toList();
    }

    /** @return the tablespaces that the source's server has and the target's does not */
    public static Set<String> missing(Session source, Session target) {
        return missing(
                source.texts("listing the tablespaces", "SELECT spcname FROM pg_catalog.pg_tablespace"),
                target);
    }

    /** @return those of the tablespaces that the target's server does not have */
    public static Set<String> missing(Collection<String> tablespaces, Session target) {
        Set<String> missing = new TreeSet<>(tablespaces);
        target.texts("listing the tablespaces", "SELECT spcname FROM pg_catalog.pg_tablespace")
                .forEach(missing::remove);
        return missing;
    }
}
