package lib.code;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import lib.roles.RolePowers;
import lib.server.Finding;
import lib.talk.Count;
import lib.talk.ShellScript;
import lib.timescale.Timescale;

/**
 * Whether what a role of the source has written would act on the target with more rights than on the source, because
 * the role of that name, or whoever gets what is that role's, can do more there (docs/rights.md).
 */
public final class OwnerPowers {
    private static final int NAMED = 5;

    private final RolePowers there;
    private final Set<String> unreachable;
    private final String user;

    /**
     * @param there what the target's roles can do
     * @param unreachable the owners whose objects will belong to the connecting user
     * @param user the connecting user
     */
    public OwnerPowers(RolePowers there, Set<String> unreachable, String user) {
        this.there = there;
        this.unreachable = unreachable;
        this.user = user;
    }

    private String newOwner(String owner) {
        return unreachable.contains(owner) ? user : owner;
    }

    /** @return what code of the owner would gain */
    public Set<String> gained(String owner, Collection<String> powers) {
        return RolePowers.gained(powers, there.of(newOwner(owner)));
    }

    /**
     * @param owners with what they own, jobs included
     * @param accepted the roles whose code may get those rights
     * @return a stop for each owner whose code would gain, or a warning where that is accepted or there is no such code
     */
    public List<Finding> check(List<OwnersCode> owners, Collection<String> accepted) {
        List<Finding> findings = new ArrayList<>();
        for (OwnersCode each : owners) {
            Set<String> gained = gained(each.owner(), each.powers());
            if (!gained.isEmpty()) {
                findings.add(finding(each, gained, accepted.contains(each.owner())));
            }
        }
        return findings;
    }

    private Finding finding(OwnersCode each, Set<String> gained, boolean accepted) {
        String newOwner = newOwner(each.owner());
        String words =
                "what role \"%s\" owns on the source will belong to \"%s\", which ".formatted(each.owner(), newOwner)
                        + (gained.contains(RolePowers.SUPERUSER) ? "is or can become a superuser on the target"
                                : "can do more on the target (" + String.join(", ", gained) + ")");
        if (each.code().isEmpty()) {
            return Finding.warning("owners", null, "%s; nothing of it acts with its owner's rights", words);
        }
        String code = Count.some(each.code(), NAMED);
        return accepted ? Finding.warning("owners", null, "%s, and acts with these rights: %s", words, code)
                : Finding.stop("owners",
                        "review it, then give it to another role on the source, or accept it with --grant-anyway "
                                + ShellScript.quoted(each.owner()),
                        "%s, and would act with these rights: %s", words, code);
    }

    /**
     * @return the same owners, with the jobs of TimescaleDB that each keeps; those that go to the connecting user stay
     * switched off (docs/rights.md)
     */
    public List<OwnersCode> with(List<OwnersCode> owners, List<Timescale.Job> jobs) {
        return owners.stream().map(each -> {
            List<String> code = new ArrayList<>(each.code());
            jobs.stream().filter(job -> job.owner().equals(each.owner()) && !unreachable.contains(job.owner()))
                    .forEach(job -> code.add(job.toString()));
            return new OwnersCode(each.owner(), each.powers(), code);
        }).toList();
    }
}
