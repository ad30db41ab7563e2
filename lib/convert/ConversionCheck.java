//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import lib.server.Finding;
import lib.server.Session;
import lib.timescale.Hypertables;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleFeatures;

/**
 * Whether the source's tables can become the hypertables that the file asks for, and what becomes of what cannot stay.
 * Nothing is changed; everything that stops it is found at once.
 */
public final class ConversionCheck {
    /** What the findings are called. */
    static final String CHECK = "hypertables";

    private final Session source;
    private final Conversions conversions;
    private final ConversionTarget target;
    private final List<Finding> findings = new ArrayList<>();
    private final List<HypertablePlan> plans = new ArrayList<>();
    private final Map<Long, SourceTable> tables = new LinkedHashMap<>();
    private final Map<Long, Conversion> wanted = new LinkedHashMap<>();
    private final Map<Long, Span> intervals = new LinkedHashMap<>();

    private ConversionCheck(Session source, Conversions conversions, ConversionTarget target) {
        this.source = source;
        this.conversions = conversions;
        this.target = target;
    }

    public static ConversionCheck of(Session source, Conversions conversions, ConversionTarget target) {
        ConversionCheck check = new ConversionCheck(source, conversions, target);
        check.run();
        return check;
    }

    public List<Finding> findings() {
        return List.copyOf(findings);
    }

    /** @return how each table becomes a hypertable; of use where none of the findings is a stop */
    public List<HypertablePlan> plans() {
        return List.copyOf(plans);
    }

    /** @return the hypertables that the source has already */
    static Set<Long> hypertables(Session source) {
        return TimescaleExtension.of(source) == null ? Set.of() : Hypertables.relations(source);
    }

    private void run() {
        Set<Long> hypertables = hypertables(source);
        Map<TableName, SourceTable> found =
                SourceTables.named(source, conversions.tables().stream().map(Conversion::table).toList());
        for (Conversion conversion : conversions.tables()) {
            SourceTable table = found.get(conversion.table());
            List<Finding> stops = TableCheck.of(source, conversions, conversion, table, hypertables);
            findings.addAll(stops);
            if (!target.community() && (conversion.compression() != null || conversion.dropAfter() != null)) {
                findings.add(Finding.stop(CHECK, TimescaleFeatures.FIX,
                        "%s: the target has TimescaleDB's Apache edition, which has neither compression nor policies "
                                + "(%s)",
                        conversion.table(), conversions.place(conversion.line())));
            }
            if (stops.isEmpty() && hasTimes(conversion, table) && hasInterval(conversion, table)) {
                tables.put(table.oid(), table);
                wanted.put(table.oid(), conversion);
            }
        }
        settle(new Obstacles(source, tables, wanted, target.version()));
    }

    private static TimeType type(Conversion conversion, SourceTable table) {
        return TimeType.of(table.column(conversion.timeColumn()).orElseThrow().type()).orElseThrow();
    }

    private boolean hasTimes(Conversion conversion, SourceTable table) {
        String column = TableName.shown(conversion.timeColumn());
        TimeValues values = TimeValues.of(source, table, table.column(conversion.timeColumn()).orElseThrow(),
                type(conversion, table));
        if (values.nulls() > 0 && conversion.stayWithNulls()) {
            findings.add(Finding.ok(CHECK, "%s stays a plain table: %s is NULL in %d rows", table.name(), column,
                    values.nulls()));
            return false;
        }
        if (values.nulls() > 0) {
            findings.add(Finding.stop(CHECK, "give them a time or delete them on the source, or write null_times: "
                    + "not_converted", "%s: %s is NULL in %d rows (%s)", table.name(), column, values.nulls(),
                    conversions.place(conversion.line())));
        }
        if (values.beyond() > 0) {
            findings.add(Finding.stop(CHECK, "give them another time on the source, or take the table out of the file",
                    "%s: %s is -infinity or later than TimescaleDB can hold in %d rows (%s)", table.name(), column,
                    values.beyond(), conversions.place(conversion.line())));
        }
        return values.nulls() + values.beyond() == 0;
    }

    private boolean hasInterval(Conversion conversion, SourceTable table) {
        Optional<Span> interval = Optional.ofNullable(conversion.interval())
                .or(() -> Density.of(source, table, conversion.timeColumn(), type(conversion, table))
                        .map(density -> density.interval(type(conversion, table), conversion.chunkBytes(), false)));
        interval.ifPresentOrElse(span -> intervals.put(table.oid(), span),
                () -> findings.add(Finding.stop(CHECK, "on the source: ANALYZE " + table.name().sql()
                        + "; or write a chunk_interval instead of its chunk_size",
                        "%s: nothing is known of its rows' times, so that no interval can be computed of chunk_size "
                                + "(%s)",
                        table.name(), conversions.place(conversion.line()))));
        return interval.isPresent();
    }

