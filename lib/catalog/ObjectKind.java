package lib.catalog;

import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.server.JournalTables;
import lib.talk.Sql;

/**
 * The kinds of objects that a run makes, each in the words of DROP, with where the server keeps them and how it finds
 * one by its name.
 */
public enum ObjectKind {
    SCHEMA("pg_namespace", "nspowner", "to_regnamespace"),
    TABLE("pg_class", "relowner", "to_regclass"),
    VIEW("pg_class", "relowner", "to_regclass"),
    MATERIALIZED_VIEW("pg_class", "relowner", "to_regclass"),
    SEQUENCE("pg_class", "relowner", "to_regclass"),
    FOREIGN_TABLE("pg_class", "relowner", "to_regclass"),
    // to_regtype and to_regprocedure raise an error for a shell type, which a base type and its functions are made
    // from.
    TYPE("pg_type", "typowner", null),
    ROUTINE("pg_proc", "proowner", null),
    OPERATOR("pg_operator", "oprowner", "to_regoperator"),
    OPERATOR_FAMILY("pg_opfamily", "opfowner", null),
    OPERATOR_CLASS("pg_opclass", "opcowner", null),
    COLLATION("pg_collation", "collowner", null),
    CONVERSION("pg_conversion", "conowner", null),
    TEXT_SEARCH_DICTIONARY("pg_ts_dict", "dictowner", null),
    TEXT_SEARCH_CONFIGURATION("pg_ts_config", "cfgowner", null),
    STATISTICS("pg_statistic_ext", "stxowner", null),
    FOREIGN_DATA_WRAPPER("pg_foreign_data_wrapper", "fdwowner", null),
    SERVER("pg_foreign_server", "srvowner", null),
    LANGUAGE("pg_language", "lanowner", null),
    PUBLICATION("pg_publication", "pubowner", null),
    EVENT_TRIGGER("pg_event_trigger", "evtowner", null),
    EXTENSION("pg_extension", "extowner", null),
    LARGE_OBJECT("pg_largeobject", "lomowner", null);

    /** Whatever the statements before it have set, these are the system's own. */
    private static final String IN_THIS_TRANSACTION =
            "c.xmin OPERATOR(pg_catalog.=) (pg_catalog.txid_current() OPERATOR(pg_catalog.%) 4294967296)"
                    + "::pg_catalog.text::pg_catalog.xid";

    private final String catalog;
    private final String owner;
    private final String resolver;

    ObjectKind(String catalog, String owner, String resolver) {
        this.catalog = catalog;
        this.owner = owner;
        this.resolver = resolver;
    }

    /** @throws IllegalArgumentException when there is no such kind */
    static ObjectKind of(String word) {
        return valueOf(word.replace(' ', '_'));
    }

    /** @return the kind as DROP names it */
    public String word() {
        return name().replace('_', ' ');
    }

    private String address() {
        return "'pg_catalog." + catalog + "'::pg_catalog.regclass";
    }

    /** The entries of large objects stand in another catalog than the one that they are called by. */
    private String table() {
        return "pg_catalog." + (this == LARGE_OBJECT ? "pg_largeobject_metadata" : catalog);
    }

    private String identity() {
        // An extension is known by its name, which is always quoted here.
        return this == EXTENSION ? "pg_catalog.concat('\"', c.extname, '\"')"
                : "(pg_catalog.pg_identify_object(" + address() + ", c.oid, 0)).identity";
    }

    /**
     * A statement that writes down those of the objects that this very transaction has created; names that were taken
     * before are not among them.
     *
     * @param objects by their names, in any order
     * @return "" for none
     */
    public static String recording(Collection<OwnedObjects.Owned> objects) {
        return recording(objects.stream()
                .collect(Collectors.groupingBy(object -> of(object.kind()), () -> new EnumMap<>(ObjectKind.class),
                        Collectors.mapping(OwnedObjects.Owned::identity, Collectors.toList()))));
    }

    /** Finds a kind of object by kind and name. */
    public static String recording(Map<ObjectKind, List<String>> identities) {
        return identities.entrySet().stream().map(kind -> kind.getKey().created(kind.getValue()))
                .collect(Collectors.joining("; "));
    }

