//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Sides;

/**
 * A function in an index needs a privilege that the table's owner has lost since: the hint leads to whom it is to be
 * given, and then all arrives.
 */
class LackedPrivilegeTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @Test
    void the_owner_needs_it_and_not_who_loads() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE lacking_owner");
        SOURCE.sql(source, "CREATE TABLE rate (id int, factor int)", "INSERT INTO rate VALUES (1, 7)",
                "GRANT SELECT ON rate TO lacking_owner",
                "CREATE FUNCTION factor(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT "
                        + "r.factor FROM public.rate r WHERE r.id = $1); END $$",
                "CREATE TABLE item (id int)", "INSERT INTO item VALUES (1)",
                "CREATE INDEX item_factor ON item (factor(id))", "ALTER TABLE item OWNER TO lacking_owner",
                "REVOKE SELECT ON rate FROM lacking_owner");
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(1, run.code(), run.err());
        assertTrue(run.failure().contains("permission denied for table rate"), run.err());
        assertTrue(run.failure().contains("detail: PL/pgSQL function public.factor(integer)"), run.err());
        assertTrue(run.failure().contains(
                "which for an index, statistics or a materialized view is their owner: GRANT privilege ON object "
                        + "TO owner;"),
                run.err());
        assertFalse(run.failure().contains("make this one a member"), run.err());

        SOURCE.sql(source, "GRANT SELECT ON rate TO lacking_owner");
        CommandRun again = SIDES.migrate(source, target, "--restart");
        assertEquals(0, again.code(), again.err());
        assertEquals("1", TARGET.query(target, "SELECT count(*) FROM pg_class WHERE relname = 'item_factor'"));
        SOURCE.sql("postgres", "DROP DATABASE " + source, "DROP ROLE lacking_owner");
        TARGET.sql("postgres", "DROP DATABASE " + target, "DROP ROLE lacking_owner");
    }
}
