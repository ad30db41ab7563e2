//DEPS org.postgresql:postgresql:42.7.14
package lib.catalog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import lib.server.Finding;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.TimescaleExtension;

/**
 * The comments on what stands on the target already and belongs to somebody else: extensions, schemas such as
 * {@code public}, the database. Only an owner may change a comment (PostgreSQL manual, COMMENT), so these stay as they
 * are.
 */
public final class OthersComments {
    /** What is commented on; {@code name} is "" for the database. */
    public record CommentedObject(String kind, String name) {
    }

    /**
     * The comment that an extension brings along changes with its version; that of TimescaleDB with every update too.
     */
    private static final String QUESTION = """
            SELECT 'EXTENSION', e.extname, nullif(pg_catalog.obj_description(e.oid, 'pg_extension'), a.comment)
              FROM pg_catalog.pg_extension e LEFT JOIN pg_catalog.pg_available_extensions() a ON a.name = e.extname
             WHERE %4$s AND %1$s
            UNION ALL
            SELECT 'SCHEMA', n.nspname, nullif(pg_catalog.obj_description(n.oid, 'pg_namespace'),
              'standard public schema')
              FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND %2$s
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid =
                 'pg_catalog.pg_namespace'::pg_catalog.regclass AND x.objid = n.oid AND x.deptype = 'e')
            UNION ALL
            SELECT 'DATABASE', '', nullif(pg_catalog.shobj_description(d.oid, 'pg_database'),
              'default administrative connection database')
              FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database() AND %3$s""";

    /**
     * What is said of something on the source, where that is not what it begins with; {@code name} is "" for the
     * database.
     */
    public record Comment(String kind, String name, String text) {
    }

    private final String database;
    private final Map<CommentedObject, String> wanted;

    private OthersComments(String database, Map<CommentedObject, String> wanted) {
        this.database = database;
        this.wanted = wanted;
    }

    /** Compares what the source says of such things with what is said of them on the target. */
    public static OthersComments find(Session source, Server target, Session to) {
        Map<CommentedObject, String> theirs = theirs(target, to);
        return new OthersComments(target.database(),
                wanted(theirs.isEmpty() ? Map.of() : comments(source, question(
                        "e.extname IN (" + names("EXTENSION", theirs.keySet()) + ")",
                        "n.nspname IN (" + names("SCHEMA", theirs.keySet()) + ")",
                        theirs.keySet().stream().anyMatch(item -> item.kind.equals("DATABASE")))), theirs));
    }

    /**
     * Compares the comments that a dump records of its source with those of the target.
     *
     * @param extensions whether the source has one of this name, {@code schemas} too
     */
    public static OthersComments find(List<Comment> source, Predicate<String> extensions, Predicate<String> schemas,
            Server target, Session to) {
        Map<CommentedObject, String> ours = new HashMap<>();
        Map<CommentedObject, String> theirs = theirs(target, to);
        theirs.keySet().stream()
                .filter(item -> item.kind.equals("DATABASE")
                        || (item.kind.equals("SCHEMA") ? schemas : extensions).test(item.name))
                .forEach(item -> ours.put(item, null));
        source.stream().filter(comment -> theirs.containsKey(new CommentedObject(comment.kind, comment.name)))
                .forEach(comment -> ours.put(new CommentedObject(comment.kind, comment.name), comment.text));
        return new OthersComments(target.database(), wanted(ours, theirs));
    }

    /** @return what is said on the source, for a dump */
    public static List<Comment> onSource(Session source) {
        return comments(source, question("true", "true", "true")).entrySet().stream()
                .filter(entry -> entry.getValue() != null)
                .map(entry -> new Comment(entry.getKey().kind, entry.getKey().name, entry.getValue()))
                .sorted(Comparator.comparing(Comment::kind).thenComparing(Comment::name)).toList();
    }

    private static String question(String extensions, String schemas, Object database) {
        return QUESTION.formatted(extensions, schemas, database, TimescaleExtension.isNot("e"));
    }

    private static Map<CommentedObject, String> theirs(Server target, Session to) {
        return target.facts().superuser() ? Map.of()
                : comments(to, question("NOT " + Membership.hasRightsOf("e.extowner"),
                        "NOT " + Membership.hasRightsOf("n.nspowner"), "NOT " + Membership.hasRightsOf("d.datdba")));
    }

    private static Map<CommentedObject, String> wanted(Map<CommentedObject, String> ours,
            Map<CommentedObject, String> theirs) {
        Map<CommentedObject, String> wanted = new HashMap<>();
        ours.forEach((item, comment) -> {
            if (!Objects.equals(comment, theirs.get(item))) {
                wanted.put(item, comment);
            }
        });
        return wanted;
    }

    private static Map<CommentedObject, String> comments(Session session, String question) {
        Map<CommentedObject, String> comments = new HashMap<>();
        session.list("reading comments", question,
                row -> comments.put(new CommentedObject(row.getString(1), row.getString(2)), row.getString(3)));
        return comments;
    }

    private static String names(String kind, Set<CommentedObject> items) {
        List<String> names = new ArrayList<>(List.of("NULL"));
        items.stream().filter(item -> item.kind.equals(kind)).forEach(item -> names.add(Sql.literal(item.name)));
        return String.join(", ", names);
    }

    /** @return a warning for each comment of the source that stays behind */
    public List<Finding> check() {
        return wanted.entrySet().stream()
                .map(entry -> Finding.warning("comments",
                        "as its owner on the target: COMMENT ON " + entry.getKey().kind + " "
                                + Sql.ident(entry.getKey().name.isEmpty() ? database : entry.getKey().name) + " IS "
                                + (entry.getValue() == null ? "NULL" : Sql.literal(entry.getValue())) + ";",
                        "the comment on %s stays as it is on the target: the object has another owner there",
                        description(entry.getKey())))
                .toList();
    }

    private static String description(CommentedObject item) {
        return item.kind.equals("DATABASE") ? "the database" : item.kind.equals("SCHEMA") ? "schema " + item.name
                : "extension " + item.name;
    }

    /** @return what the comments are on */
    public Set<CommentedObject> kept() {
        return Set.copyOf(wanted.keySet());
    }
}
