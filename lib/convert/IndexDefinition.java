package lib.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.talk.Sql;

/**
 * An index in parts, so that another one can be made of them.
 *
 * @param table that has it, {@code of} its name
 * @param constraint the OID of the constraint that it belongs to, or 0; {@code contype} as pg_constraint has it
 * @param columns the names of its key columns without those that are expressions
 * @param keys its key columns as CREATE INDEX has them, {@code included} the names of the others
 * @param storage parameters as WITH has them, {@code tablespace} and {@code condition}: null where there is none
 * @param identity whether it is the replica identity, {@code clustered} whether the table was clustered by it
 * @param readers views and functions that the server would not have without this constraint, such as by a GROUP BY of a
 * primary key alone
 */
record IndexDefinition(long oid, long table, TableName of, String name, String method, long constraint, String contype,
        boolean unique, boolean period, List<String> columns, List<String> keys, List<String> included, String storage,
        String tablespace, String condition, boolean distinctNulls, boolean deferrable, boolean deferred,
        boolean identity, boolean clustered, String comment, String constraintComment, List<String> readers) {
    boolean exclusion() {
        return "x".equals(contype) || period;
    }

    boolean isConstraint() {
        return contype != null;
    }

    /** @return those of these columns that are not in its key */
    List<String> lacks(List<String> dimensions) {
        return dimensions.stream().filter(column -> !columns.contains(column)).toList();
    }

    /** @return the same index, or one that is not unique */
    List<String> index(boolean stillUnique, List<String> more) {
        List<String> statements = new ArrayList<>(List.of("CREATE %sINDEX %s ON %s USING %s (%s)".formatted(
                stillUnique ? "UNIQUE " : "", Sql.ident(name), of.sql(), Sql.ident(method), keys(more))
                + including(more) + (stillUnique && !distinctNulls ? " NULLS NOT DISTINCT" : "")
                + (storage == null ? "" : " WITH (" + storage + ")")
                + (tablespace == null ? "" : " TABLESPACE " + Sql.ident(tablespace))
                + (condition == null ? "" : " WHERE " + condition)));
        String said = comment == null ? constraintComment : comment;
        if (said != null) {
            statements.add(commentOnIndex(said));
        }
        marks(statements, stillUnique);
        return statements;
    }

    /** @return the constraint with more columns in its key */
    List<String> constraint(List<String> more) {
        List<String> statements = new ArrayList<>(List.of("ALTER TABLE %s ADD CONSTRAINT %s %s%s".formatted(of.sql(),
                Sql.ident(name), constraintText(more), including(more))
                + (storage == null ? "" : " WITH (" + storage + ")")
                + (tablespace == null ? "" : " USING INDEX TABLESPACE " + Sql.ident(tablespace))
                + (deferrable ? " DEFERRABLE" : "") + (deferred ? " INITIALLY DEFERRED" : "")));
        if (constraintComment != null) {
            statements.add("COMMENT ON CONSTRAINT %s ON %s IS %s".formatted(Sql.ident(name), of.sql(),
                    Sql.literal(constraintComment)));
        }
        if (comment != null) {
            statements.add(commentOnIndex(comment));
        }
        marks(statements, true);
        return statements;
    }

    private String commentOnIndex(String text) {
        return "COMMENT ON INDEX %s IS %s".formatted(Sql.name(of.schema(), name), Sql.literal(text));
    }

    /** @return such as {@code PRIMARY KEY (id, "time")} */
    String constraintText(List<String> more) {
        return (contype.equals("p") ? "PRIMARY KEY" : "UNIQUE" + (distinctNulls ? "" : " NULLS NOT DISTINCT")) + " ("
                + keys(more) + ")";
    }

    private void marks(List<String> statements, boolean stillUnique) {
        if (clustered) {
            statements.add("ALTER TABLE %s CLUSTER ON %s".formatted(of.sql(), Sql.ident(name)));
        }
        if (identity && stillUnique) {
            statements.add("ALTER TABLE %s REPLICA IDENTITY USING INDEX %s".formatted(of.sql(), Sql.ident(name)));
        }
    }

    private String keys(List<String> more) {
        return Stream.concat(keys.stream(), more.stream().map(Sql::ident)).collect(Collectors.joining(", "));
    }

    private String including(List<String> more) {
        List<String> left = included.stream().filter(column -> !more.contains(column)).map(Sql::ident).toList();
        return left.isEmpty() ? "" : " INCLUDE (" + String.join(", ", left) + ")";
    }
}
