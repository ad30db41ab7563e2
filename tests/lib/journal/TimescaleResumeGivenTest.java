//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.Timescale;

/** What an interrupted run has given to hypertables goes with their chunks, and is taken back from these too. */
class TimescaleResumeGivenTest {
    @Test
    void privileges_owners_and_comments_of_hypertables_are_as_the_source_has_them_then() {
        try (Timescale.Pair sides = Timescale.Pair.start("2.22.1")) {
            String plant = sides.plant();
            sides.source().sql(plant, "SELECT alter_job(1007, scheduled => false)",
                    "CREATE FUNCTION plant.made() RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF "
                            + "current_setting('plant.made', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'not yet'"
                            + "; END IF; RETURN 1; END $$",
                    "SET plant.made = 'on'; CREATE MATERIALIZED VIEW plant.zero AS SELECT plant.made()",
                    "GRANT INSERT ON plant.power TO plant_reader; COMMENT ON VIEW plant.best IS 'best'",
                    "COMMENT ON COLUMN plant.power.watts IS 'W'");
            String target = sides.target().newDatabase();
            CommandRun first = CommandRun.migrate(sides.source().uri(plant), sides.target().uri(target));
            assertEquals(1, first.code(), first.err());
            sides.source().sql(plant, "REVOKE SELECT ON plant.reading, plant.reading_hourly FROM plant_reader",
                    "REVOKE INSERT ON plant.power FROM plant_reader; GRANT SELECT ON plant.power TO plant_reader",
                    "COMMENT ON TABLE plant.reading IS NULL; COMMENT ON VIEW plant.best IS NULL",
                    "COMMENT ON COLUMN plant.power.watts IS NULL", "ALTER TABLE plant.moved OWNER TO postgres",
                    "REVOKE USAGE ON SCHEMA plant FROM plant_reader", "REFRESH MATERIALIZED VIEW plant.top");
            sides.target().sql("postgres", "ALTER ROLE postgres IN DATABASE " + target + " SET plant.made = 'on'");
            CommandRun last = CommandRun.migrate(sides.source().uri(plant), sides.target().uri(target), "--resume");
            assertEquals(0, last.code(), last.err());
            assertEquals(lines(Oracle.schema(sides.source(), plant).orElseThrow()),
                    lines(Oracle.schema(sides.target(), target).orElseThrow()));
            Timescale.VIEWS.forEach(view -> assertEquals(sides.source().rows(plant, view),
                    sides.target().rows(target, view), view));
            assertEquals(Oracle.data(sides.source(), plant), Oracle.data(sides.target(), target));
        }
    }

    private static List<String> lines(String text) {
        return text.lines().toList();
    }
}
