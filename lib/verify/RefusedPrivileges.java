package lib.verify;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import lib.facts.Difference;
import lib.tools.RefusedStatement;
import lib.tools.StatementSubject;

/** Which differences follow from privileges and settings that the target refused. */
final class RefusedPrivileges {
    private static final Set<String> ROUTINES = Set.of("function", "procedure", "aggregate", "window function");

    /** What a difference calls the objects that GRANT knows by one word; all others it calls by the same. */
    private static final Map<String, Set<String>> KINDS = Map.of("TABLE",
            Set.of("table", "partitioned table", "view", "materialized view", "foreign table", "sequence"), "FUNCTION",
            ROUTINES, "PROCEDURE", ROUTINES, "ROUTINE", ROUTINES, "FOREIGN SERVER", Set.of("server"),
            "FOREIGN DATA WRAPPER", Set.of("foreign-data wrapper"));
    private static final Set<String> TYPES = Set.of("domain", "enum", "range");

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
        String object = Difference.plain(difference.object());
        return refused.stream().filter(subject -> subject.kind().equals(StatementSubject.SETTING))
                .anyMatch(subject -> object
                        .equals((subject.role() == null ? "the database"
                                : "role " + subject.role() + " in the database")
                                + ": " + subject.object()));
    }

    private static boolean explains(StatementSubject subject, Difference difference) {
        String kind = difference.kind().replaceFirst(" grants?$", "");
        String object = Difference.plain(difference.object());
        String grantee = difference.entry() == null ? null : Difference.plain(difference.entry());
        if (kind.equals("parameter")) {
            return subject.kind().equals("PARAMETER") && object.equals(subject.object() + " to " + subject.role());
        } else if (grantee != null && !grantee.equals(subject.role())) {
            return false;
        }
        return switch (kind) {
            case "default privileges" -> subject.kind().equals(StatementSubject.DEFAULTS)
                    && (object.startsWith("of " + subject.object() + " in schema ")
                            || object.startsWith("of " + subject.object() + " on "));
            case "database" -> subject.kind().equals("DATABASE");
            case "column" -> subject.kind().equals("TABLE") && subject.columns().stream()
                    .anyMatch(column -> object.equals(subject.object() + "." + column));
            case "chunk" -> subject.kind().equals("TABLE") && object.equals(subject.object());
            default -> (kind.equals("system object") || isOf(kind, subject.kind()))
                    && (object.equals(subject.object()) || object.startsWith(subject.object() + "("));
        };
    }

    private static boolean isOf(String kind, String word) {
        return word.equals("TYPE") || word.equals("DOMAIN") ? kind.endsWith("type") || TYPES.contains(kind)
                : KINDS.getOrDefault(word, Set.of(word.toLowerCase(java.util.Locale.ROOT))).contains(kind);
    }
}
