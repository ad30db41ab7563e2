package lib.catalog;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.talk.Failure;

/**
 * Which of the source's objects are wanted: the filters, resolved once to object identifiers, as SQL conditions for the
 * queries that need them. An object is the user's when it lies outside {@code pg_*} and {@code information_schema},
 * belongs to no extension, and is not temporary.
 */
public final class Selection {
    /** What this toolkit keeps on either side while it works there. */
    public static final String OWN_SCHEMA = OwnSchema.NAME;

    private static final String OF_KINDS =
            " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
                    + " WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{%s}'::pg_catalog.\"char\"[]) AND ";

    private final boolean tablesOnly;
    private final boolean selective;
    private final String relations;
    private final String namespaces;
    private final String withoutData;

    private Selection(Filters filters, String relations, String namespaces, String withoutData) {
        this.tablesOnly = filters.tablesOnly();
        this.selective = filters.selectObjects();
        this.relations = relations;
        this.namespaces = namespaces;
        this.withoutData = withoutData;
    }

    private Selection(String relations) {
        tablesOnly = true;
        selective = true;
        this.relations = relations;
        namespaces = "{}";
        withoutData = null;
    }

    /** @return these tables, by their OIDs */
    public static Selection ofTables(Collection<Long> oids) {
        return new Selection("{" + oids.stream().map(String::valueOf).collect(Collectors.joining(",")) + "}");
    }

    /**
     * Resolves the filters.
     *
     * @param side the side to resolve them on, for messages
     * @throws Failure usage, when a pattern is malformed or when filters name objects and nothing matches
     */
    public static Selection resolve(Session session, Filters filters) {
        if (filters.none()) {
            return new Selection(filters, null, null, null);
        }
        // Unqualified patterns mean what the user's own search path shows, as they do for pg_dump. It may show
        // anybody's operators and types before the system's, so that none is named without its schema here.
        session.run("resolving the filters", "SET search_path TO DEFAULT");
        String relations =
                identifiers(session, "SELECT c.oid" + OF_KINDS.formatted("r,p,v,m,f,S") + filters.relations());
        String namespaces =
                identifiers(session, "SELECT n.oid FROM pg_catalog.pg_namespace n WHERE " + filters.namespaces());
        String withoutData =
                identifiers(session, "SELECT c.oid" + OF_KINDS.formatted("r,p,m") + filters.withoutData());
        session.run("resolving the filters", "SET search_path TO ''");
        if (filters.selectObjects() && relations.equals("{}") && namespaces.equals("{}")) {
            throw Failure.of("no matching schemas or tables were found on the %s", session.side())
                    .hint("list them in psql on the %s: \\dt *.*", session.side());
        }
        return new Selection(filters, relations, namespaces, withoutData);
    }

    private static String identifiers(Session session, String sql) {
        List<String> found = session.texts("resolving the filters", sql);
        return "{" + String.join(",", found) + "}";
    }

    /** @return whether every object and every row is wanted */
    public boolean everything() {
        return relations == null;
    }

    /** @return whether only some objects are wanted, so that database-wide ones stay behind */
    public boolean selective() {
        return selective;
    }

    /** @return whether only named tables are wanted, and nothing else of their schemas */
    public boolean tablesOnly() {
        return tablesOnly;
    }

    /**
     * @return an SQL condition: the relation with this identifier is the user's own and wanted; it needs pg_class and
     * pg_namespace rows
     */
    public String relation(String relation, String namespace) {
        String own = userSchema(namespace) + " AND " + relation + ".relpersistence <> 't' AND "
                + noExtension("pg_class", relation + ".oid");
        return relations == null ? own : own + " AND " + among(relation + ".oid", relations);
    }

    /** @return an SQL condition: objects of this schema are wanted */
    public String namespace(String namespace) {
        String own = userSchema(namespace);
        return namespaces == null ? own : own + " AND " + among(namespace + ".oid", namespaces);
    }

    /** @return an SQL condition: the filters have taken this schema, or something in it, whosever it is */
    String named(String namespace) {
        return relations == null ? "true"
                : "(" + among(namespace + ".oid", namespaces)
                        + " OR EXISTS (SELECT FROM pg_catalog.pg_class w WHERE w.relnamespace = "
                        + namespace + ".oid AND " + among("w.oid", relations) + "))";
    }

    /** @return an SQL condition: the rows of this relation are wanted and can be read */
    public String data(String relation) {
        return wantedData(relation) + " AND " + readable(relation);
    }

    /**
     * @return an SQL condition: a standby has what an unlogged relation holds only on its primary, and can be asked for
     * the rest
     */
    public static String readable(String relation) {
        return "NOT (" + relation + ".relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())";
    }

    /** @return an SQL condition: the rows of this relation are wanted, whether they can be read or not */
    public String wantedData(String relation) {
        return withoutData == null || withoutData.equals("{}") ? "true"
                : "NOT " + among(relation + ".oid", withoutData);
    }

    /**
     * @param relation the identifier of a relation
     * @return an SQL expression: its size on disk in bytes; an estimate where the exact size would wait for a lock that
     * another session holds
     */
    public static String bytes(String relation) {
        return """
                CASE WHEN %1$s IN (SELECT l.relation FROM pg_catalog.pg_locks l WHERE l.relation IS NOT NULL AND \
                l.mode = 'AccessExclusiveLock')
                  THEN (SELECT p.relpages::bigint * 8192 FROM pg_catalog.pg_class p WHERE p.oid = %1$s) ELSE \
                pg_catalog.pg_relation_size(%1$s) END"""
                .formatted(relation);
    }

    private static String among(String column, String identifiers) {
        return column + " = ANY ('" + identifiers + "'::pg_catalog.oid[])";
    }

    /** @return an SQL condition: the schema is not the system's, not temporary and not our own */
    static String userSchema(String namespace) {
        return namespace + ".nspname OPERATOR(pg_catalog.!~) '^pg_' AND " + namespace
                + ".nspname NOT IN ('information_schema', '"
                + OWN_SCHEMA + "')";
    }

    /** @return an SQL condition: no extension owns the object, given as its catalog and its identifier */
    public static String noExtension(String catalog, String identifier) {
        return "NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog." + catalog
                + "'::pg_catalog.regclass AND x.objid = "
                + identifier + " AND x.deptype = 'e')";
    }
}
