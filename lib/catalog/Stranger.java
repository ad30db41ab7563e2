package lib.catalog;

import lib.server.Drops;

/**
 * Something on the target that is not of a run.
 *
 * @param extension of which it is a member, or null; members cannot be dropped alone (PostgreSQL manual, ALTER EXTENSION)
 */
public record Stranger(OwnedObjects.Owned object, String extension) {
    public static Stranger of(OwnedObjects.Owned object) {
        return new Stranger(object, null);
    }

    /** @return the same as what is dropped */
    public Drops.Thing thing() {
        return new Drops.Thing(object.catalog(), object.oid(), object.kind(), object.identity(), extension);
    }

    @Override
    public String toString() {
        return object + (extension == null ? "" : " in extension " + extension);
    }
}
