//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.facts.Difference;
import lib.facts.FactIdentity;
import lib.facts.FactKind;
import lib.facts.FactTemplate;
import lib.server.Finding;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The default privileges that a target's database has before the migration (PostgreSQL manual, ALTER DEFAULT
 * PRIVILEGES). Those of the connecting user apply to all objects that it creates, and pg_dump writes only what differs
 * from the built-in ones, so that migrated objects get them in addition to their own, with the stock tools too.
 */
public final class DefaultPrivileges {
    /** In a query of one row: whether there are any. */
    static final String ANY = "EXISTS (SELECT FROM pg_catalog.pg_default_acl)";

    /** An entry for a schema only adds; one for the whole database stands in the place of the built-in privileges. */
    private static final String QUERY = """
            SELECT r.rolname, r.rolname = current_user, n.nspname, a.defaclobjtype,
                   CASE WHEN x.grantee = a.defaclrole THEN NULL WHEN x.grantee = 0 THEN ''
                     ELSE pg_catalog.pg_get_userbyid(x.grantee) END,
                   x.less, x.privilege_type || CASE WHEN x.option THEN ' with grant option' ELSE '' END
              FROM pg_catalog.pg_default_acl a
              JOIN pg_catalog.pg_roles r ON r.oid = a.defaclrole
              LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace
              CROSS JOIN LATERAL (
                  SELECT CASE WHEN n.oid IS NULL THEN pg_catalog.acldefault(
                             CASE a.defaclobjtype WHEN 'S' THEN 's' ELSE a.defaclobjtype END, a.defaclrole)
                           END AS acl) s
              CROSS JOIN LATERAL (
                  SELECT e.grantee, e.privilege_type, false AS less,
                         e.is_grantable AND e.grantee <> a.defaclrole AS option
                    FROM pg_catalog.aclexplode(a.defaclacl) e
                   WHERE NOT EXISTS (
                     SELECT FROM pg_catalog.aclexplode(s.acl) b
                      WHERE (b.grantee, b.privilege_type) = (e.grantee, e.privilege_type))
                  UNION
                  SELECT b.grantee, b.privilege_type, true, false
                    FROM pg_catalog.aclexplode(s.acl) b
                   WHERE NOT EXISTS (
                     SELECT FROM pg_catalog.aclexplode(a.defaclacl) e
                      WHERE (b.grantee, b.privilege_type) = (e.grantee, e.privilege_type))) x
             WHERE %s
             ORDER BY 2 DESC, 1, 3 NULLS FIRST, 4, 5, 6, 7""";

    /**
     * What one command has given or taken.
     *
     * @param ours whether it holds for what the connecting user creates
     * @param schema null for the whole database
     * @param grantee "" for PUBLIC, null for the role itself
     * @param less whether it is a built-in privilege that is not given
     */
    private record Entry(String role, boolean ours, String schema, Type type, String grantee, boolean less) {
        /** @return what undoes it */
        String undoing(Set<String> privileges) {
            return "ALTER DEFAULT PRIVILEGES FOR ROLE " + Sql.ident(role)
                    + (schema == null ? "" : " IN SCHEMA " + Sql.ident(schema))
                    + (less ? " GRANT " : " REVOKE ") + String.join(", ", privileges).replace(OPTION, "") + " ON "
                    + type.name().replace('_', ' ') + (less ? " TO " : " FROM ")
                    + (grantee == null ? Sql.ident(role) : grantee.isEmpty() ? "PUBLIC" : Sql.ident(grantee)) + ";";
        }

        String description(Set<String> privileges) {
            return (less ? "not " : "") + String.join(", ", privileges) + " on " + type.word()
                    + (schema == null ? "" : " in schema \"" + schema + "\"")
                    + (less ? " for " : " to ")
                    + (grantee == null ? "their owners" : grantee.isEmpty() ? "PUBLIC" : "\"" + grantee + "\"");
        }

        boolean holds(Difference difference) {
            if (ofChunk(difference)) {
                // Those for a schema hold for the hypertable or for its chunks, which stand in another one.
                return ours && type == Type.TABLES && schema != null && !less;
            }
            FactIdentity object = difference.object();
            String to =
                    grantee == null ? FactTemplate.OWN : grantee.isEmpty() ? "PUBLIC" : FactTemplate.quoted(grantee);
            return to.equals(difference.entry()) && (difference.kind() == FactKind.DEFAULT_PRIVILEGES
                    ? role.equals(object.role()) && Objects.equals(schema, object.schema())
                            && type.word().equals(object.name())
                    : ours && type.kinds.contains(difference.kind())
                            && Difference.GRANT.equals(difference.property())
                            && (schema == null || schema.equals(object.schema())));
        }
    }

