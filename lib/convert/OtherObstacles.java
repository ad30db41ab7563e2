//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.HypertableFeature;

/** Rules, triggers, publications, and CHECK constraints that no chunk would inherit. */
final class OtherObstacles {
    private static final String RULES = """
            SELECT r.ev_class, r.oid, r.rulename FROM pg_catalog.pg_rewrite r
             WHERE r.ev_class = ANY (%s) AND r.rulename <> '_RETURN' ORDER BY 1, 3""";
    /** Of tgtype, bit 0 is FOR EACH ROW, and bit 3 DELETE. */
    private static final String TRIGGERS = """
            SELECT t.tgrelid, t.oid, t.tgname, t.tgenabled, t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL,
              t.tgtype & 1 = 1, t.tgtype & 8 = 8, pg_catalog.pg_get_triggerdef(t.oid)
              FROM pg_catalog.pg_trigger t WHERE t.tgrelid = ANY (%s) AND NOT t.tgisinternal ORDER BY 1, 3""";
    private static final String CHECKS = """
            SELECT k.conrelid, k.oid, k.conname, pg_catalog.pg_get_expr(k.conbin, k.conrelid), k.convalidated
              FROM pg_catalog.pg_constraint k WHERE k.conrelid = ANY (%s) AND k.contype = 'c' AND k.connoinherit
             ORDER BY 1, 3""";
    /** Those of schemas came with PostgreSQL 15; for each of them pg_publication_tables lists the table. */
    private static final String PUBLICATIONS = """
            SELECT c.oid, p.oid, p.pubname, r.oid FROM pg_catalog.pg_publication_tables m
              JOIN pg_catalog.pg_publication p ON p.pubname = m.pubname
              JOIN pg_catalog.pg_namespace n ON n.nspname = m.schemaname
              JOIN pg_catalog.pg_class l ON l.relnamespace = n.oid AND l.relname = m.tablename
              JOIN pg_catalog.pg_class c ON c.oid = l.oid
                OR c.oid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(l.oid) a)
              LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
             WHERE c.oid = ANY (%s) GROUP BY 1, 2, 3, 4 ORDER BY 1, 3""";

    private final Session session;
    private final Map<Long, SourceTable> tables;
    private final Map<Long, Conversion> converted;
    private final String version;
    private final List<Obstacle> obstacles = new ArrayList<>();

    private OtherObstacles(Session session, Map<Long, SourceTable> tables, Map<Long, Conversion> converted,
            String version) {
        this.session = session;
        this.tables = tables;
        this.converted = converted;
        this.version = version;
    }

    static List<Obstacle> of(Session session, Map<Long, SourceTable> tables, Map<Long, Conversion> converted,
            String version) {
        OtherObstacles other = new OtherObstacles(session, tables, converted, version);
        String oids = SourceTables.oids(converted.keySet());
        other.rules(oids);
        other.triggers(oids);
        other.publications(oids);
        other.checks(oids);
        other.persistence(converted.keySet());
        return other.obstacles;
    }

    private void add(long table, Subject subject, String name, String what, String why,
            Map<Treatment, Obstacle.Outcome> outcomes, HypertablePlan.Unmade... unmade) {
        obstacles.add(Obstacle.of(table, subject, name, tables.get(table).name(), what, why, outcomes, unmade));
    }

    private void rules(String oids) {
        session.list("listing the rules", RULES.formatted(oids), row -> {
            String what = "rule " + TableName.shown(row.getString(3));
            add(row.getLong(1), Subject.RULE, row.getString(3), what, "hypertables have no rules", Obstacle.dropped(),
                    new HypertablePlan.Unmade("pg_rewrite", row.getLong(2), what));
            return what;
        });
    }

