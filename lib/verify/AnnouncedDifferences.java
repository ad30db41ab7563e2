package lib.verify;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.catalog.OthersComments;
import lib.facts.Difference;
import lib.facts.FactIdentity;
import lib.facts.FactKind;
import lib.facts.FactTemplate;
import lib.roles.Roles;
import lib.server.Session;
import lib.tools.RefusedStatement;

/** Which differences are expected after a migration: those that preflight announced and the operator accepted. */
public final class AnnouncedDifferences {
    /** What is granted on these lets the target's user load, and was there before. */
    private static final Set<FactKind> FOR_LOADING = Set.of(FactKind.DATABASE, FactKind.SCHEMA);

    /** What a role can do with any of these is no matter of words: it is announced by itself. */
    private static final Set<Roles.Attribute> POWERS = EnumSet.complementOf(EnumSet.of(Roles.Attribute.INHERIT));

    /** One of a list of names, each in quotes where it has to be. */
    private static final Pattern NAME = Pattern.compile("\"(?:[^\"]|\"\")*\"|[^\", ]+");

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
    private Set<OthersComments.CommentedObject> comments = Set.of();
    private Set<String> extensions = Set.of();
    private Map<String, Set<Roles.Attribute>> powers = Map.of();
    private RefusedPrivileges refusals = new RefusedPrivileges(List.of());
    private boolean superuser = true;
    private Predicate<Difference> defaults = difference -> false;
    private Predicate<Difference> rebuilt = difference -> false;
    private Predicate<Difference> standing = difference -> false;

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
        this.roles = Set.copyOf(roles);
        this.owners = Set.copyOf(owners);
        this.leftOut = leftOut.stream().map(AnnouncedDifferences::plain).collect(Collectors.toSet());
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
        jobOwners = Set.copyOf(owners);
        return this;
    }

    /**
     * Announces that the target does not have these roles, or not for use, so that nothing is granted to them, and
     * their default privileges are others'.
     */
    public AnnouncedDifferences gone(Collection<String> names) {
        gone = Set.copyOf(names);
        return this;
    }

    /** @param kept what bears the target's comment still */
    public AnnouncedDifferences comments(Set<OthersComments.CommentedObject> kept) {
        comments = kept;
        return this;
    }

    /** @param others the extensions that belong to others on the target */
    public AnnouncedDifferences extensionOwners(Set<String> others) {
        extensions = Set.copyOf(others);
        return this;
    }

    /**
     * @param before the powers that each role had on the target before; no other one was announced
     */
    public AnnouncedDifferences powers(Map<String, Set<Roles.Attribute>> before) {
        powers = before;
        return this;
    }

    /** Announces what the target refused, and the summary lists. */
    public AnnouncedDifferences refusals(Collection<RefusedStatement> refused) {
        refusals = new RefusedPrivileges(refused);
        return this;
    }

    /** Announces that the target's server does not have these tablespaces, so that nothing is or will be in them. */
    public AnnouncedDifferences tablespaces(Collection<String> names) {
        tablespaces = Set.copyOf(names);
        return this;
    }

    /**
     * Announces that hypertables of the source were made anew.
     *
     * @param lacking the names of what the target's version does not have
     */
    public AnnouncedDifferences rebuilt(Session source, Collection<String> lacking) {
        rebuilt = RebuiltDifferences.of(source, lacking)::cover;
        return this;
    }

    /** @param explained whether a difference comes of default privileges of the target that were announced */
    public AnnouncedDifferences defaults(Predicate<Difference> explained) {
        defaults = explained;
        return this;
    }

    /** @param explained whether a difference comes of a comment or a privilege that was there before, announced too */
    public AnnouncedDifferences standing(Predicate<Difference> explained) {
        standing = explained;
        return this;
    }

    /**
     * @param is whether the target's user is one; another gives nothing on objects of the system, and nothing in the
     * name of who is out of reach
     */
    AnnouncedDifferences superuser(boolean is) {
        superuser = is;
        return this;
    }

    /** @return whether the difference follows from what was announced */
    boolean covers(Difference difference) {
        FactKind kind = difference.kind();
        FactIdentity object = difference.object();
        String property = String.valueOf(difference.property());
        if (standing.test(difference) || rebuilt.test(difference)) {
            return true;
        } else if (property.equals(Difference.OWNER)) {
            return noOwner || isOneOf(owners, difference.source())
                    || kind == FactKind.JOB && isOneOf(jobOwners, difference.source())
                    || kind == FactKind.EXTENSION && extensions.contains(object.name());
        } else if (difference.ofPrivileges()) {
            return noPrivileges || defaults.test(difference) || isOfGone(difference)
                    || kind == FactKind.PARAMETER_GRANT && roles.contains(object.role())
                    || refusals.explainGrant(difference)
                    || !superuser && (kind == FactKind.SYSTEM_OBJECT
                            || kind == FactKind.DEFAULT_PRIVILEGES && owners.contains(object.role()))
                    || FOR_LOADING.contains(kind) && difference.source().equals(Difference.MISSING)
                            && FactTemplate.quoted(user).equals(difference.entry());
        } else if (property.equals(Difference.COMMENT) && isComment(kind, object)) {
            return true;
        }
        return switch (kind) {
            case ROLE -> {
                Optional<Roles.Attribute> power =
                        POWERS.stream().filter(each -> each.name().equalsIgnoreCase(property)).findFirst();
                yield power.isPresent() && difference.target().equals("yes")
                        ? powers.getOrDefault(object.role(), Set.of()).contains(power.get())
                        : roles.contains(object.role());
            }
            case MEMBERSHIP -> roles.contains(object.role()) || roles.contains(object.name());
            case SETTING -> object.role() != null && roles.contains(object.role())
                    || refusals.explainSetting(difference);
            default -> switch (property) {
                case "tablespace" -> !tablespaces.isEmpty() && difference.target().equals(Difference.MISSING);
                case "tablespaces" -> difference.target().equals(thereOf(difference.source()));
                default -> leftOut.contains(plain(object.text()))
                        || withoutSomeData && kind == FactKind.MATERIALIZED_VIEW && property.equals("state");
            };
        };
    }

    private boolean isOfGone(Difference difference) {
        String role = difference.object().role();
        return isOneOf(gone, difference.entry()) || role != null && gone.contains(role);
    }

    private boolean isComment(FactKind kind, FactIdentity object) {
        return comments.stream().anyMatch(each -> FactKind.of(each.kind()) == kind
                && (kind == FactKind.DATABASE || each.name().equals(object.name())));
    }

    /** @return those of the tablespaces that the target's server has */
    private String thereOf(String list) {
        String kept = NAME.matcher(list).results().map(MatchResult::group).filter(name -> !isOneOf(tablespaces, name))
                .collect(Collectors.joining(", "));
        return kept.isEmpty() ? Difference.MISSING : kept;
    }

    /** @param value as the comparison has a name; may be null */
    private static boolean isOneOf(Set<String> names, String value) {
        return names.stream().anyMatch(name -> FactTemplate.quoted(name).equals(value));
    }

    /** What is left out is named by the operator, who need not quote. */
    private static String plain(String name) {
        return name.replace("\"", "");
    }
}
