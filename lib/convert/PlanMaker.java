package lib.convert;

import java.util.ArrayList;
import java.util.List;
import lib.timescale.HypertableStatements;

/** Puts together how one table becomes a hypertable. */
final class PlanMaker {
    private final Conversion conversion;
    private final SourceTable table;
    private final TimeType type;
    private final Span interval;
    private final List<String> before = new ArrayList<>();
    private final List<String> instead = new ArrayList<>();
    private final List<HypertablePlan.Unmade> unmade = new ArrayList<>();

    /** The indexes of a partitioned table are written ON ONLY it, which no hypertable takes. */
    PlanMaker(Conversion conversion, SourceTable table, TimeType type, Span interval, List<IndexDefinition> indexes) {
        this.conversion = conversion;
        this.table = table;
        this.type = type;
        this.interval = interval;
        if (table.partitioned()) {
            indexes.stream().filter(index -> !index.isConstraint() && !KeyObstacles.changes(conversion, index))
                    .forEach(index -> {
                        unmade.add(KeyObstacles.unmade(index, "index " + TableName.shown(index.name())));
                        instead.addAll(index.index(index.unique(), List.of()));
                    });
        }
    }

    void change(Obstacle obstacle, Treatment becomes) {
        Obstacle.Outcome outcome = obstacle.outcomes().get(becomes);
        before.addAll(outcome.before());
        instead.addAll(outcome.instead());
        if (becomes != Treatment.KEPT) {
            unmade.addAll(obstacle.unmade());
        }
    }

    HypertablePlan make(HypertableStatements statements) {
        String name = table.name().sql();
        Conversion.Compression compression = conversion.compression();
        List<String> policies = new ArrayList<>();
        if (compression != null && compression.after() != null) {
            policies.add(statements.addCompressionPolicy(name, compression.after().sql()));
        }
        if (conversion.dropAfter() != null) {
            policies.add(statements.addRetentionPolicy(name, conversion.dropAfter().sql()));
        }
        return new HypertablePlan(table.oid(), table.name().schema(), table.name().table(), table.partitionKey(),
                table.partitions().stream().map(SourceTable.Partition::oid).toList(), conversion.timeColumn(),
                type.toString(), interval.units(),
                conversion.space().stream()
                        .map(space -> new HypertablePlan.Space(space.column(), space.number())).toList(),
                List.copyOf(before), statements.create(name, conversion.timeColumn(), interval.units()),
                conversion.space().stream()
                        .map(space -> statements.addDimension(name, space.column(), space.number())).toList(),
                conversion.integerNow() == null ? null
                        : statements.setIntegerNow(name, conversion.integerNow().sql()),
                compression == null ? null : statements.setCompression(name, compression.segmentBy(),
                        compression.orderBy().stream().map(Conversion.Sorting::sql).toList()),
                policies, compression == null || compression.after() == null ? null : compression.after().sql(),
                List.copyOf(unmade), List.copyOf(instead));
    }
}