    private void triggers(String oids) {
        session.list("listing the triggers", TRIGGERS.formatted(oids), row -> {
            long table = row.getLong(1);
            String what = "trigger " + TableName.shown(row.getString(3));
            String why = row.getBoolean(5) ? transition(row.getBoolean(6), row.getBoolean(7), converted.get(table))
                    : null;
            Map<Treatment, Obstacle.Outcome> outcomes = Obstacle.dropped();
            if (why == null && !row.getString(4).equals("O")) {
                why = "new chunks have it enabled, although it is "
                        + switch (row.getString(4)) {
                            case "D" -> "disabled";
                            case "R" -> "for replicas alone";
                            default -> "for replicas too";
                        };
                outcomes = new LinkedHashMap<>(outcomes);
                outcomes.put(Treatment.ENABLED, Obstacle.Outcome.of("is enabled", row.getString(8)));
            }
            if (why != null) {
                add(table, Subject.TRIGGER, row.getString(3), what, why, outcomes,
                        new HypertablePlan.Unmade("pg_trigger", row.getLong(2), what));
            }
            return what;
        });
    }

    /** @return why a trigger with transition tables cannot stay, or null */
    private String transition(boolean eachRow, boolean onDelete, Conversion conversion) {
        if (!HypertableFeature.TRANSITION_TABLES.isIn(version)) {
            return "TimescaleDB " + version + " has no transition tables on hypertables, which came with "
                    + HypertableFeature.TRANSITION_TABLES.since();
        } else if (eachRow) {
            return "hypertables have no triggers FOR EACH ROW with transition tables";
        }
        return onDelete && conversion.compression() != null
                ? "with compression, hypertables have no triggers on DELETE with transition tables" : null;
    }

    private void publications(String oids) {
        session.list("listing the publications", PUBLICATIONS.formatted(oids), row -> {
            String what = "publication " + TableName.shown(row.getString(3));
            Map<Treatment, Obstacle.Outcome> outcomes = new LinkedHashMap<>();
            if (row.getLong(4) != 0) {
                outcomes.put(Treatment.DROPPED, Obstacle.Outcome.of("does not get it"));
            }
            if (HypertableFeature.LOGICAL_REPLICATION.isIn(version)) {
                outcomes.put(Treatment.KEPT, Obstacle.Outcome.of("publishes its chunks under their own names"));
            }
            add(row.getLong(1), Subject.PUBLICATION, row.getString(3), what,
                    "of a hypertable it publishes each chunk under its own name, which no subscription expects",
                    outcomes, row.getLong(4) == 0 ? new HypertablePlan.Unmade[0] : new HypertablePlan.Unmade[]{
                            new HypertablePlan.Unmade("pg_publication_rel", row.getLong(4), what)});
            return what;
        });
    }

    private void checks(String oids) {
        session.list("listing the constraints", CHECKS.formatted(oids), row -> {
            TableName table = tables.get(row.getLong(1)).name();
            String what = "check " + TableName.shown(row.getString(3));
            Map<Treatment, Obstacle.Outcome> outcomes = new LinkedHashMap<>();
            outcomes.put(Treatment.INHERITED, Obstacle.Outcome.of("is inherited by chunks",
                    "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s)%s".formatted(table.sql(), Sql.ident(row.getString(3)),
                            row.getString(4), row.getBoolean(5) ? "" : " NOT VALID")));
            outcomes.putAll(Obstacle.dropped());
            add(row.getLong(1), Subject.CONSTRAINT, row.getString(3), what, "it is NO INHERIT", outcomes,
                    new HypertablePlan.Unmade("pg_constraint", row.getLong(2), what));
            return what;
        });
    }

    private void persistence(Collection<Long> oids) {
        for (long oid : oids) {
            SourceTable table = tables.get(oid);
            if (table.unlogged() && !HypertableFeature.UNLOGGED.isIn(version)) {
                add(oid, Subject.PERSISTENCE, Subject.PERSISTENCE.only(), "the table is unlogged, which",
                        "TimescaleDB " + version + " has no unlogged hypertables, which came with "
                                + HypertableFeature.UNLOGGED.since(),
                        Map.of(Treatment.LOGGED, new Obstacle.Outcome("becomes a logged one",
                                List.of("ALTER TABLE " + table.name().sql() + " SET LOGGED"), List.of())));
            }
        }
    }
}
