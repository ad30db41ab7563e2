//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.OthersComments;
import lib.catalog.Selection;
import lib.facts.Difference;
import lib.facts.FactKind;
import lib.facts.FactTemplate;
import lib.server.Finding;
import lib.server.JournalTables;
import lib.server.OwnSchema;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The comments and privileges on what stands on the target before the migration, the schema {@code public} and the
 * database above all, which the source does not have there. pg_dump writes what the source has, and does not take back
 * anything else, so that they stay, with the stock tools too.
 */
public final class StandingObjects {
    private static final String OPTION = " with grant option";
    /** With the names of the columns that say owner, privileges and comment. */
    private static final String OBJECTS = """
            SELECT 'SCHEMA' AS kind, n.nspname::text AS name, n.nspowner AS owner, %1$s AS acl,
                   coalesce(i.initprivs, pg_catalog.acldefault('n', n.nspowner)) AS base,
                   nullif(%2$s, 'standard public schema') AS comment
              FROM pg_catalog.pg_namespace n
              LEFT JOIN pg_catalog.pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = (n.tableoid, n.oid, 0) %3$s
             WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '%4$s') AND %5$s
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = n.tableoid AND x.objid = n.oid
                 AND x.deptype = 'e')
            UNION ALL
            SELECT 'DATABASE', '', d.datdba, %6$s, pg_catalog.acldefault('d', d.datdba),
                   nullif(%7$s, 'default administrative connection database')
              FROM pg_catalog.pg_database d %8$s
             WHERE d.datname = pg_catalog.current_database() AND %9$s""";
    private static final String COMMENTS = "SELECT o.kind, o.name FROM (%s) o WHERE o.comment %s";
    /** The owner's own are no matter of what was granted. */
    private static final String GRANTS = """
            SELECT DISTINCT o.kind, o.name,
                   CASE g.grantee WHEN 0 THEN '' ELSE pg_catalog.pg_get_userbyid(g.grantee) END,
                   g.privilege_type || CASE WHEN g.is_grantable THEN '%2$s' ELSE '' END
              FROM (%1$s) o, pg_catalog.aclexplode(%3$s) g
             WHERE g.grantee <> o.owner""";
    private static final String HAS = "coalesce(o.acl, o.base)";

    /**
     * @param grantee "" for PUBLIC, null where it is the comment
     * @param less whether it is what the object has from the beginning, and the target has taken back
     */
    private record Kept(String kind, String name, String grantee, boolean less) implements Comparable<Kept> {
        @Override
        public int compareTo(Kept other) {
            return key().compareTo(other.key());
        }

        private String key() {
            return kind + "\0" + name + "\0" + (grantee == null ? "" : "\0" + grantee + "\0" + less);
        }

        boolean is(Difference difference) {
            return FactKind.of(kind) == difference.kind()
                    && (kind.equals("DATABASE") || name.equals(difference.object().name()))
                    && (grantee == null ? Difference.COMMENT.equals(difference.property())
                            : Difference.GRANT.equals(difference.property()) && (grantee.isEmpty() ? "PUBLIC"
                                    : FactTemplate.quoted(grantee)).equals(difference.entry()));
        }

        String object() {
            return kind.equals("DATABASE") ? "the target's database" : "schema \"" + name + "\" of the target";
        }
    }

    private final String database;
    /** With the privileges, which are none for a comment. */
    private final Map<Kept, Set<String>> kept;

    private StandingObjects(String database, Map<Kept, Set<String>> kept) {
        this.database = database;
        this.kept = kept;
    }

    static StandingObjects none() {
        return new StandingObjects("", Map.of());
    }

    /**
     * Compares both sides.
     *
     * @param selection what is wanted of the source
     * @param interrupted whether an interrupted run will be undone or gone on with, which knows what it has found
     * @param others what bears comments that the target's user may not change
     */
    static StandingObjects find(Session from, Server target, Session to, Selection selection, boolean interrupted,
            Set<OthersComments.CommentedObject> others, boolean noPrivileges) {
        String all = selection.selective() ? "false" : "true";
        String onSource = objects(selection.namespace("n"), all);
        String onTarget = interrupted
                ? OBJECTS.formatted("b.acl", "b.comment", before("n"), OwnSchema.NAME, "true", "b.acl", "b.comment",
                        before("d"), all)
                : objects("true", all);
        Map<Kept, Set<String>> kept = new TreeMap<>();
        Set<Kept> theirs = comments(from, COMMENTS.formatted(onSource, "IS NOT NULL"));
        Set<Kept> silent = comments(from, COMMENTS.formatted(onSource, "IS NULL"));
        comments(to, COMMENTS.formatted(onTarget, "IS NOT NULL")).stream()
                .filter(comment -> silent.contains(comment)
                        && !others.contains(new OthersComments.CommentedObject(comment.kind, comment.name)))
                .forEach(comment -> kept.put(comment, Set.of()));
        if (noPrivileges) {
            return new StandingObjects(target.database(), kept);
        }
        // pg_dump takes back what an object has from the beginning, where the source does not have it any more, and
        // does not give it where the source has it still.
        Map<Kept, Set<String>> given = grants(from, onSource, HAS);
        Map<Kept, Set<String>> base = grants(from, onSource, "o.base");
        Map<Kept, Set<String>> there = grants(to, onTarget, HAS);
        Map<Kept, Set<String>> begun = grants(to, onTarget, "o.base");
        base.forEach((grant, privileges) -> {
            Set<String> less = new TreeSet<>(privileges);
            less.retainAll(given.getOrDefault(grant, Set.of()));
            less.retainAll(begun.getOrDefault(grant, Set.of()));
            less.removeIf(privilege -> grade(there.getOrDefault(grant, Set.of()), privilege) > 0);
            if (!less.isEmpty()) {
                kept.put(new Kept(grant.kind, grant.name, grant.grantee, true), less);
            }
        });
        there.forEach((grant, privileges) -> {
            Kept object = new Kept(grant.kind, grant.name, null, false);
            Set<String> more = privileges.stream().filter(privilege -> {
                String plain = privilege.replace(OPTION, "");
                return (theirs.contains(object) || silent.contains(object)) && grade(privileges, plain) > Math.max(
                        grade(given.getOrDefault(grant, Set.of()), plain),
                        grade(base.getOrDefault(grant, Set.of()), plain));
            }).collect(Collectors.toCollection(TreeSet::new));
            // What only the target's user has there lets it load.
            if (!more.isEmpty() && !(target.facts().user().equals(grant.grantee) && !given.containsKey(grant))) {
                kept.put(grant, more);
            }
        });
        return new StandingObjects(target.database(), kept);
    }

