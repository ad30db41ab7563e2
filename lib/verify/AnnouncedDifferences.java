package lib.verify;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.facts.Difference;
import lib.tools.RefusedStatement;

/** Which differences are no news after a migration: those that preflight announced and the operator accepted. */
public final class AnnouncedDifferences {
    /** What is granted on these lets the target's user load, and was there before. */
    private static final Set<String> FOR_LOADING = Set.of("database grant", "schema grant");

    /** What a role can do with any of these is no matter of words: it is announced by itself. */
    private static final Set<String> POWERS = Set.of("role superuser", "role createrole", "role createdb", "role login",
            "role replication", "role bypassrls");

    private final String user;
    private final Set<String> roles;
    private final Set<String> owners;
    private final Set<String> leftOut;
    private final boolean noOwner;
    private final boolean noPrivileges;
    private final boolean withoutSomeData;
    private Set<String> jobOwners = Set.of();
    private Set<String> gone = Set.of();
    private Set<String> tablespaces = Set.of();
    private Set<String> comments = Set.of();
    private Set<String> extensions = Set.of();
    private Set<String> powers = Set.of();
    private RefusedPrivileges refusals = new RefusedPrivileges(List.of());
    private boolean superuser = true;
    private Predicate<Difference> defaults = difference -> false;

    /**
     * @param user the target's user
     * @param roles the roles that were announced to differ
     * @param owners the owners that were announced to lose their objects
     * @param leftOut the names of the objects that were accepted to stay behind
     * @param withoutSomeData whether rows of some relations were not wanted, so that materialized views among them stay
     * empty
     */
    public AnnouncedDifferences(String user, Collection<String> roles, Collection<String> owners,
            Collection<String> leftOut, boolean noOwner,
            boolean noPrivileges, boolean withoutSomeData) {
        this.user = user;
        this.roles = roles.stream().map(Difference::plain).collect(Collectors.toSet());
        this.owners = owners.stream().map(Difference::plain).collect(Collectors.toSet());
        this.leftOut = leftOut.stream().map(Difference::plain).collect(Collectors.toSet());
        this.noOwner = noOwner;
        this.noPrivileges = noPrivileges;
        this.withoutSomeData = withoutSomeData;
    }

    /**
     * Announces that jobs of TimescaleDB were given to another role.
     *
     * @param owners whose jobs those are on the source, because they are no role on the target, or none that the
     * target's user may act as
     */
    public AnnouncedDifferences jobOwners(Collection<String> owners) {
        jobOwners = owners.stream().map(Difference::plain).collect(Collectors.toSet());
        return this;
    }

    /**
     * Announces that the target does not have these roles, or not for use, so that nothing is granted to them, and
     * their default privileges are others'.
     */
    public AnnouncedDifferences gone(Collection<String> names) {
        gone = names.stream().map(Difference::plain).collect(Collectors.toSet());
        return this;
    }

    /** @param kept what bears the target's comment still, such as {@code extension citext} */
    public AnnouncedDifferences comments(Set<String> kept) {
        comments = kept.stream().map(Difference::plain).collect(Collectors.toSet());
        return this;
    }

    /** @param others the extensions that belong to others on the target */
    public AnnouncedDifferences extensionOwners(Set<String> others) {
        extensions = others.stream().map(Difference::plain).collect(Collectors.toSet());
        return this;
    }

    /**
     * @param before the powers that roles had on the target before, such as {@code role superuser boss}; no other one
     * was announced
     */
    public AnnouncedDifferences powers(Set<String> before) {
        powers = before.stream().map(Difference::plain).collect(Collectors.toSet());
        return this;
    }

    /** Announces what the target refused, and the summary lists. */
    public AnnouncedDifferences refusals(Collection<RefusedStatement> refused) {
        refusals = new RefusedPrivileges(refused);
        return this;
    }

    /** Announces that the target's server does not have these tablespaces, so that nothing is or will be in them. */
    public AnnouncedDifferences tablespaces(Collection<String> names) {
        tablespaces = names.stream().map(Difference::plain).collect(Collectors.toSet());
        return this;
    }

    /** @param explained whether a difference comes of default privileges of the target that were announced */
    public AnnouncedDifferences defaults(Predicate<Difference> explained) {
        defaults = explained;
        return this;
    }

    /**
     * @param is whether the target's user is one; another gives nothing on objects of the system, and nothing in the
     * name of who is out of reach
     */
    public AnnouncedDifferences superuser(boolean is) {
        superuser = is;
        return this;
    }

    /** @return whether the difference follows from what was announced */
    public boolean covers(Difference difference) {
        String kind = difference.kind();
        String object = Difference.plain(difference.object());
        if (kind.endsWith(" owner")) {
            String owner = Difference.plain(difference.source());
            return noOwner || owners.contains(owner) || kind.equals("job owner") && jobOwners.contains(owner)
                    || kind.equals("extension owner") && extensions.contains(object);
        } else if (kind.endsWith(" grant") || kind.equals("chunk grants") || kind.startsWith("default privileges")) {
            return noPrivileges || defaults.test(difference)
                    || gone.stream().anyMatch(role -> isTo(role, difference) || object.startsWith("of " + role + " "))
                    || kind.equals("parameter grant") && roles.stream().anyMatch(role -> isTo(role, difference))
                    || refusals.explainGrant(difference)
                    || !superuser && isForSuperusers(kind, object)
                    || FOR_LOADING.contains(kind) && difference.source().equals(Difference.MISSING)
                            && isTo(Difference.plain(user), difference);
        } else if (kind.endsWith(" comment") && comments.contains(kind.replaceFirst("comment$", "") + object)) {
            return true;
        } else if (POWERS.contains(kind) && difference.target().equals("yes")) {
            return powers.contains(kind + " " + object);
        } else if (kind.startsWith("role")) {
            return roles.contains(object);
        } else if (kind.startsWith("membership")) {
            return roles.stream().anyMatch(role -> object.startsWith(role + " in ") || object.endsWith(" in " + role));
        } else if (kind.startsWith("setting")) {
            return roles.stream()
                    .anyMatch(role -> object.startsWith("role " + role + ": ")
                            || object.startsWith("role " + role + " in the database: "))
                    || refusals.explainSetting(difference);
        } else if (kind.endsWith(" tablespace")) {
            return !tablespaces.isEmpty() && difference.target().equals(Difference.MISSING);
        } else if (kind.endsWith(" tablespaces")) {
            String kept = Stream.of(Difference.plain(difference.source()).split(", "))
                    .filter(name -> !tablespaces.contains(name)).collect(Collectors.joining(", "));
            return Difference.plain(difference.target()).equals(kept.isEmpty() ? Difference.MISSING : kept);
        }
        return leftOut.contains(object) || withoutSomeData && kind.equals("materialized view state");
    }

    /** A privilege on a parameter has no object of its own, so that its grantee stands in the name. */
    private static boolean isTo(String role, Difference difference) {
        return difference.entry() == null
                ? difference.kind().equals("parameter grant")
                        && Difference.plain(difference.object()).endsWith(" to " + role)
                : Difference.plain(difference.entry()).equals(role);
    }

    private boolean isForSuperusers(String kind, String object) {
        return kind.equals("system object grant") || kind.startsWith("default privileges")
                && owners.stream().anyMatch(owner -> object.startsWith("of " + owner + " in schema ")
                        || object.startsWith("of " + owner + " on "));
    }
}
