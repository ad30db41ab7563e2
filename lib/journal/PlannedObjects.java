//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import lib.catalog.Archive;
import lib.catalog.Extensions;
import lib.catalog.ObjectKind;
import lib.catalog.OwnedObjects;
import lib.catalog.UnownedObjects;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Sql;

/** The objects that a run is going to make, written down before the first of them is made. */
final class PlannedObjects {
    private final Map<Archive.Address, OwnedObjects.Owned> planned = new HashMap<>();

    /**
     * Writes them down.
     *
     * @param session in whose transaction the journal begins
     */
    PlannedObjects(Session session, List<OwnedObjects.Owned> objects, List<Extensions.Extension> extensions) {
        // What stands there before, such as the schema of an extension, is not made, and so it outlasts the undoing.
        objects.forEach(object -> planned.put(new Archive.Address(object.catalog(), object.oid()), object));
        List<OwnedObjects.Owned> all = new ArrayList<>(objects);
        extensions.forEach(extension -> all.addAll(along(extension)));
        try (PreparedStatement insert = session.prepareStatement("INSERT INTO " + JournalTables.PLANNED.sql()
                + " SELECT p.* FROM ROWS FROM (pg_catalog.unnest(?::text[]), pg_catalog.unnest(?::text[]), "
                + "pg_catalog.unnest(?::text[])) p")) {
            Function<Function<OwnedObjects.Owned, String>, Object[]> column =
                    value -> all.stream().map(value).toArray();
            insert.setArray(1, session.createArrayOf("text", column.apply(OwnedObjects.Owned::kind)));
            insert.setArray(2, session.createArrayOf("text", column.apply(OwnedObjects.Owned::identity)));
            insert.setArray(3, session.createArrayOf("text", column.apply(OwnedObjects.Owned::owner)));
            insert.executeUpdate();
        } catch (SQLException e) {
            throw session.failure("beginning the journal", e);
        }
    }

    /** @return the extension and those that come along by CASCADE, with the schema that may be made for it */
    static List<OwnedObjects.Owned> along(Extensions.Extension extension) {
        List<OwnedObjects.Owned> along = new ArrayList<>();
        along.add(named(ObjectKind.EXTENSION, Sql.ident(extension.name())));
        extension.missing().forEach(other -> along.add(named(ObjectKind.EXTENSION, Sql.ident(other))));
        along.add(named(ObjectKind.SCHEMA, Sql.ident(extension.schema())));
        return along;
    }

    /** @return an object that is known by its name alone */
    static OwnedObjects.Owned named(ObjectKind kind, String identity) {
        return new OwnedObjects.Owned(0, 0, kind.word(), identity, null, null, false);
    }

    /** @return the statements that record what a transaction creates which has run these entries of the archive */
    List<String> recording(Collection<Archive.Entry> entries) {
        Set<OwnedObjects.Owned> made = new HashSet<>();
        for (Archive.Entry entry : entries) {
            OwnedObjects.Owned object = planned.get(entry.address());
            if (object != null) {
                made.add(object);
            }
            // A shell stands there before what it becomes, and under no address of the archive.
            if (entry.kind().equals("SHELL TYPE") || entry.kind().equals("OPERATOR")) {
                String kind = entry.kind().replace("SHELL ", "");
                planned.values().stream().filter(other -> other.kind().equals(kind)).forEach(made::add);
            }
        }
        List<String> statements = new ArrayList<>();
        if (!made.isEmpty()) {
            statements.add(ObjectKind.recording(made));
        }
        if (entries.stream().anyMatch(entry -> entry.kind().equals("OPERATOR"))) {
            statements.add(ObjectKind.recordingShellOperators());
        }
        if (entries.stream().anyMatch(entry -> UnownedObjects.KINDS.contains(entry.kind()))) {
            statements.add(ObjectKind.recordingOwnerless());
        }
        return statements;
    }
}
