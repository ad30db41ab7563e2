//SOURCES Difference.java
package lib;

import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/** Which differences are no news after a migration: those that preflight announced and the operator accepted. */
public final class Expected {
    /** What is granted on these lets the target's user load, and was there before. */
    private static final Set<String> FOR_LOADING = Set.of("database grant", "schema grant");

    private final String user;
    private final Set<String> roles;
    private final Set<String> owners;
    private final Set<String> leftOut;
    private final boolean noOwner;
    private final boolean noPrivileges;
    private final boolean withoutSomeData;
    private Set<String> jobOwners = Set.of();
    private Set<String> gone = Set.of();

    /**
     * @param user the target's user
     * @param roles the roles that were announced to differ
     * @param owners the owners that were announced to lose their objects
     * @param leftOut the names of the objects that were accepted to stay behind
     * @param withoutSomeData whether rows of some relations were not wanted, so that materialized views among them stay empty
     */
    public Expected(String user, Collection<String> roles, Collection<String> owners, Collection<String> leftOut, boolean noOwner,
            boolean noPrivileges, boolean withoutSomeData) {
        this.user = user;
        this.roles = roles.stream().map(Expected::plain).collect(Collectors.toSet());
        this.owners = owners.stream().map(Expected::plain).collect(Collectors.toSet());
        this.leftOut = leftOut.stream().map(Expected::plain).collect(Collectors.toSet());
        this.noOwner = noOwner;
        this.noPrivileges = noPrivileges;
        this.withoutSomeData = withoutSomeData;
    }

    /**
     * Announces that jobs of TimescaleDB were given to another role.
     *
     * @param owners whose jobs those are on the source, because they are no role on the target, or none that the target's user may act as
     */
    public Expected jobOwners(Collection<String> owners) {
        jobOwners = owners.stream().map(Expected::plain).collect(Collectors.toSet());
        return this;
    }

    /** Announces that the target does not have these roles, or not for use, so that nothing is granted to them, and their default privileges are others'. */
    public Expected gone(Collection<String> names) {
        gone = names.stream().map(Expected::plain).collect(Collectors.toSet());
        return this;
    }

    /** @return whether the difference follows from what was announced */
    public boolean covers(Difference difference) {
        String kind = difference.kind();
        String object = plain(difference.object());
        if (kind.endsWith(" owner")) {
            String owner = plain(difference.source());
            return noOwner || owners.contains(owner) || kind.equals("job owner") && jobOwners.contains(owner);
        } else if (kind.endsWith(" grant") || kind.equals("chunk grants") || kind.startsWith("default privileges")) {
            return noPrivileges || gone.stream().anyMatch(role -> object.endsWith(" to " + role) || object.startsWith("of " + role + " ")) || kind.equals("parameter grant") && roles.stream().anyMatch(role -> object.endsWith(" to " + role))
                    || FOR_LOADING.contains(kind) && difference.source().equals(Difference.MISSING) && object.endsWith(" to " + plain(user));
        } else if (kind.startsWith("role")) {
            return roles.contains(object);
        } else if (kind.startsWith("membership")) {
            return roles.stream().anyMatch(role -> object.startsWith(role + " in ") || object.endsWith(" in " + role));
        } else if (kind.startsWith("setting")) {
            return roles.stream().anyMatch(role -> object.startsWith("role " + role + ": ") || object.startsWith("role " + role + " in the database: "));
        }
        return leftOut.contains(object) || withoutSomeData && kind.equals("materialized view state");
    }

    /** Names are quoted where they must be on one side and always on the other. */
    private static String plain(String name) {
        return name.replace("\"", "");
    }
}
