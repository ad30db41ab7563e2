//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Connecting.java Console.java Grants.java Inventory.java Roles.java Rows.java Server.java Settings.java Sql.java Workers.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is left to do once rows, indexes and constraints are there: each method is one step, in the order in which they stand. */
public final class Finishing {
    private static final int SEQUENCES_A_TRIP = 500;

    private final Connection source;
    private final Server target;
    private final Connection to;
    private final Console console;
    private final List<String> leftOut = new ArrayList<>();

    /** @param source a session under the snapshot, {@code to} one on the target */
    public Finishing(Connection source, Server target, Connection to, Console console) {
        this.source = source;
        this.target = target;
        this.to = to;
        this.console = console;
    }

    /** @return what the target refused to the connecting user, with its reason */
    public List<String> leftOut() {
        return leftOut;
    }

    /**
     * Sets the sequences to where the source's stand now: a sequence is outside every snapshot, and the later value is the safe one.
     *
     * @return the values by the identifier of the source's sequence
     */
    public Map<Long, Long> sequences(List<Inventory.Relation> sequences) {
        Map<Long, Long> values = new LinkedHashMap<>();
        for (int i = 0; i < sequences.size(); i += SEQUENCES_A_TRIP) {
            List<Inventory.Relation> some = sequences.subList(i, Math.min(sequences.size(), i + SEQUENCES_A_TRIP));
            List<String> questions = some.stream().map(sequence -> "SELECT " + sequence.oid() + "::bigint, "
                    + Sql.literal(sequence.sql()) + ", last_value, is_called FROM " + sequence.sql()).toList();
            List<String> setting = Rows.list(source, "source", "reading the sequences", String.join(" UNION ALL ", questions), row -> {
                values.put(row.getLong(1), row.getLong(3));
                return "SELECT pg_catalog.setval(" + Sql.literal(row.getString(2)) + ", " + row.getLong(3) + ", " + row.getBoolean(4) + ")";
            });
            Rows.run(to, "target", "setting the sequences", String.join(";", setting));
        }
        return values;
    }

    /** Comments on the database and on large objects, which a schema dump does not do. */
    public void comments() {
        List<String> statements = Grants.largeObjectComments(source);
        statements.addAll(Rows.list(source, "source", "reading the comment on the database", """
                SELECT pg_catalog.shobj_description(d.oid, 'pg_database') FROM pg_catalog.pg_database d
                 WHERE d.datname = pg_catalog.current_database() AND pg_catalog.shobj_description(d.oid, 'pg_database') IS NOT NULL""",
                row -> "COMMENT ON DATABASE " + Sql.ident(target.dsn().database()) + " IS " + Sql.literal(row.getString(1))));
        attempt(statements, "commenting on the database and on large objects");
    }

    /** Grants what the source grants on the database itself and on large objects. */
    public void grants() {
        attempt(Grants.onDatabase(source, target.dsn().database()), "giving the privileges on the database");
        attempt(Grants.onLargeObjects(source), "giving the privileges on large objects");
    }

    /** Sets what the source sets for its database, and for roles in it. */
    public void settings(Roles roles) {
        String database = Sql.ident(target.dsn().database());
        List<String> statements = Rows.list(source, "source", "listing the settings of the database", """
                SELECT pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
                  FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
                       pg_catalog.unnest(s.setconfig) c
                 WHERE s.setrole = 0 AND d.datname = pg_catalog.current_database()""",
                row -> "ALTER DATABASE " + database + " SET " + Settings.name(row.getString(1)) + " TO "
                        + Settings.value(row.getString(1), row.getString(2)));
        for (Roles.Setting setting : roles.databaseSettings()) {
            statements.add("ALTER ROLE " + Sql.ident(setting.role()) + " IN DATABASE " + database + " SET " + Settings.name(setting.name())
                    + " TO " + setting.value());
        }
        attempt(statements, "setting the parameters of the database");
    }

    /** Fills the materialized views that are filled on the source, in the order of their dependencies. */
    public void refresh(List<Inventory.Relation> views) {
        for (Inventory.Relation view : views) {
            console.explain("refreshing materialized view %s", view.sql());
            Rows.run(to, "target", "refreshing materialized view " + view.sql(), "REFRESH MATERIALIZED VIEW " + view.sql());
        }
    }

    /** Collects planner statistics, several tables at once. */
    public void analyze(List<Inventory.Relation> relations, int jobs) {
        Workers.run("analyzing", jobs, relations, () -> new Workers.Worker<>() {
            private final Connection session = target.session();

            @Override
            public void work(Inventory.Relation relation) {
                Rows.run(session, "target", "analyzing " + relation.sql(), "ANALYZE " + relation.sql());
            }

            @Override
            public void cancel() {
                Server.abort(session);
            }

            @Override
            public void close() {
                Server.close(session);
            }
        });
    }

    /** What only a superuser may do is left out and reported where the user is none; any other error ends the step. */
    private void attempt(List<String> statements, String doing) {
        for (String sql : statements) {
            try (Statement statement = to.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                boolean refused = "42501".equals(e.getSQLState()) && !target.facts().superuser();
                boolean unknownRole = "42704".equals(e.getSQLState());
                if (!refused && !unknownRole) {
                    throw Connecting.statement("target", doing, e);
                }
                leftOut.add(sql + " (" + Connecting.words(e) + ")");
            }
        }
    }
}