    /** A table that stays for one of its obstacles is none any more for those of other tables. */
    private void settle(Obstacles all) {
        Set<Long> converted = new HashSet<>(wanted.keySet());
        List<Obstacle> obstacles;
        List<Obstacle> staying;
        do {
            obstacles = all.of(wanted.keySet().stream().filter(converted::contains).toList());
            staying = obstacles.stream().filter(obstacle -> change(obstacle)
                    .filter(change -> change.becomes() == Treatment.NOT_CONVERTED).isPresent()).toList();
            staying.forEach(obstacle -> converted.remove(obstacle.table()));
            staying.forEach(
                    obstacle -> findings.add(Finding.ok(CHECK, "%s stays a plain table: %s cannot stay, because "
                            + "%s", tables.get(obstacle.table()).name(), obstacle.what(), obstacle.why())));
        } while (!staying.isEmpty());
        Map<Long, List<Obstacle>> byTable = obstacles.stream().collect(Collectors.groupingBy(Obstacle::table));
        wanted.keySet().stream().filter(converted::contains)
                .forEach(oid -> table(oid, byTable.getOrDefault(oid, List.of()), all.indexes(oid)));
    }

    private Optional<Change> change(Obstacle obstacle) {
        return wanted.get(obstacle.table()).changes().stream().filter(change -> change.isOf(obstacle)).findFirst();
    }

    private void table(long oid, List<Obstacle> obstacles, List<IndexDefinition> indexes) {
        SourceTable table = tables.get(oid);
        Conversion conversion = wanted.get(oid);
        findings.add(Finding.ok(CHECK, "%s becomes a hypertable by %s, with a chunk for each %s", table.name(),
                TableName.shown(conversion.timeColumn()), intervals.get(oid)));
        PlanMaker plan = new PlanMaker(conversion, table, type(conversion, table), intervals.get(oid), indexes);
        for (Obstacle obstacle : obstacles) {
            Optional<Change> change = change(obstacle);
            if (change.isPresent() && obstacle.outcomes().containsKey(change.get().becomes())) {
                findings.add(Finding.ok(CHECK, "%s: %s %s", table.name(), obstacle.what(),
                        obstacle.outcomes().get(change.get().becomes()).text()));
                plan.change(obstacle, change.get().becomes());
            } else {
                findings.add(refused(table, conversion, obstacle, change));
            }
        }
        conversion.changes().stream().filter(change -> obstacles.stream().noneMatch(change::isOf))
                .forEach(change -> findings.add(Finding.stop(CHECK, "take it out of the file",
                        "%s: %s %s can stay as it is, or is not there (%s)", table.name(), change.subject(),
                        TableName.shown(change.name()), conversions.place(change.line()))));
        if (conversion.dropAfter() != null) {
            findings.add(Finding.warning(CHECK, "take retention out of the file where older rows are to stay",
                    "%s: what is older than %s is dropped on the target as soon as its jobs run", table.name(),
                    conversion.dropAfter()));
        }
        plans.add(plan.make(target.statements()));
    }

    private Finding refused(SourceTable table, Conversion conversion, Obstacle obstacle, Optional<Change> change) {
        if (obstacle.outcomes().isEmpty()) {
            return Finding.stop(CHECK, "take the table out of the file, or change or drop this on the source",
                    "%s: %s stands in the way: %s (%s)", table.name(), obstacle.what(), obstacle.why(),
                    conversions.place(conversion.line()));
        }
        List<Treatment> allowed = List.copyOf(obstacle.outcomes().keySet());
        String fix = "write under its changes: "
                + YamlText.change(obstacle, allowed.get(0), table.name())
                + (allowed.size() == 1 ? "" : "; it may also become " + allowed.stream().skip(1)
                        .map(Treatment::toString).collect(Collectors.joining(", ")));
        return change.isPresent() ? Finding.stop(CHECK, fix, "%s: %s cannot become %s (%s)", table.name(),
                obstacle.what(), change.get().becomes(), conversions.place(change.get().line()))
                : Finding.stop(CHECK, fix, "%s: %s cannot stay as it is: %s (%s)", table.name(), obstacle.what(),
                        obstacle.why(), conversions.place(conversion.line()));
    }
}
