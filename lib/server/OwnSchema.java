//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * The schema {@value #NAME}, in which we keep tables on either side, and whether an existing one is ours. Every user
 * who may create schemas in a database can create one of that name, so it is checked before anything is read from it.
 * It is ours only if the schema and its tables belong to the connecting user or to a superuser, nobody else has any
 * privilege on them, and the tables are ordinary tables of exactly our shape. Then nobody else can change them between
 * the check and the use, and no lock is needed. Only the system's catalogs are asked ({@link OwnSchemaCatalog}).
 */
public final class OwnSchema {
    /** The name of the schema on both sides. */
    public static final String NAME = "tsmigrate";
    /** The column in which a journal says which version has made it. */
    private static final String VERSION = "version";

    /**
     * A column without a default and without any constraint except NOT NULL.
     *
     * @param type the name of a type in pg_catalog, as {@code pg_type.typname} has it, such as {@code int4}; null for
     * one that is none of ours
     * @param required whether it is NOT NULL
     */
    public record Column(String name, String type, boolean required) {
        /**
         * In place of the record's own method: Java takes longer to set that up than the server to create the journal.
         */
        @Override
        public boolean equals(Object other) {
            return other instanceof Column column && name.equals(column.name) && Objects.equals(type, column.type)
                    && required == column.required;
        }

        @Override
        public int hashCode() {
            return name.hashCode();
        }
    }

    /**
     * A table that we make.
     *
     * @param key the columns of its primary key, or none
     */
    public record Table(String name, List<String> key, List<Column> columns) {
        /**
         * @param columns each as name, type and {@code !} where it is NOT NULL, such as {@code "job int4 !"}; those of
         * the key need it too
         */
        public static Table of(String name, List<String> key, String... columns) {
            return new Table(name, key, List.of(columns).stream().map(column -> column.split(" "))
                    .map(words -> new Column(words[0], words[1], words.length > 2)).toList());
        }

        /** @return the name as SQL has it */
        public String sql() {
            return Sql.name(NAME, name);
        }

        private String creation() {
            List<String> parts = new ArrayList<>();
            columns.forEach(column -> parts.add(Sql.ident(column.name) + " pg_catalog." + Sql.ident(column.type)
                    + (column.required ? " NOT NULL" : "")));
            if (!key.isEmpty()) {
                parts.add("PRIMARY KEY (" + key.stream().map(Sql::ident).collect(Collectors.joining(", ")) + ")");
            }
            // A publication of all tables would else refuse its updates.
            return "CREATE TABLE " + sql() + " (" + String.join(", ", parts) + ") USING heap"
                    + (key.isEmpty() ? "; ALTER TABLE " + sql() + " REPLICA IDENTITY FULL" : "");
        }
    }

    /** What the schema of our name is. */
    public enum State {
        /** There is none, or an empty one of ours. */
        ABSENT,
        /** It holds some or all of the tables that were asked for, all of them ours, and nothing else. */
        OURS,
        /** It holds tables that another version of this program has created. */
        OTHER_VERSION,
        /** It holds something that we have not created, or that others may have changed. */
        FOREIGN
    }

    /**
     * What was found.
     *
     * @param schema whether there is a schema of that name
     * @param tables the names of those asked for that are there
     * @param owner of the schema, or of what in it belongs to somebody else
     * @param reason why it is not ours, as a clause whose subject is named, or null
     * @param version of this program by which it was made, where that is another one and was asked, else null
     */
    public record Found(State state, boolean schema, Set<String> tables, String owner, String reason, String version) {
        /** @return what was found, created by a version of this program that has other tables */
        Found by(String otherVersion) {
            return new Found(State.OTHER_VERSION, schema, tables, owner, reason, otherVersion);
        }

        /** @return whether our tables are or can be created there */
        boolean usable() {
            return state == State.ABSENT || state == State.OURS;
        }

        /** @return why nothing is read from it, in one line */
        public String text(String side) {
            return version != null
                    ? "schema \"" + NAME + "\" on the " + side + " holds the journal of a run by version " + version
                            + " of this program, which this version (" + Console.VERSION + ") cannot undo"
                    : "schema \"" + NAME + "\" on the " + side + " is not one that this program can trust: " + reason;
        }

        /** @return what to do about it */
        public String hint() {
            return version != null
                    ? "run that version with --restart; or drop what the run has made, and then: DROP SCHEMA " + NAME
                            + " CASCADE;"
                    // To rename it, its owner also needs CREATE on the database (PostgreSQL manual, ALTER SCHEMA).
                    : "look at it, and have its owner \"" + owner + "\", or a superuser, rename it (ALTER SCHEMA "
                            + NAME + " RENAME TO other_name;) or drop it";
        }

        /** @return the refusal to work with it */
        public Failure refusal(String side) {
            return Failure.of("%s", text(side)).hint("%s", hint());
        }
    }

    private OwnSchema() {
    }

