package testbed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.convert.HypertablePlan;

/**
 * Makes a table a hypertable in the database where it is, by the statements of a plan and without its rows: whether
 * TimescaleDB takes each of them is what the test is to show.
 */
public final class PlanInPlace {
    private static final Map<String, String> DROPS = Map.of("pg_constraint", """
            SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname) FROM pg_constraint
             WHERE oid = %d""", "pg_class",
            "SELECT format('DROP INDEX %%s', oid::regclass) FROM pg_class WHERE oid = %d",
            "pg_trigger", """
                    SELECT format('DROP TRIGGER %%I ON %%s', tgname, tgrelid::regclass) FROM pg_trigger
                     WHERE oid = %d""",
            "pg_rewrite", """
                    SELECT format('DROP RULE %%I ON %%s', rulename, ev_class::regclass) FROM pg_rewrite
                     WHERE oid = %d""",
            "pg_publication_rel", """
                    SELECT format('ALTER PUBLICATION %%I DROP TABLE %%s', pubname, prrelid::regclass)
                      FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.oid = %d""");

    private PlanInPlace() {
    }

    public static void run(PgServer server, String database, HypertablePlan plan) {
        String table = "\"" + plan.schema().replace("\"", "\"\"") + "\".\"" + plan.table().replace("\"", "\"\"") + "\"";
        List<String> kept = List.of();
        // Foreign keys first: keys that others reference cannot be dropped.
        for (boolean foreign : new boolean[]{true, false}) {
            for (HypertablePlan.Unmade unmade : plan.unmade()) {
                if (unmade.identity().startsWith("foreign key") == foreign) {
                    String drop = server.query(database, DROPS.get(unmade.catalog()).formatted(unmade.oid()));
                    if (drop != null) {
                        server.sql(database, drop);
                    }
                }
            }
        }
        server.sql(database, "TRUNCATE " + table + " CASCADE");
        if (plan.partitionKey() != null) {
            kept = server.rows(database, """
                    SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                      pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid = %d AND contype <> 'n'"""
                    .formatted(plan.oid())).stream().map(row -> row.get(0)).toList();
            server.sql(database, "CREATE TABLE unpartitioned (LIKE " + table
                    + " INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY)",
                    "DROP TABLE " + table, "ALTER TABLE unpartitioned SET SCHEMA \"" + plan.schema() + "\"",
                    "ALTER TABLE \"" + plan.schema() + "\".unpartitioned RENAME TO \"" + plan.table() + "\"");
        }
        // As in a move: a publication gets its tables when they are what they are to be.
        List<List<String>> published = server.rows(database, """
                SELECT format('ALTER PUBLICATION %%I DROP TABLE %%s', pubname, prrelid::regclass),
                  format('ALTER PUBLICATION %%I ADD TABLE %%s', pubname, prrelid::regclass)
                  FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = %d"""
                .formatted(plan.oid()));
        List<String> statements = new ArrayList<>(published.stream().map(row -> row.get(0)).toList());
        statements.addAll(plan.before());
        statements.add(plan.create());
        statements.addAll(plan.dimensions());
        if (plan.integerNow() != null) {
            statements.add(plan.integerNow());
        }
        statements.addAll(kept);
        statements.addAll(plan.instead());
        if (plan.compression() != null) {
            statements.add(plan.compression());
        }
        statements.addAll(plan.policies());
        published.forEach(row -> statements.add(row.get(1)));
        server.sql(database, statements.toArray(String[]::new));
    }
}
