//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.catalog.OwnedObjects;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Whether the target's user may create in the schemas that the target has already, public above all: from PostgreSQL 15
 * on only the owner of the database may (PostgreSQL manual, 5.9.6). Who is given an object must have the right too
 * (ALTER TABLE, "Notes"), or be lent it.
 */
public final class TargetSchemas {
    private final Session to;
    private final String user;
    private final boolean restart;

    /**
     * @param user the target's user
     * @param restart what an interrupted run has made is removed before
     */
    public TargetSchemas(Session to, String user, boolean restart) {
        this.to = to;
        this.user = user;
        this.restart = restart;
    }

    /**
     * @param objects of the source
     * @return who owns what is wanted in each schema of the source
     */
    static Map<String, Set<String>> owners(List<OwnedObjects.Owned> objects, Session from, Selection selection) {
        Set<String> wanted = new HashSet<>(from.texts("listing the schemas", """
                SELECT n.nspname FROM pg_catalog.pg_namespace n
                 WHERE %s OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND %s)"""
                .formatted(selection.namespace("n"), selection.relation("c", "n"))));
        return owners(objects.stream().filter(object -> wanted.contains(object.schema())).toList());
    }

    /** @return who owns the objects in each schema */
    public static Map<String, Set<String>> owners(List<OwnedObjects.Owned> objects) {
        Map<String, Set<String>> owners = new TreeMap<>();
        objects.stream().filter(object -> object.schema() != null && !object.kind().equals("SCHEMA"))
                .forEach(object -> owners.computeIfAbsent(object.schema(), schema -> new TreeSet<>())
                        .add(object.owner()));
        return owners;
    }

    /**
     * @param owners who owns what is to be created in each schema
     * @param unreachable those of them to whom it will not be given
     * @return a stop for each schema that lacks a privilege
     */
    public List<Finding> check(Map<String, Set<String>> owners, Set<String> unreachable) {
        List<Finding> findings = new ArrayList<>();
        String staying = restart && JournalTables.exist(to)
                ? " AND NOT EXISTS (SELECT FROM " + JournalTables.MADE.sql()
                        + " m WHERE m.catalog = n.tableoid AND m.object = n.oid)"
                : "";
        owners.forEach((schema, names) -> {
            Set<String> others = new TreeSet<>(names);
            others.removeAll(unreachable);
            others.remove(user);
            findings.addAll(check(schema, others, staying));
        });
        return findings;
    }

    private List<Finding> check(String schema, Set<String> owners, String staying) {
        // A role that is yet to be created will have what everybody has.
        String lacking = """
                SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE'),
                       (SELECT o FROM pg_catalog.unnest(ARRAY[%s]::text[]) o LEFT
                         JOIN pg_catalog.pg_roles r ON r.rolname = o
                         WHERE NOT pg_catalog.has_schema_privilege(coalesce(r.rolname, 'public'), n.oid, 'CREATE')
                           LIMIT 1)
                  FROM pg_catalog.pg_namespace n
                 WHERE n.nspname = %s AND NOT pg_catalog.has_schema_privilege(n.oid, 'CREATE WITH GRANT OPTION')%s"""
                .formatted(owners.stream().map(Sql::literal).collect(Collectors.joining(", ")), Sql.literal(schema),
                        staying);
        String fix = "GRANT CREATE ON SCHEMA " + Sql.ident(schema) + " TO " + Sql.ident(user) + " WITH GRANT OPTION;";
        List<Finding> findings = new ArrayList<>();
        to.list("asking for the right to create", lacking, row -> {
            if (!row.getBoolean(1)) {
                findings.add(Finding.stop("target", fix, "user \"%s\" may not create in schema \"%s\" of the target",
                        user, schema));
            } else if (row.getString(2) != null) {
                findings.add(Finding.stop("target", fix,
                        "role \"%s\" owns objects in schema \"%s\" and may not create there on the target, and "
                                + "\"%s\" cannot grant it that right",
                        row.getString(2), schema, user));
            }
            return schema;
        });
        return findings;
    }
}
