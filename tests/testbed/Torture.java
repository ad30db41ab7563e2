//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** The database of tests/sql/torture.sql, and what stock tools make of it on another server of the same version. */
public final class Torture {
    public static final String DATABASE = "torture";

    private static final Path SQL = Path.of("tests", "sql");
    /** The tables that stock tools cannot load because a value names an index, which they create later. */
    private static final List<String> LATE =
            List.of("reg_child", "reg_late", "reg_domains", "reg_composites", "reg_others");
    /** What pg_dump of a schema does not show. */
    private static final String BESIDE_THE_SCHEMA = """
            SELECT 'large object ' || oid, lomowner::regrole || ' ' || coalesce(lomacl::text,
              '')  || ' ' || coalesce(obj_description(oid, 'pg_largeobject'), '')
              FROM pg_largeobject_metadata
            UNION ALL SELECT 'invalid index', indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid
            UNION ALL SELECT 'disabled trigger', tgname FROM pg_trigger WHERE tgenabled <> 'O' ORDER BY 1, 2""";

    private final PgServer source;
    private final PgServer target;
    private final Optional<String> schema;
    private final SortedMap<String, String> data;

    private Torture(PgServer source, PgServer target) {
        this.source = source;
        this.target = target;
        source.script("postgres", SQL.resolve("torture-roles.sql"));
        source.sql("postgres", "CREATE DATABASE " + DATABASE);
        source.script(DATABASE, SQL.resolve("torture.sql"));
        source.sql("postgres", "CREATE DATABASE without_late TEMPLATE " + DATABASE);
        List<String> emptied = new ArrayList<>(List.of("SET session_replication_role = replica"));
        LATE.forEach(table -> emptied.add("DELETE FROM " + table));
        source.sql("without_late", emptied.toArray(String[]::new));
        String expected = Oracle.restore(source, "without_late", target);
        schema = Oracle.schema(target, expected);
        data = Oracle.data(target, expected);
        SortedMap<String, String> original = Oracle.data(source, DATABASE);
        LATE.forEach(table -> data.put("table public." + table, original.get("table public." + table)));
        source.sql("postgres", "DROP DATABASE without_late");
        target.sql("postgres", "DROP DATABASE " + expected);
    }

    /** Fills the source; the roles are on both sides then. */
    public static Torture on(PgServer source, PgServer target) {
        return new Torture(source, target);
    }

    /** Asserts that all of it is in this database of the target. */
    public void arrivedIn(String database) {
        assertEquals(schema, Oracle.schema(target, database));
        assertEquals(lines(data), lines(Oracle.data(target, database)));
        assertEquals(source.rows(DATABASE, BESIDE_THE_SCHEMA), target.rows(database, BESIDE_THE_SCHEMA));
    }

    /** One line for each, so that a difference can be found. */
    private static String lines(SortedMap<String, String> contents) {
        return contents.entrySet().stream().map(Object::toString).collect(Collectors.joining("\n"));
    }
}
