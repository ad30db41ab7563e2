package testbed;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * The database of tests/sql/ordinary.sql with its roles on both sides, and what stock tools make of it on the target.
 * Closed, all is gone.
 */
public final class OrdinaryShop implements AutoCloseable {
    private static final Path SQL = Path.of("tests", "sql");
    private static final List<String> ROLES = List.of("\"shop owner\"", "clerk", "reader", "auditor");

    private final Sides sides;
    private final String database;
    private final Optional<String> schema;
    private final SortedMap<String, String> data;
    private final List<String> targets = new ArrayList<>();

    private OrdinaryShop(Sides sides) {
        this.sides = sides;
        database = sides.source().newDatabase();
        sides.source().script("postgres", SQL.resolve("ordinary-roles.sql"));
        sides.target().script("postgres", SQL.resolve("ordinary-roles.sql"));
        sides.source().script(database, SQL.resolve("ordinary.sql"));
        targets.add(Oracle.restore(sides.source(), database, sides.target()));
        schema = Oracle.schema(sides.target(), targets.get(0));
        data = Oracle.data(sides.target(), targets.get(0));
    }

    public static OrdinaryShop on(Sides sides) {
        return new OrdinaryShop(sides);
    }

    /** The source's database. */
    public String database() {
        return database;
    }

    /** The name of a database that does not exist yet on the target, and that goes with the rest. */
    public String newName() {
        targets.add("shop_" + targets.size());
        return targets.get(targets.size() - 1);
    }

    /** What {@link Oracle#schema} should say of the copy. */
    public Optional<String> schema() {
        return schema;
    }

    /** What {@link Oracle#data} should say of the copy. */
    public SortedMap<String, String> data() {
        return data;
    }

    @Override
    public void close() {
        targets.forEach(name -> sides.target().sql("postgres", "DROP DATABASE IF EXISTS " + name));
        sides.source().sql("postgres", "DROP DATABASE " + database);
        for (String role : ROLES) {
            sides.source().sql("postgres", "DROP ROLE " + role);
            sides.target().sql("postgres", "DROP ROLE " + role);
        }
    }
}
