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

/** How the schema and the rows get to the target: step by step from an archive, or as one script. */
public interface LoadMethod {
    /**
     * What is given while a load is under way: the server computes index expressions, statistics and materialized views
     * as the owner of the table.
     */
    interface Rights {
        /** Gives those of the objects to their owners that are there. */
        void setOwners(Predicate<OwnedObjects.Owned> there);

        /** @return what gives the others to their owners, to be run in the transaction that makes them */
        Map<Archive.Address, String> ownersOnCreation();

        /** Gives the privileges, unless that is done. */
        void grantPrivileges();
    }

    /** @return those of the extensions that must be created before */
    List<Extensions.Extension> extensionsBefore(List<Extensions.Extension> extensions);

    /**
     * Brings both, but for what the other methods bring.
     *
     * @param jobs TimescaleDB's, or null where the source does not have that extension
     * @param rights gives the owners, before anything is done as one
     * @param journal records what is created
     */
    void load(Jobs jobs, Rights rights, Journal journal);

    /**
     * Brings what looks into hypertables, which restoring mode of TimescaleDB hides; called when that is off.
     *
     * @param journal records what is created
     * @return how much that was, in words
     */
    String loadAfterRestoringMode(Journal journal);

    /**
     * Brings what stands on hypertables and needs what {@link #loadAfterRestoringMode} brings: keys that refer to
     * tables which were filled then; called when the mode is on again.
     *
     * @param journal records what is created
     * @return how much that was, in words
     */
    String loadInRestoringModeAgain(Journal journal);

    /** @return whether owners, privileges, the contents of materialized views and event triggers have come along */
    boolean loadsEverything();

    /**
     * Gives the privileges that the source gives.
     *
     * @param rewrite rewrites the statements for a user who is not a superuser
     * @return what the target refused
     */
    List<RefusedStatement> grantPrivileges(UnaryOperator<String> rewrite);

    /**
     * Creates the event triggers.
     *
     * @param journal records them
     */
    void createEventTriggers(Journal journal);

    /** @return the relations that have no planner statistics yet */
    List<Inventory.Relation> notAnalyzed();

    /** @return which rows have come, in words */
    String loadedRows();
}
