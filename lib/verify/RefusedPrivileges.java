package lib.verify;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import lib.facts.Difference;
import lib.facts.FactIdentity;
import lib.facts.FactKind;
import lib.facts.FactTemplate;
import lib.tools.RefusedStatement;
import lib.tools.StatementSubject;

/** Which differences follow from privileges and settings that the target refused. */
final class RefusedPrivileges {
    private static final Set<FactKind> ROUTINES =
            EnumSet.of(FactKind.FUNCTION, FactKind.PROCEDURE, FactKind.AGGREGATE, FactKind.WINDOW_FUNCTION);
    private static final Set<FactKind> TYPES = EnumSet.of(FactKind.TYPE, FactKind.COMPOSITE_TYPE, FactKind.DOMAIN,
            FactKind.ENUM, FactKind.RANGE);

    /** The kinds of objects that GRANT knows by one word; others have the same word in both. */
    private static final Map<String, Set<FactKind>> KINDS = Map.of("TABLE",
            EnumSet.of(FactKind.TABLE, FactKind.PARTITIONED_TABLE, FactKind.VIEW, FactKind.MATERIALIZED_VIEW,
                    FactKind.FOREIGN_TABLE, FactKind.SEQUENCE, FactKind.CHUNK),
            "FUNCTION", ROUTINES, "PROCEDURE", ROUTINES, "ROUTINE", ROUTINES, "TYPE", TYPES, "DOMAIN", TYPES,
            "FOREIGN SERVER", EnumSet.of(FactKind.SERVER));

    private final List<StatementSubject> refused;

    RefusedPrivileges(Collection<RefusedStatement> refused) {
        this.refused = refused.stream().map(RefusedStatement::subject).filter(Objects::nonNull).toList();
    }

    /** @return whether one of them is why this privilege differs */
    boolean explainGrant(Difference difference) {
        return refused.stream().anyMatch(subject -> explains(subject, difference));
    }

    /** @return whether one of them is why this setting of the database, or of a role in it, differs */
    boolean explainSetting(Difference difference) {
        FactIdentity object = difference.object();
        return object.inDatabase() && refused.stream().anyMatch(subject -> subject.kind()
                .equals(StatementSubject.SETTING) && subject.name().equals(object.name())
                && Objects.equals(subject.role(), object.role()));
    }

    private static boolean explains(StatementSubject subject, Difference difference) {
        FactIdentity object = difference.object();
        String entry = difference.entry();
        // PUBLIC is a word of the language, and no name.
        if (entry != null && !entry.equals("PUBLIC".equals(subject.role()) ? subject.role()
                : FactTemplate.quoted(String.valueOf(subject.role())))) {
            return false;
        }
        return switch (difference.kind()) {
            case PARAMETER_GRANT -> subject.kind().equals("PARAMETER") && subject.object().equals(object.name())
                    && subject.role().equals(object.role());
            case DEFAULT_PRIVILEGES -> subject.kind().equals(StatementSubject.DEFAULTS)
                    && Objects.equals(subject.name(), object.role());
            case DATABASE -> subject.kind().equals("DATABASE");
            case COLUMN -> subject.kind().equals("TABLE") && isOn(subject, object)
                    && subject.columns().contains(object.column());
            case SYSTEM_OBJECT -> isOn(subject, object);
            default -> isOf(difference.kind(), subject.kind()) && isOn(subject, object);
        };
    }

    private static boolean isOn(StatementSubject subject, FactIdentity object) {
        return Objects.equals(subject.schema(), object.schema()) && subject.name().equals(object.name());
    }

    private static boolean isOf(FactKind kind, String word) {
        Set<FactKind> kinds = KINDS.get(word);
        return kinds == null ? word.equals(kind.name().replace('_', ' ')) : kinds.contains(kind);
    }
}
