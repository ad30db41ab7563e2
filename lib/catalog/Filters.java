//DEPS info.picocli:picocli:4.7.7
package lib.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** pg_dump's own filter options, which mean the same in every command. */
public final class Filters {
    @Option(names = {"-n", "--schema"}, paramLabel = "PATTERN", order = 20,
            description = "only the specified schema(s)")
    private List<String> schemas = new ArrayList<>();
    @Option(names = {"-N", "--exclude-schema"}, paramLabel = "PATTERN", order = 21,
            description = "NOT the specified schema(s)")
    private List<String> excludedSchemas = new ArrayList<>();
    @Option(names = {"-t", "--table"}, paramLabel = "PATTERN", order = 22, description = "only the specified table(s)")
    private List<String> tables = new ArrayList<>();
    @Option(names = {"-T", "--exclude-table"}, paramLabel = "PATTERN", order = 23,
            description = "NOT the specified table(s)")
    private List<String> excludedTables = new ArrayList<>();
    @Option(names = "--exclude-table-data", paramLabel = "PATTERN", order = 24,
            description = "NOT the rows of the specified table(s)")
    private List<String> excludedData = new ArrayList<>();

    /**
     * @return whether whole objects are left out, so that large objects and database-wide objects stay behind too, as
     * with pg_dump
     */
    boolean selectObjects() {
        return !(schemas.isEmpty() && tables.isEmpty());
    }

    /** @return whether every object and every row is wanted */
    public boolean none() {
        return !selectObjects() && excludedSchemas.isEmpty() && excludedTables.isEmpty() && excludedData.isEmpty();
    }

    /** @return whether single tables are named, so that nothing but relations is wanted */
    boolean tablesOnly() {
        return !tables.isEmpty();
    }

    /** @return whether the rows of some relations are not wanted */
    public boolean excludeData() {
        return !excludedData.isEmpty();
    }

    /** @return these filters as arguments of a pg_dump that includes the rows */
    public List<String> argumentsWithData() {
        List<String> arguments = arguments();
        excludedData.forEach(pattern -> arguments.add("--exclude-table-data=" + pattern));
        return arguments;
    }

    /** @return the filters for objects as arguments of pg_dump */
    public List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        schemas.forEach(pattern -> arguments.add("--schema=" + pattern));
        excludedSchemas.forEach(pattern -> arguments.add("--exclude-schema=" + pattern));
        tables.forEach(pattern -> arguments.add("--table=" + pattern));
        excludedTables.forEach(pattern -> arguments.add("--exclude-table=" + pattern));
        return arguments;
    }

    /** @return an SQL condition for the relations wanted, on {@code pg_class c} joined with {@code pg_namespace n} */
    String relations() {
        List<String> conditions = new ArrayList<>();
        if (!tables.isEmpty()) {
            conditions.add(anyTable(tables));
        } else if (!schemas.isEmpty()) {
            conditions.add(anySchema(schemas));
        }
        if (!excludedSchemas.isEmpty() && tables.isEmpty()) {
            conditions.add("NOT " + anySchema(excludedSchemas));
        }
        if (!excludedTables.isEmpty()) {
            conditions.add("NOT " + anyTable(excludedTables));
        }
        return conditions.isEmpty() ? "true" : String.join(" AND ", conditions);
    }

    /** @return an SQL condition for the schemas wanted, on {@code pg_namespace n} */
    String namespaces() {
        if (!tables.isEmpty()) {
            return "false";
        }
        String wanted = schemas.isEmpty() ? "true" : anySchema(schemas);
        return excludedSchemas.isEmpty() ? wanted : wanted + " AND NOT " + anySchema(excludedSchemas);
    }

    /** @return an SQL condition for the relations whose rows are not wanted */
    String withoutData() {
        return excludedData.isEmpty() ? "false" : anyTable(excludedData);
    }

    private static String anyTable(List<String> patterns) {
        return patterns.stream().map(pattern -> "(" + NamePattern.of(pattern).condition("n", "c") + ")")
                .collect(Collectors.joining(" OR ", "(", ")"));
    }

    private static String anySchema(List<String> patterns) {
        return patterns.stream().map(pattern -> "(" + NamePattern.of(pattern).schemaCondition("n") + ")")
                .collect(Collectors.joining(" OR ", "(", ")"));
    }
}
