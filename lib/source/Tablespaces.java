//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import lib.server.Finding;
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
    public static List<Finding> check(Collection<String> used, Collection<String> attached, Connection target) {
        TreeSet<String> all = new TreeSet<>(used);
        all.addAll(attached);
        return all.isEmpty() ? List.of()
                : Inventory.missing(all, target).stream().map(name -> Finding.warning("tablespaces",
                        "CREATE TABLESPACE " + Sql.ident(name) + " LOCATION '…';",
                        "tablespace \"%s\" does not exist on the target: %s%s", name,
                        used.contains(name) ? "everything goes to the default one" : "", attached.contains(name)
                                ? (used.contains(name) ? ", and " : "")
                                        + "hypertables are detached from it there, so that new chunks do not go to it"
                                : ""))
                        .toList();
    }
}