    private static String objects(String schemas, String all) {
        return OBJECTS.formatted("n.nspacl", "pg_catalog.obj_description(n.oid, 'pg_namespace')", "", OwnSchema.NAME,
                schemas, "d.datacl", "pg_catalog.shobj_description(d.oid, 'pg_database')", "", all);
    }

    private static Set<Kept> comments(Session session, String sql) {
        return new TreeSet<>(session.list("reading comments", sql,
                row -> new Kept(row.getString(1), row.getString(2), null, false)));
    }

    private static Map<Kept, Set<String>> grants(Session session, String objects, String acl) {
        Map<Kept, Set<String>> grants = new TreeMap<>();
        session.list("reading privileges", GRANTS.formatted(objects, OPTION, acl),
                row -> grants.computeIfAbsent(new Kept(row.getString(1), row.getString(2), row.getString(3), false),
                        grant -> new TreeSet<>()).add(row.getString(4)));
        return grants;
    }

    /** @return 0 without the privilege, 2 with the option to grant it */
    private static int grade(Set<String> privileges, String privilege) {
        return privileges.contains(privilege + OPTION) ? 2 : privileges.contains(privilege) ? 1 : 0;
    }

    /** @return a warning for each of them */
    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        kept.forEach((what, privileges) -> {
            String object = what.kind + " " + Sql.ident(what.kind.equals("DATABASE") ? database : what.name);
            if (what.grantee == null) {
                findings.add(Finding.warning("comments",
                        "to have none, as on the source, run before the migration: COMMENT ON " + object + " IS NULL;",
                        "%s has a comment, which it keeps", what.object()));
            } else {
                String grantee = what.grantee.isEmpty() ? "PUBLIC" : Sql.ident(what.grantee);
                String list = String.join(", ", privileges);
                String remedy = "to have only those of the source, run before the migration: "
                        + (what.less ? "GRANT " : "REVOKE ") + list.replace(OPTION, "") + " ON " + object
                        + (what.less ? " TO " : " FROM ") + grantee + ";";
                findings.add(what.less
                        ? Finding.warning("privileges", remedy, "%s lacks privileges that the source has there from "
                                + "the beginning, and does not get them: %s to %s", what.object(), list, grantee)
                        : Finding.warning("privileges", remedy, "%s has privileges that the source does not give, and "
                                + "keeps them: %s to %s", what.object(), list, grantee));
            }
        });
        return findings;
    }

    /** @return whether this difference is of what the target keeps, and of nothing else */
    public boolean explain(Difference difference) {
        Set<String> more = new TreeSet<>();
        Set<String> less = new TreeSet<>();
        List<Map.Entry<Kept, Set<String>>> holding =
                kept.entrySet().stream().filter(entry -> entry.getKey().is(difference)).toList();
        holding.forEach(entry -> (entry.getKey().less ? less : more).addAll(entry.getValue()));
        Set<String> source = privileges(difference.source());
        Set<String> target = privileges(difference.target());
        return !holding.isEmpty() && (holding.get(0).getKey().grantee == null
                ? difference.source().equals(Difference.MISSING)
                : Stream.of(source, target).flatMap(Set::stream).map(privilege -> privilege.replace(OPTION, ""))
                        .allMatch(privilege -> grade(target, privilege) == Math.max(
                                less.contains(privilege) ? 0 : grade(source, privilege), grade(more, privilege))));
    }

    private static Set<String> privileges(String value) {
        return value.equals(Difference.MISSING) ? Set.of() : Set.copyOf(List.of(value.split(", ")));
    }

    private static String before(String row) {
        return "JOIN " + JournalTables.PRIOR.sql() + " b ON (b.catalog, b.object) = (" + row + ".tableoid, " + row
                + ".oid)";
    }
}
