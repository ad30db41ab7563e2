//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.HypertableStatements;

/** Whether a table of the source can become the hypertable that the file asks for, its constraints aside. */
final class TableCheck {
    private static final String NOW = """
            SELECT pg_catalog.format_type(p.prorettype, NULL), p.provolatile <> 'v' FROM pg_catalog.pg_proc p
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname = %s AND p.proname = %s AND p.pronargs = 0 AND p.prokind = 'f'""";

    private final Session session;
    private final Conversions conversions;
    private final Conversion wanted;
    private final List<Finding> findings = new ArrayList<>();

    private TableCheck(Session session, Conversions conversions, Conversion wanted) {
        this.session = session;
        this.conversions = conversions;
        this.wanted = wanted;
    }

    /**
     * @param table null where the source has none of that name
     * @param hypertables those that the source has, by their OIDs
     * @return what stops it
     */
    static List<Finding> of(Session session, Conversions conversions, Conversion wanted, SourceTable table,
            Set<Long> hypertables) {
        TableCheck check = new TableCheck(session, conversions, wanted);
        if (table == null) {
            check.stop(wanted.line(), "correct its name, or take it out of the file",
                    "the source has no table of that name");
        } else if (check.kind(table, hypertables)) {
            check.time(table);
            check.space(table);
            check.compression(table);
        }
        return check.findings;
    }

    private void stop(int line, String fix, String format, Object... values) {
        Object[] all = new Object[values.length + 2];
        all[0] = wanted.table();
        System.arraycopy(values, 0, all, 1, values.length);
        all[values.length + 1] = conversions.place(line);
        findings.add(Finding.stop(ConversionCheck.CHECK, fix, "%s: " + format + " (%s)", all));
    }

    private boolean kind(SourceTable table, Set<Long> hypertables) {
        String is = hypertables.contains(table.oid()) ? "is a hypertable already"
                : table.member() ? "belongs to an extension"
                : table.partition() ? "is a partition; its partitioned table can become a hypertable as a whole"
                : table.inherits() ? "has parents or children by inheritance, which no hypertable has"
                : switch (table.kind()) {
                    case "r", "p" -> table.persistence().equals("t") ? "is a temporary table"
                            : null;
                    case "v" -> "is a view";
                    case "m" -> "is a materialized view";
                    case "f" -> "is a foreign table";
                    default -> "is no table";
                };
        if (is == null && table.foreignPartition() != null) {
            is = "has a partition that is a foreign table, " + table.foreignPartition();
        }
        if (is != null) {
            stop(wanted.line(), "take it out of the file", "it %s", is);
        }
        return is == null;
    }

    private void time(SourceTable table) {
        Optional<SourceTable.Column> column = column(table, wanted.timeColumn(), wanted.line(), "time column");
        if (column.isEmpty()) {
            return;
        }
        String shown = TableName.shown(wanted.timeColumn());
        if (column.get().generated()) {
            stop(wanted.line(), "name a column that is not generated as its time_column, or take it out of the file",
                    "time column %s is generated, and no hypertable is divided by such a column", shown);
            return;
        }
        Optional<TimeType> type = TimeType.of(column.get().type());
        if (type.isEmpty()) {
            stop(wanted.line(), "name a column of one of these types as its time_column: " + TimeType.all(),
                    "time column %s is of type %s", shown, column.get().type());
            return;
        }
        String wrong = wanted.interval() == null ? null : type.get().wrong(wanted.interval());
        if (wrong != null) {
            stop(wanted.line(), "correct its chunk_interval", "chunk_interval \"%s\" %s", wanted.interval(), wrong);
        }
        age(type.get(), "after", wanted.compression() == null ? null : wanted.compression().after());
        age(type.get(), "drop_after", wanted.dropAfter());
        integerNow(type.get());
    }

    private void age(TimeType type, String key, Span age) {
        if (age != null && type.isInteger() != age.integer()) {
            stop(wanted.line(), "correct its " + key, "%s \"%s\" must be %s", key, age,
                    type.isInteger() ? "an integer, as the column is" : "a time, such as 7 days");
        } else if (age != null && age.integer() && wanted.integerNow() == null) {
            stop(wanted.line(), "name a function of the source as its integer_now, with schema and function",
                    "%s needs a function that says what time it is", key);
        }
    }

    private void integerNow(TimeType type) {
        TableName now = wanted.integerNow();
        if (now == null) {
            return;
        } else if (!type.isInteger()) {
            stop(wanted.line(), "take integer_now out of the file", "integer_now is for columns of integers");
            return;
        }
        List<String> found = session.list("looking for integer_now functions",
                NOW.formatted(Sql.literal(now.schema()), Sql.literal(now.table())),
                row -> "returns " + row.getString(1) + (row.getBoolean(2) ? "" : " and is VOLATILE"));
        if (found.isEmpty()) {
            stop(wanted.line(), "name a function of the source as its integer_now",
                    "there is no function %s() without arguments", now);
        } else if (!found.get(0).equals("returns " + type)) {
            stop(wanted.line(), "make it return " + type + " and declare it STABLE, or name another one",
                    "function %s() %s", now, found.get(0));
        }
    }

    private void space(SourceTable table) {
        for (Conversion.SpacePartitions space : wanted.space()) {
            column(table, space.column(), space.line(), "space column").ifPresent(column -> {
                if (column.generated() || !column.hashable()) {
                    stop(space.line(), "name another column", "space column %s %s", TableName.shown(column.name()),
                            column.generated() ? "is generated" : "is of type " + column.type()
                                    + ", which cannot be hashed");
                }
            });
        }
    }

    private void compression(SourceTable table) {
        Conversion.Compression compression = wanted.compression();
        if (compression == null) {
            return;
        }
        if (table.rowSecurity()) {
            stop(compression.line(), "take compression out of the file",
                    "it has row security, with which a hypertable cannot be compressed");
        }
        table.columns().stream().filter(column -> column.name().startsWith(HypertableStatements.RESERVED_COLUMNS))
                .forEach(column -> stop(compression.line(), "take compression out of the file",
                        "column %s has a name that is reserved in compressed chunks",
                        TableName.shown(column.name())));
        List<String> columns = new ArrayList<>(compression.segmentBy());
        compression.orderBy().forEach(sorting -> columns.add(sorting.column()));
        for (String name : columns) {
            column(table, name, compression.line(), "column").filter(column -> !column.sortable())
                    .ifPresent(column -> stop(compression.line(), "take it out of segmentby and orderby",
                            "column %s is of type %s, which has no order", TableName.shown(name), column.type()));
        }
    }

    private Optional<SourceTable.Column> column(SourceTable table, String name, int line, String what) {
        Optional<SourceTable.Column> column = table.column(name);
        if (column.isEmpty()) {
            stop(line, "correct its name", "it has no column %s, which the file names as its " + what,
                    TableName.shown(name));
        }
        return column;
    }
}