    /** What they can be for; {@code kinds} are those of differences. */
    private enum Type {
        TABLES("r", FactKind.TABLE, FactKind.PARTITIONED_TABLE, FactKind.VIEW, FactKind.MATERIALIZED_VIEW,
                FactKind.FOREIGN_TABLE),
        SEQUENCES("S", FactKind.SEQUENCE),
        FUNCTIONS("f", FactKind.FUNCTION, FactKind.PROCEDURE, FactKind.AGGREGATE, FactKind.WINDOW_FUNCTION),
        TYPES("T", FactKind.TYPE, FactKind.DOMAIN, FactKind.COMPOSITE_TYPE, FactKind.ENUM, FactKind.RANGE),
        SCHEMAS("n", FactKind.SCHEMA),
        LARGE_OBJECTS("L", FactKind.LARGE_OBJECT);

        private final String letter;
        private final Set<FactKind> kinds;

        Type(String letter, FactKind... kinds) {
            this.letter = letter;
            this.kinds = Set.of(kinds);
        }

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }

        static Type of(String letter) {
            return Arrays.stream(values()).filter(type -> type.letter.equals(letter)).findFirst().orElseThrow();
        }
    }

    /** Behind a privilege that its grantee may grant. */
    private static final String OPTION = " with grant option";

    /**
     * The difference between a chunk and its hypertable, in the words of {@link lib.timescale.ChunkFacts ChunkFacts}.
     */
    private static final String CHUNKS = "chunk grants";
    private static final String AS_THEIRS = "as its hypertable";

    private final Map<Entry, Set<String>> entries;

    private DefaultPrivileges(Map<Entry, Set<String>> entries) {
        this.entries = entries;
    }

    static DefaultPrivileges none() {
        return new DefaultPrivileges(Map.of());
    }

    /**
     * Asks for those that were there before any run of ours.
     *
     * @param undone whether an interrupted run will be undone before, which knows what it has found
     */
    static DefaultPrivileges of(Session target, boolean undone) {
        Map<Entry, Set<String>> entries = new LinkedHashMap<>();
        target.list("listing the default privileges",
                QUERY.formatted(
                        undone ? "a.oid IN (SELECT oid FROM " + JournalTables.DEFAULT_PRIVILEGES.sql() + ")" : "true"),
                row -> entries.computeIfAbsent(new Entry(row.getString(1), row.getBoolean(2), row.getString(3),
                        Type.of(row.getString(4)), row.getString(5),
                        row.getBoolean(6)), entry -> new TreeSet<>()).add(row.getString(7)));
        return new DefaultPrivileges(entries);
    }

    /** @return a warning for those that apply to migrated objects, and one for the others */
    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        List<Entry> own = entries.keySet().stream().filter(Entry::ours).toList();
        if (!own.isEmpty()) {
            findings.add(Finding.warning("privileges",
                    "to have only those of the source, run before the migration: " + undoing(own),
                    "default privileges of the target give migrated objects other privileges than on the source: %s",
                    own.stream().map(entry -> entry.description(entries.get(entry)))
                            .collect(Collectors.joining("; "))));
        }
        List<Entry> others = entries.keySet().stream().filter(entry -> !entry.ours).toList();
        if (!others.isEmpty()) {
            findings.add(Finding.warning("privileges", undoing(others),
                    "the target has default privileges, which it keeps: %s",
                    others.stream().map(entry -> entry.description(entries.get(entry)) + " of \"" + entry.role + "\"")
                            .collect(Collectors.joining("; "))));
        }
        return findings;
    }

    private String undoing(List<Entry> some) {
        return some.stream().map(entry -> entry.undoing(entries.get(entry))).collect(Collectors.joining(" "));
    }

    /** @return whether this difference is of privileges that they give or take, and of no others */
    public boolean explain(Difference difference) {
        Set<String> source = privileges(difference.source());
        Set<String> target = privileges(difference.target());
        Set<String> given = new HashSet<>();
        Set<String> taken = new HashSet<>();
        List<Map.Entry<Entry, Set<String>>> holding =
                entries.entrySet().stream().filter(entry -> entry.getKey().holds(difference)).toList();
        holding.forEach(entry -> (entry.getKey().less ? taken : given).addAll(entry.getValue()));
        return !holding.isEmpty() && (ofChunk(difference) ? difference.source().equals(AS_THEIRS)
                : Stream.of(source, target).flatMap(Set::stream)
                        .map(privilege -> privilege.replace(OPTION, "")).allMatch(privilege -> {
                            int granted = grade(given, privilege);
                            int now = grade(target, privilege);
                            return now == Math.max(grade(source, privilege), granted)
                                    || now == granted && taken.contains(privilege);
                        }));
    }

    private static boolean ofChunk(Difference difference) {
        return difference.kind() == FactKind.CHUNK && Difference.GRANTS.equals(difference.property());
    }

    /** @return 0 without the privilege, 2 with the option to grant it */
    private static int grade(Set<String> privileges, String privilege) {
        return privileges.contains(privilege + OPTION) ? 2 : privileges.contains(privilege) ? 1 : 0;
    }

    private static Set<String> privileges(String value) {
        return value.equals(Difference.MISSING) ? Set.of() : Set.of(value.split(", "));
    }
}