    /**
     * Checks the schema.
     *
     * @param tables all that it may hold
     */
    public static Found find(Session session, List<Table> tables) {
        // Most databases have no such schema, and planning the whole query takes long.
        boolean there = !session.texts("looking for schema " + NAME,
                "SELECT 1 FROM pg_catalog.pg_namespace n WHERE n.nspname = " + Sql.literal(NAME)).isEmpty();
        return there ? judge(OwnSchemaCatalog.all(session, names(tables)), tables)
                : new Found(State.ABSENT, false, Set.of(), null, null, null);
    }

    private static List<String> names(List<Table> tables) {
        return tables.stream().map(Table::name).toList();
    }

    private static Found judge(List<OwnSchemaCatalog.Row> rows, List<Table> tables) {
        Map<String, List<OwnSchemaCatalog.Row>> of =
                rows.stream().collect(
                        Collectors.groupingBy(OwnSchemaCatalog.Row::what, LinkedHashMap::new, Collectors.toList()));
        Function<String, List<OwnSchemaCatalog.Row>> all = letter -> of.getOrDefault(letter, List.of());
        if (all.apply("s").isEmpty()) {
            return new Found(State.ABSENT, false, Set.of(), null, null, null);
        }
        String owner = all.apply("s").get(0).value();
        Set<String> present =
                all.apply("t").stream().map(OwnSchemaCatalog.Row::relation)
                        .collect(Collectors.toCollection(LinkedHashSet::new));
        for (OwnSchemaCatalog.Row row : all.apply("r")) {
            return new Found(State.FOREIGN, true, present, row.value(), row.relation() + " " + row.more(), null);
        }
        for (OwnSchemaCatalog.Row row : all.apply("a")) {
            return new Found(State.FOREIGN, true, present, row.value(),
                    "others have privileges on " + row.relation() + ": " + row.more(), null);
        }
        for (Table table : tables) {
            List<Column> columns = all.apply("c").stream().filter(row -> row.relation().equals(table.name))
                    .map(row -> new Column(row.value(), row.more(), "true".equals(row.last()))).toList();
            List<String> key =
                    all.apply("k").stream().filter(row -> row.relation().equals(table.name))
                            .map(OwnSchemaCatalog.Row::value).toList();
            if (present.contains(table.name) && !(columns.equals(table.columns) && key.equals(table.key))) {
                boolean told = all.apply("c").stream().anyMatch(
                        row -> row.relation().equals("run") && row.value().equals(VERSION)
                                && "text".equals(row.more()));
                return new Found(told ? State.OTHER_VERSION : State.FOREIGN, true, present, owner,
                        "table " + NAME + "." + table.name
                                + " has other columns than this version of the program makes",
                        null);
            }
        }
        return new Found(present.isEmpty() ? State.ABSENT : State.OURS, true, present, owner, null, null);
    }

    /**
     * Creates the schema and the tables as far as they do not exist, for the connecting user only: what default
     * privileges grant to others is revoked before anybody can use it.
     *
     * @param session one outside a transaction, or in one that is to be rolled back when this fails
     * @param tables all that the schema may hold afterwards
     * @throws Failure when the schema exists and is not ours
     */
    public static void create(Session session, List<Table> tables) {
        Found before = find(session, tables);
        if (!before.usable()) {
            throw before.refusal(session.side());
        }
        List<String> statements = new ArrayList<>();
        if (!before.schema) {
            statements.add("CREATE SCHEMA " + Sql.ident(NAME));
        }
        tables.stream().filter(table -> !before.tables.contains(table.name))
                .forEach(table -> statements.add(table.creation()));
        session.run("creating schema " + NAME, String.join("; ", statements));
        List<String> revocations = OwnSchemaCatalog.privileges(session, names(tables)).stream()
                .filter(row -> row.last() != null)
                .map(row -> "REVOKE ALL ON " + (row.last().equals("SCHEMA") ? "SCHEMA " + Sql.ident(NAME)
                        : "ALL TABLES IN SCHEMA " + Sql.ident(NAME)) + " FROM " + row.more())
                .distinct().toList();
        if (!revocations.isEmpty()) {
            session.run("keeping schema " + NAME + " to ourselves", String.join("; ", revocations));
        }
        // If all of it is new and nobody else has privileges, only a superuser can have interfered.
        if (before.schema || !revocations.isEmpty()) {
            Found after = judge(OwnSchemaCatalog.all(session, names(tables)), tables);
            if (after.state != State.OURS) {
                throw after.refusal(session.side());
            }
        }
    }

    /**
     * Drops the tables, and the schema when it holds nothing else. Ask {@link #find} first.
     *
     * @param tables those to remove
     * @param others those of ours that stay, and with them the schema
     */
    public static void drop(Session session, List<Table> tables, Set<String> others) {
        session.run("removing schema " + NAME, String.join("; ", dropping(tables, others)));
    }

    /** @return the statements of {@link #drop} */
    public static List<String> dropping(List<Table> tables, Set<String> others) {
        List<String> statements =
                new ArrayList<>(tables.stream().map(table -> "DROP TABLE IF EXISTS " + table.sql()).toList());
        if (others.isEmpty()) {
            statements.add("DROP SCHEMA " + Sql.ident(NAME));
        }
        return statements;
    }
}
