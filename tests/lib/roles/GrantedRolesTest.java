//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Sides;

/**
 * Somebody on the source is a member of a role that on the target is somebody else of the same name, who can do more.
 */
class GrantedRolesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private String boss;
    private String bob;
    private String source;
    private String target;

    @BeforeEach
    void makeRoles() {
        String id = UUID.randomUUID().toString().substring(0, 8);
        boss = "boss_" + id;
        bob = "bob_" + id;
        source = SOURCE.newDatabase();
        target = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE " + boss, "CREATE ROLE " + bob + " LOGIN", "GRANT " + boss + " TO " + bob);
    }

    private boolean isMember() {
        return "t".equals(TARGET.query("postgres", "SELECT pg_has_role('" + bob + "', '" + boss + "', 'MEMBER')"));
    }

    private CommandRun dumpRoles(String... options) {
        return CommandRun.of("DumpRoles", Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target)), options);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUPERUSER", "CREATEROLE", "REPLICATION", "BYPASSRLS", "IN ROLE pg_execute_server_program",
            "IN ROLE middle"})
    void nobody_becomes_more_by_a_membership_unless_it_is_accepted(String more) {
        TARGET.sql("postgres", "DROP ROLE IF EXISTS middle", "DROP ROLE IF EXISTS top", "CREATE ROLE top SUPERUSER",
                "CREATE ROLE middle IN ROLE top",
                "CREATE ROLE " + boss + " " + more);
        String words = "role \"%s\": the membership in \"%s\": the target has a role of that name, which "
                .formatted(bob, boss);
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(source), TARGET.uri(target));
        assertTrue(preflight.out().contains(words), preflight.out());
        boolean superuser = Set.of("SUPERUSER", "IN ROLE middle").contains(more);
        String gives = "this %s".formatted(superuser ? "makes role \"" + bob + "\" a superuser of the target"
                : "gives role \"" + bob + "\" more than it has on the source (" + more.replace("IN ROLE ", "") + ")");
        // What it gives stands before what would give it.
        String grant = "GRANT \"" + boss + "\" TO \"" + bob + "\"";
        assertTrue(preflight.out().contains(
                "fix: " + gives + "; only if that is wanted: --grant-anyway " + boss + ", or afterwards: " + grant),
                preflight.out());

        CommandRun run = SIDES.migrate(source, target);
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("migrate: warning: roles: " + words), run.err());
        assertEquals(false, isMember());

        target = TARGET.newDatabase();
        CommandRun script = dumpRoles();
        assertEquals(false, script.out().contains("\nGRANT \"" + boss + "\" TO"), script.out());
        assertTrue(script.err().contains(words), script.err());
        String caution = gives + "; only if that is wanted: --grant-anyway " + boss
                + ", or a superuser of the target may run: " + grant;
        assertTrue(script.err().contains("hint: " + caution), script.err());
        assertTrue(script.out().contains("--   " + caution), script.out());
        // A program that runs what is left to do makes nobody a superuser.
        CommandRun report = dumpRoles("--json");
        assertEquals("f",
                TARGET.query("postgres",
                        "SELECT ($json$" + report.out() + "$json$::jsonb->'manual')::text LIKE '%TO \"" + bob + "%'"),
                report.out());
        assertEquals(gives,
                TARGET.query("postgres", "SELECT l->>'caution' FROM jsonb_array_elements($json$" + report.out()
                        + "$json$::jsonb->'roles') r, jsonb_array_elements(r->'loses') l WHERE r->>'name' = '" + bob
                        + "'"));
        assertEquals(0, dumpRoles("--apply").code());
        assertEquals(false, isMember());

        CommandRun accepted = SIDES.migrate(source, target, "--grant-anyway", boss);
        assertEquals(0, accepted.code(), accepted.err());
        assertEquals(true, isMember());
        // What is there is no news.
        assertEquals(false,
                CommandRun.preflight(SOURCE.uri(source), TARGET.uri(TARGET.newDatabase())).out().contains(words));
        TARGET.sql("postgres", "REVOKE ALL ON SCHEMA public FROM " + boss, "DROP ROLE " + boss);
    }

    /** There the user may not accept it either. */
    @Test
    void a_user_who_may_not_grant_it_is_told_what_it_gives_too() {
        TARGET.sql("postgres", "CREATE ROLE " + boss + " SUPERUSER",
                "CREATE ROLE " + bob + "_mover LOGIN PASSWORD 'm' CREATEROLE");
        String mine = TARGET.newDatabase("OWNER " + bob + "_mover");
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(source), TARGET.uri(mine, bob + "_mover", "m"));
        assertTrue(preflight.out()
                .contains("fix: this makes role \"" + bob
                        + "\" a superuser of the target; only if that is wanted: afterwards: GRANT \"" + boss
                        + "\" TO \"" + bob + "\""),
                preflight.out());
        TARGET.sql("postgres", "DROP DATABASE " + mine, "DROP ROLE " + bob + "_mover, " + boss);
    }

    @Test
    void a_membership_that_gives_no_more_than_on_the_source_is_carried() {
        SOURCE.sql("postgres", "ALTER ROLE " + boss + " CREATEROLE", "GRANT pg_monitor TO " + boss);
        TARGET.sql("postgres", "CREATE ROLE " + boss + " CREATEROLE CREATEDB LOGIN IN ROLE pg_monitor");
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(0, run.code(), run.err());
        assertEquals(true, isMember());
    }

    /** As by the tools that are the model, what the run makes is as it is on the source. */
    @Test
    void a_superuser_that_the_run_creates_has_its_members() {
        SOURCE.sql("postgres", "ALTER ROLE " + boss + " SUPERUSER");
        assertEquals(0, SIDES.migrate(source, target).code());
        assertEquals(true, isMember());
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql("postgres", "DROP ROLE " + boss);
        }
    }
}
