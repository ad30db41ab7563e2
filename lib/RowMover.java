//SOURCES Jobs.java
package lib;

/** How the rows get to the target, between the tables and their indexes: streamed from the source, or from the files of a dump. */
public interface RowMover {
    /** Brings the rows of TimescaleDB's catalog, without which the others could not be understood. */
    void moveCatalog(Jobs jobs);

    /** Brings the rows of all tables but those whose values can name an index, and the large objects. */
    void move();

    /** Brings the rows of the others, once the indexes are there. */
    void moveLate();

    /** @return which rows have come, in words */
    String arrived();
}
