//SOURCES OwnedObjects.java PutIn.java Rows.java Stranger.java
package lib;

import java.sql.Connection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What makes a target not empty. */
final class InTheWay {
    private InTheWay() {
    }

    /**
     * @return all but the schema public, the schemas of extensions, which align-version makes, what extensions have made, and what a managed
     *         service's own roles have
     */
    static List<Stranger> list(Connection target) {
        Set<String> homes = Set.copyOf(Rows.texts(target, "target", "listing the schemas of extensions",
                "SELECT DISTINCT pg_catalog.format('%I', n.nspname) FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace"));
        return Stream.concat(OwnedObjects.list(target, "target").stream().filter(OwnedObjects.usersOwn(target))
                .filter(object -> !object.kind().equals("SCHEMA") || !object.identity().equals("public") && !homes.contains(object.identity())).map(Stranger::of),
                PutIn.list(target).stream()).toList();
    }
}
