//SOURCES Drops.java OwnedObjects.java Sql.java
package lib;

/**
 * Something on the target that is not of a run.
 *
 * @param extension of which it is a member, or null; members cannot be dropped alone (PostgreSQL manual, ALTER EXTENSION)
 */
public record Stranger(OwnedObjects.Owned object, String extension) {
    static Stranger of(OwnedObjects.Owned object) {
        return new Stranger(object, null);
    }

    /** @return the statements that drop it and nothing else */
    String drop() {
        String name = object.kind() + " " + object.identity();
        return object.kind().equals("LARGE OBJECT") ? "SELECT pg_catalog.lo_unlink(" + object.identity() + ");"
                : (extension == null ? "" : "ALTER EXTENSION " + Sql.ident(extension) + " DROP " + name + ";")
                        // It is in nobody's way when it is no member.
                        + (extension != null && name.equals("SCHEMA public") ? "" : (extension == null ? "" : " ") + "DROP " + name + ";");
    }

    /** @return the same, to be dropped with others */
    Drops.Thing thing() {
        return new Drops.Thing(object.catalog(), object.oid(), object.kind(), object.identity(), extension);
    }

    @Override
    public String toString() {
        return object + (extension == null ? "" : " in extension " + extension);
    }
}
