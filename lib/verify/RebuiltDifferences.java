//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.Collection;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.facts.Difference;
import lib.facts.FactTemplate;
import lib.server.Session;
import lib.timescale.Hypertables;
import lib.timescale.TimescaleExtension;

/**
 * The differences between a database and one in which hypertables were made anew: how a version of TimescaleDB keeps
 * what it compresses, numbers that it gives, and in which order rows lie. What a query or the user sees is no such
 * difference.
 */
final class RebuiltDifferences {
    private static final Set<String> KEPT_IN_ANY_WAY = Set.of("state", "statistics", "indexes");
    private static final String CLUSTERED = ", clustered";

    /** Older versions have these on hypertables and chunks. */
    private static final Pattern OWN_TRIGGER = Pattern.compile("[.: ]ts_(?:insert_blocker|cagg_invalidation_trigger)$");

    private static final Pattern COUNTING_NAMES = Pattern.compile("\\.(?:chunk|hypertable)_id_seq$");

    private final Set<String> aggregates;
    private final Set<String> leftOut;

    private RebuiltDifferences(Collection<String> aggregates, Collection<String> leftOut) {
        this.aggregates = Set.copyOf(aggregates);
        this.leftOut = Set.copyOf(leftOut);
    }

    /**
     * @param source a session on the source, which has the extension
     * @param leftOut the names of what the target's version does not have, and was accepted to stay behind
     */
    static RebuiltDifferences of(Session source, Collection<String> leftOut) {
        return new RebuiltDifferences(Hypertables.aggregates(source).stream()
                .map(name -> FactTemplate.quoted(name.schema()) + "." + FactTemplate.quoted(name.name()))
                .collect(Collectors.toSet()), leftOut);
    }

    /** @return whether both sides have the extension in versions that keep hypertables each in its own way */
    static boolean areMeant(Session source, Session target) {
        TimescaleExtension here = TimescaleExtension.of(source);
        TimescaleExtension there = TimescaleExtension.of(target);
        return here != null && there != null && !here.version().equals(there.version());
    }

    /** @return whether the difference is one of these */
    boolean cover(Difference difference) {
        if (isLeftOut(difference)) {
            return true;
        }
        boolean there = !difference.target().equals(Difference.MISSING);
        return switch (difference.kind()) {
            // Those of chunks and hypertables are as far as on the source: new chunks get no name of an old one.
            case CATALOG_SEQUENCE -> !COUNTING_NAMES.matcher(difference.object().text()).find();
            // Where a version is to choose an order when it compresses, an older one has chosen it beforehand.
            case HYPERTABLE -> difference.source().equals(Difference.MISSING)
                    && "compression order by".equals(difference.property());
            case EXTENSION -> "version".equals(difference.property())
                    && TimescaleExtension.NAME.equals(difference.object().text());
            case COMPRESSED_CHUNK -> KEPT_IN_ANY_WAY.contains(String.valueOf(difference.property()));
            // A version writes the query of the rows that an aggregate holds; what it computes is compared by itself.
            case VIEW -> there && difference.property() == null && aggregates.contains(difference.object().text());
            case CHUNK_INDEX -> there && difference.source().replace(CLUSTERED, "")
                    .equals(difference.target().replace(CLUSTERED, ""));
            case TRIGGER, CHUNK_TRIGGER -> OWN_TRIGGER.matcher(difference.object().text()).find();
            default -> false;
        };
    }

    /** With a continuous aggregate stay its chunks, columns and jobs; with a key or trigger, those of chunks. */
    private boolean isLeftOut(Difference difference) {
        String object = difference.object().text();
        return switch (difference.kind()) {
            case CONSTRAINT, TRIGGER, CHUNK_SKIPPING -> leftOut.contains(object) || isOfLeftAggregate(object);
            case CHUNK_CONSTRAINT, CHUNK_TRIGGER -> leftOut.stream().anyMatch(name -> object.startsWith(
                    name.substring(0, name.lastIndexOf('.') + 1).replaceFirst("\\.$", " ["))
                    && object.endsWith(": " + name.substring(name.lastIndexOf('.') + 1))) || isOfLeftAggregate(object);
            case HYPERTABLE -> leftOut.contains(object) && "compression sparse indexes".equals(difference.property())
                    || isOfLeftAggregate(object);
            default -> isOfLeftAggregate(object);
        };
    }

    private boolean isOfLeftAggregate(String object) {
        return aggregates.stream().filter(leftOut::contains).anyMatch(
                name -> object.matches("(?:.* on )?" + Pattern.quote(name) + "(?:[.: ].*)?"));
    }
}
