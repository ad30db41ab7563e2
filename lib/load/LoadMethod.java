package lib.load;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import lib.catalog.Archive;
import lib.catalog.Extensions;
import lib.catalog.OwnedObjects;
import lib.journal.Journal;
import lib.source.Inventory;
import lib.timescale.Jobs;
import lib.tools.RefusedStatement;

/** Loads the schema and the rows into the target: step by step from an archive, or as one script. */
public interface LoadMethod {
    /**
     * Sets owners and privileges during a load, because the server computes index expressions, statistics and
     * materialized views as the owner of the table.
     */
    interface Rights {
        /** Sets the owners of those objects that exist. */
        void setOwners(Predicate<OwnedObjects.Owned> there);

        /** @return the statements that set the owners of the others, to be run in the transaction that creates each */
        Map<Archive.Address, String> ownersOnCreation();

        /** Grants the privileges, unless that was done before. */
        void grantPrivileges();
    }

    /** @return those of the extensions that must be created before the load */
    List<Extensions.Extension> extensionsBefore(List<Extensions.Extension> extensions);

    /**
     * Loads schema and rows, except for what the other methods load.
     *
     * @param jobs TimescaleDB's, or null where the source does not have that extension
     * @param rights sets the owners, before anything runs as one of them
     * @param journal records what is created
     */
    void load(Jobs jobs, Rights rights, Journal journal);

    /**
     * Loads the objects that read hypertables, whose rows restoring mode of TimescaleDB hides; called when it is off.
     *
     * @param journal records what is created
     * @return a description of what was loaded
     */
    String loadAfterRestoringMode(Journal journal);

    /**
     * Creates objects on hypertables that need what {@link #loadAfterRestoringMode} has loaded, such as foreign keys to
     * tables that were filled then; called when the mode is on again.
     *
     * @param journal records what is created
     * @return a description of what was loaded
     */
    String loadInRestoringModeAgain(Journal journal);

    /** @return whether owners, privileges, the contents of materialized views and event triggers are loaded too */
    boolean loadsEverything();

    /**
     * Grants the privileges that are granted on the source.
     *
     * @param rewrite changes the statements for a user who is not a superuser
     * @return what the target refused
     */
    List<RefusedStatement> grantPrivileges(UnaryOperator<String> rewrite);

    /**
     * Creates the event triggers.
     *
     * @param journal records them
     */
    void createEventTriggers(Journal journal);

    /** @return the relations that do not have planner statistics yet */
    List<Inventory.Relation> notAnalyzed();

    /** @return a description of the rows that were moved */
    String loadedRows();
}
