//SOURCES Extensions.java Inventory.java Jobs.java Refusal.java
package lib;

import java.util.List;
import java.util.function.UnaryOperator;

/** How the schema and the rows get to the target: step by step from an archive, or as one script. */
public interface Delivery {
    /** @return those of the extensions that must be created before */
    List<Extensions.Extension> ahead(List<Extensions.Extension> extensions);

    /**
     * Brings both, but for what the other methods bring.
     *
     * @param jobs TimescaleDB's, or null where the source does not have that extension
     */
    void deliver(Jobs jobs);

    /** @return whether owners, privileges, the contents of materialized views and event triggers have come along */
    boolean complete();

    /**
     * Gives the privileges that the source gives, once the objects have their owners.
     *
     * @param words changes the statements for a user who is no superuser
     * @return what the target refused
     */
    List<Refusal> privileges(UnaryOperator<String> words);

    /** Creates the event triggers. */
    void eventTriggers();

    /** @return the relations that have no planner statistics yet */
    List<Inventory.Relation> notAnalyzed();

    /** @return which rows have come, in words */
    String arrived();
}
