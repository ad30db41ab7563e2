package lib.journal;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import lib.catalog.AddedMembers;
import lib.catalog.OwnedObjects;
import lib.catalog.UnrelatedObject;
import lib.server.Session;

/** What makes a target not empty. */
public final class TargetContents {
    private TargetContents() {
    }

    /**
     * @return all but the schema public, the schemas of extensions, which align-version makes, what extensions have
     * made, and what a managed service's own roles have
     */
    public static List<UnrelatedObject> list(Session target) {
        Set<String> homes = Set.copyOf(target.texts("listing the schemas of extensions",
                "SELECT DISTINCT pg_catalog.format('%I', n.nspname) FROM pg_catalog.pg_extension x JOIN "
                        + "pg_catalog.pg_namespace n ON n.oid = x.extnamespace"));
        return Stream.concat(OwnedObjects.list(target).stream().filter(OwnedObjects.usersOwn(target))
                .filter(object -> !object.kind().equals("SCHEMA")
                        || !object.identity().equals("public") && !homes.contains(object.identity()))
                .map(UnrelatedObject::of),
                AddedMembers.list(target).stream()).toList();
    }
}