    private String created(List<String> names) {
        Stream<String> texts = names.stream().map(Sql::literal);
        String which;
        if (this == LARGE_OBJECT) {
            which = "c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[" + texts.collect(Collectors.joining(", "))
                    + "]::pg_catalog.oid[])";
        } else if (resolver == null) {
            which = "c.oid OPERATOR(pg_catalog.>=) 16384 AND " + identity() + " OPERATOR(pg_catalog.=) ANY (ARRAY["
                    + texts.collect(Collectors.joining(", "))
                    + "]::pg_catalog.text[])";
        } else {
            which = "c.oid OPERATOR(pg_catalog.=) ANY (ARRAY["
                    + texts.map(text -> "pg_catalog." + resolver + "(" + text + ")").collect(Collectors.joining(", "))
                    + "]::pg_catalog.oid[])";
        }
        String insert = "INSERT INTO " + JournalTables.MADE.sql() + " SELECT " + address() + ", c.oid FROM " + table()
                + " c WHERE " + IN_THIS_TRANSACTION
                + " AND " + which;
        return this == EXTENSION ? withMembers(insert) : insert;
    }

    /** What an extension brings along is written down with it: what is put into it later is somebody's. */
    private static String withMembers(String insert) {
        return "WITH created AS (" + insert + " RETURNING catalog, object) INSERT INTO " + JournalTables.MADE.sql()
                + " SELECT d.classid, d.objid FROM created x"
                + " JOIN pg_catalog.pg_depend d ON d.refclassid OPERATOR(pg_catalog.=) x.catalog AND d.refobjid "
                + "OPERATOR(pg_catalog.=) x.object"
                + " WHERE d.deptype OPERATOR(pg_catalog.=) 'e'";
    }

    /**
     * @return the statement that writes down the operators which this very transaction has brought without defining
     * them, as commutators or negators of others (PostgreSQL manual, CREATE OPERATOR)
     */
    public static String recordingShellOperators() {
        return recordingShellOperators(IN_THIS_TRANSACTION);
    }

    private static String recordingShellOperators(String created) {
        return "INSERT INTO " + JournalTables.MADE.sql() + " SELECT " + OPERATOR.address() + ", c.oid FROM "
                + OPERATOR.table() + " c WHERE c.oid OPERATOR(pg_catalog.>=) 16384"
                + " AND c.oprcode::pg_catalog.oid OPERATOR(pg_catalog.=) 0::pg_catalog.oid AND " + created
                + " EXCEPT SELECT catalog, object FROM " + JournalTables.MADE.sql();
    }

    /** @return statements that write down what this very transaction has created and nobody owns */
    public static String recordingOwnerless() {
        return UnownedObjects.recording(IN_THIS_TRANSACTION);
    }

    /**
     * Statements that write down what a client program has created in transactions of its own: what bears a planned
     * name, has come since the run began, and belongs to whom it would belong.
     */
    public static String recordingOfPrograms() {
        String since = "pg_catalog.age(c.xmin) <= (SELECT pg_catalog.txid_current() - r.transaction FROM "
                + JournalTables.RUN.sql() + " r)";
        Stream<String> owned = Stream.of(values()).map(kind -> {
            String insert = """
                INSERT INTO %1$s SELECT %2$s, c.oid FROM %3$s p JOIN %4$s c ON %5$s
                 WHERE p.kind = '%6$s' AND %7$s
                   AND pg_catalog.pg_get_userbyid(c.%8$s) IN (current_user, p.owner)
                   AND NOT EXISTS (SELECT FROM %1$s m WHERE m.catalog = %2$s AND m.object = c.oid)""".formatted(
                    JournalTables.MADE.sql(), kind.address(),
                    JournalTables.PLANNED.sql(), kind.table(), kind.match(), kind.word(), since, kind.owner);
            return kind == EXTENSION ? withMembers(insert) : insert;
        });
        return Stream
                .concat(owned, Stream.of(UnownedObjects.recording(since), recordingShellOperators(since)))
                .collect(Collectors.joining(";\n"));
    }

    private String match() {
        return this == LARGE_OBJECT ? "c.oid = p.identity::pg_catalog.oid"
                : resolver == null ? "c.oid >= 16384 AND " + identity() + " = p.identity"
                : "c.oid = pg_catalog." + resolver + "(p.identity)";
    }
}
