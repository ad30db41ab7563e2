package lib.catalog;

import lib.server.DropStatements;

/**
 * Something on the target that is not of a run.
 *
 * @param extension of which it is a member, or null; members cannot be dropped alone (PostgreSQL manual, ALTER
 * EXTENSION)
 */
public record UnrelatedObject(OwnedObjects.Owned object, String extension) {
    public static UnrelatedObject of(OwnedObjects.Owned object) {
        return new UnrelatedObject(object, null);
    }

    /** @return this object as one to drop */
    public DropStatements.DroppedObject toDrop() {
        return new DropStatements.DroppedObject(object.catalog(), object.oid(), object.kind(), object.identity(),
                extension);
    }

    @Override
    public String toString() {
        return object + (extension == null ? "" : " in extension " + extension);
    }
}
