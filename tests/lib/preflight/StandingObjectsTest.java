//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Sides;

/** Comments and privileges that the schema public and the database of the target have before. */
class StandingObjectsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String FIX = "fix: to have ";
    private static final String BEFORE = "run before the migration: ";

    private final List<String> databases = new ArrayList<>();
    private final String reader = "reader " + UUID.randomUUID().toString().substring(0, 8);

    @AfterEach
    void dropThem() {
        for (PgServer server : List.of(SOURCE, TARGET)) {
            databases.forEach(
                    database -> server.sql("postgres", "DROP DATABASE IF EXISTS " + database + " WITH (FORCE)"));
            server.sql("postgres", "DROP ROLE IF EXISTS \"" + reader + "\"");
        }
    }

    private String source() {
        String source = SOURCE.newDatabase();
        databases.add(source);
        SOURCE.sql(source, "CREATE ROLE \"" + reader + "\"", "CREATE TABLE item (id int PRIMARY KEY)",
                "INSERT INTO item VALUES (1)", "GRANT USAGE ON SCHEMA public TO \"" + reader + "\"");
        return source;
    }

    private String target() {
        String target = TARGET.newDatabase();
        databases.add(target);
        TARGET.sql(target, "CREATE ROLE \"" + reader + "\"", "COMMENT ON SCHEMA public IS 'mine'",
                "GRANT CREATE ON SCHEMA public TO \"" + reader + "\" WITH GRANT OPTION",
                "GRANT CREATE ON DATABASE " + target + " TO PUBLIC",
                "COMMENT ON DATABASE " + target + " IS 'mine too'",
                "REVOKE TEMPORARY ON DATABASE " + target + " FROM PUBLIC", "REVOKE USAGE ON SCHEMA public FROM PUBLIC");
        return target;
    }

    private static String kept(String target) {
        return TARGET.query(target, "SELECT obj_description('public'::regnamespace, 'pg_namespace') || nspacl::text || "
                + "(SELECT datacl::text || shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = "
                + "current_database()) FROM pg_namespace WHERE nspname = 'public'");
    }

    private static List<String> fixes(CommandRun preflight) {
        return preflight.out().lines().filter(line -> line.contains(FIX) && line.contains(BEFORE))
                .map(line -> line.substring(line.indexOf(BEFORE) + BEFORE.length())).toList();
    }

    @Test
    void they_are_announced_and_kept_and_are_no_differences() {
        String source = source();
        String target = target();
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(source), TARGET.uri(target));
        assertEquals(0, preflight.code(), preflight.out());
        assertEquals(List.of("COMMENT ON DATABASE \"" + target + "\" IS NULL;",
                "REVOKE CREATE ON DATABASE \"" + target + "\" FROM PUBLIC;",
                "GRANT TEMPORARY ON DATABASE \"" + target + "\" TO PUBLIC;",
                "COMMENT ON SCHEMA \"public\" IS NULL;",
                "GRANT USAGE ON SCHEMA \"public\" TO PUBLIC;",
                "REVOKE CREATE ON SCHEMA \"public\" FROM \"" + reader + "\";"), fixes(preflight), preflight.out());
        assertTrue(preflight.out().contains("schema \"public\" of the target has a comment, which it keeps\n"),
                preflight.out());
        for (String warning : List.of("""
                schema "public" of the target lacks privileges that the source has there from the beginning, and does \
                not get them: USAGE to PUBLIC
                """, """
                the target's database has privileges that the source does not give, and keeps them: CREATE to PUBLIC
                """)) {
            assertTrue(preflight.out().contains(warning), preflight.out());
        }
        // An interrupted run knows what was there before it.
        SOURCE.sql(source, "CREATE FUNCTION bad() RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF current_database() <> '"
                + source + "' THEN RAISE EXCEPTION 'elsewhere'; END IF; RETURN 1; END $$",
                "CREATE MATERIALIZED VIEW total AS SELECT bad()");
        assertEquals(1, CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target)).code());
        SOURCE.sql(source, "DROP MATERIALIZED VIEW total");
        CommandRun run = CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target), "--resume");
        assertEquals(0, run.code(), run.err());
        assertTrue(kept(target).startsWith("mine{") && kept(target).endsWith("}mine too"), kept(target));
        assertTrue(kept(target).contains("\"=UC*/") && kept(target).contains("=Cc/"), kept(target));
    }

    @Test
    void the_remedies_make_the_target_like_the_source() {
        String source = source();
        String target = target();
        fixes(CommandRun.preflight(SOURCE.uri(source), TARGET.uri(target))).forEach(sql -> TARGET.sql(target, sql));
        CommandRun again = CommandRun.preflight(SOURCE.uri(source), TARGET.uri(target));
        assertEquals(List.of(), fixes(again));
        CommandRun run = CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target));
        assertEquals(0, run.code(), run.err());
        CommandRun verify = CommandRun.of("Verify",
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target)));
        assertEquals(0, verify.code(), verify.out());
    }
}
