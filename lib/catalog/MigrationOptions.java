package lib.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import lib.roles.TargetKind;

/**
 * What the operator of a move wants. A command reads it from its options, and every step that has to know a part of it
 * is given the whole.
 *
 * @param workers how many tables are worked on at once; 0 for as many as suit this machine and both servers
 * @param leaveOut classes and names of what may stay behind
 * @param granted the roles of the target that may be granted, and be given their code, although they can do more there
 * than on the source
 * @param createDatabase whether the target's database is created where it is missing
 * @param restart whether what a failed run left on the target is removed first
 * @param resume whether the run goes on with what a failed run left on the target
 * @param prepare whether the run is a first pass, while the source is still written to
 * @param noOwner whether everything is to belong to the connecting user
 * @param pauseJobs whether TimescaleDB's jobs on the source are kept from running meanwhile
 * @param rebuild whether what TimescaleDB manages is made anew, so that its versions need not be equal
 * @param kind of target, or null to find it out
 */
public record MigrationOptions(Filters filters, int workers, Collection<String> leaveOut, Collection<String> granted,
        boolean createDatabase, boolean restart, boolean resume, boolean prepare, boolean noOwner, boolean noPrivileges,
        boolean pauseJobs, boolean rebuild,
        TargetKind kind) {
    /** How a journal has it that {@code rebuild} was wanted. */
    public static final String REBUILD = "--rebuild";

    /** @return these options with another number of workers */
    public MigrationOptions withWorkers(int number) {
        return new MigrationOptions(filters, number, leaveOut, granted, createDatabase, restart, resume, prepare,
                noOwner,
                noPrivileges,
                pauseJobs, rebuild,
                kind);
    }

    /** @return whether what a failed run left on the target is no obstacle */
    public boolean takesOver() {
        return restart || resume;
    }

    /**
     * @return the options that change what arrives, as a command line has them and in an order of their own; how many
     * workers there are is none of them
     */
    public List<String> changingArrivals() {
        List<String> words = new ArrayList<>(new TreeSet<>(filters.argumentsWithData()));
        new TreeSet<>(leaveOut).forEach(name -> words.add("--leave-out=" + name));
        new TreeSet<>(granted).forEach(role -> words.add("--grant-anyway=" + role));
        if (noOwner) {
            words.add("--no-owner");
        }
        if (noPrivileges) {
            words.add("--no-privileges");
        }
        if (rebuild) {
            words.add(REBUILD);
        }
        return words;
    }

    /** @return these options with owners and privileges, whether or not they will be set */
    public MigrationOptions withOwnersAndPrivileges() {
        return new MigrationOptions(filters, workers, leaveOut, granted, createDatabase, restart, resume, prepare,
                false, false,
                pauseJobs, rebuild,
                kind);
    }

    /** @return these options for a dump that may hold no owners or no privileges */
    public MigrationOptions of(boolean owners, boolean privileges) {
        return new MigrationOptions(filters, workers, leaveOut, granted, createDatabase, restart, resume, prepare,
                noOwner || !owners,
                noPrivileges || !privileges, pauseJobs, rebuild, kind);
    }
}
