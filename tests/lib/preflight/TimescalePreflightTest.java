//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.server.Finding;
import lib.server.Session;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Timescale;

/** What of TimescaleDB would stop a migration, or hurt it, is said before, with what mends it. */
class TimescalePreflightTest {
    private static final String FAR = ", initial_start => now() + interval '3 h'";
    private static PgServer server;
    private static String multinode;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = Timescale.community("2.13.1").with("max_prepared_transactions=10", "max_worker_processes=40").start();
        multinode = database();
        // It gives the node's database a security label, which is no concern of other databases.
        server.sql(multinode,
                "SELECT add_data_node('dn1', host => '%s', port => %d, database => 'dn', password => '%s')"
                        .formatted(server.host(), server.port(), server.password().replace("'", "''")));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void what_cannot_be_moved_stops() {
        String source = multinode;
        server.sql(source, "CREATE TABLE m (t timestamptz NOT NULL, v int)", "SELECT create_hypertable('m', 't')",
                "CREATE MATERIALIZED VIEW old WITH (timescaledb.continuous) AS SELECT time_bucket('1 h', t) b, "
                        + "sum(v) FROM m GROUP BY 1 WITH NO DATA",
                "UPDATE _timescaledb_catalog.continuous_agg SET finalized = false",
                "CREATE ACCESS METHOD hypercore TYPE TABLE HANDLER heap_tableam_handler",
                "CREATE TABLE h (t timestamptz NOT NULL) USING hypercore", "SELECT create_hypertable('h', 't')",
                "INSERT INTO h VALUES ('2024-01-01')");
        String chunk = server.query(source, "SELECT show_chunks('h')");
        server.sql(source, "CREATE USER MAPPING FOR CURRENT_USER SERVER dn1 OPTIONS (user '%s', password '%s')"
                .formatted(server.user(), server.password().replace("'", "''")),
                "CREATE TABLE d (t timestamptz NOT NULL)", "SELECT create_distributed_hypertable('d', 't')");
        assertEquals("""
                stop timescaledb: continuous aggregate public.old of the source is in the form of TimescaleDB before 2.7
                fix: CALL "public"."cagg_migrate"('public.old'::pg_catalog.regclass, true, true);
                stop timescaledb: the source is a multi-node database, which is not supported yet: data node dn1, \
                hypertable public.d
                fix: copy them into ordinary hypertables, then drop them and delete the data nodes
                stop timescaledb: tables of the source have the access method hypercore, which newer versions of \
                TimescaleDB do not: %1$s, public.h
                fix: ALTER TABLE %1$s SET ACCESS METHOD heap; ALTER TABLE public.h SET ACCESS METHOD heap;
                stop timescaledb: filters cannot be used where there are hypertables: each is kept in several schemas, \
                and in the catalog of TimescaleDB
                fix: run it without filters""".formatted(chunk),
                findings("timescaledb",
                        CommandRun.preflight(server.uri(source), server.uri(database()), "--exclude-table-data", "m")));
        server.sql("postgres", "ALTER DATABASE " + source + " SET timescaledb.restoring = on");
        assertEquals("""
                stop timescaledb: the source is in restoring mode, as an unfinished restore leaves it
                fix: SELECT "public"."timescaledb_post_restore"();""",
                findings("timescaledb", CommandRun.preflight(server.uri(source), server.uri(database()))));
    }

    @Test
    void jobs_that_are_due_are_named_until_they_will_be_paused() {
        String source = database();
        String target = database();
        server.sql(source, "CREATE PROCEDURE nap(job_id int, config jsonb) LANGUAGE plpgsql AS 'BEGIN END'",
                "SELECT add_job('nap', '1 day'" + FAR + ")");
        CommandRun far = CommandRun.preflight(server.uri(source), server.uri(target));
        assertEquals("ok jobs: none of the source is due within an hour", findings("jobs", far));
        assertEquals("ok timescaledb: 2.13.1", findings("timescaledb", far));
        assertEquals(0, far.code());
        server.sql(source, "SELECT add_job('nap', '1 day', initial_start => now() + interval '50 min')");
        assertEquals(
                "warning jobs: 1 job(s) of the source run or are due within an hour: job 1001 (public.nap)\nfix: "
                        + "use --pause-jobs",
                findings("jobs", CommandRun.preflight(server.uri(source), server.uri(target))));
        assertEquals("ok jobs: those of the source will be paused",
                findings("jobs", CommandRun.preflight(server.uri(source), server.uri(target), "--pause-jobs")));
    }

    @Test
    void every_table_that_pg_dump_will_lock_must_be_readable() {
        String source = database();
        server.sql("postgres", "CREATE ROLE reader LOGIN PASSWORD 'reader'");
        server.sql(source, "CREATE TABLE m (t timestamptz NOT NULL, v int)", "SELECT create_hypertable('m', 't')",
                "GRANT SELECT ON m TO reader",
                "CREATE TABLE n (t timestamptz NOT NULL, v int)", "SELECT create_hypertable('n', 't')",
                "INSERT INTO n VALUES ('2024-01-01', 1)",
                "ALTER TABLE n SET (timescaledb.compress)", "SELECT compress_chunk(show_chunks('n'))",
                "GRANT SELECT ON n TO reader", "REVOKE ALL ON ALL TABLES IN SCHEMA _timescaledb_internal FROM reader",
                "REVOKE SELECT ON SEQUENCE _timescaledb_catalog.chunk_id_seq FROM PUBLIC");
        CommandRun refused = CommandRun.preflight(server.uri(source, "reader", "reader"), server.uri(database()));
        assertEquals("""
                stop privileges: sequence _timescaledb_catalog.chunk_id_seq of the source cannot be read
                fix: GRANT SELECT ON SEQUENCE _timescaledb_catalog.chunk_id_seq TO "reader";
                stop privileges: table _timescaledb_internal._compressed_hypertable_3 of the source cannot be read
                fix: GRANT SELECT ON TABLE _timescaledb_internal._compressed_hypertable_3 TO "reader";
                stop privileges: table _timescaledb_internal._hyper_2_1_chunk of the source cannot be read
                fix: GRANT SELECT ON TABLE _timescaledb_internal._hyper_2_1_chunk TO "reader";
                stop privileges: table _timescaledb_internal.compress_hyper_3_2_chunk of the source cannot be read
                fix: GRANT SELECT ON TABLE _timescaledb_internal.compress_hyper_3_2_chunk TO "reader";
                stop privileges: table _timescaledb_internal.job_errors of the source cannot be read
                fix: GRANT SELECT ON TABLE _timescaledb_internal.job_errors TO "reader";""",
                findings("privileges", refused));
        server.sql(source,
                "INSERT INTO n SELECT timestamptz '2024-01-01' + i * interval '1 month', 1 FROM generate_series(1, "
                        + "5) i",
                "REVOKE ALL ON ALL TABLES IN SCHEMA _timescaledb_internal FROM reader");
        CommandRun many = CommandRun.preflight(server.uri(source, "reader", "reader"), server.uri(database()));
        assertTrue(findings("privileges", many).contains("""
                stop privileges: 9 tables of schema _timescaledb_internal of the source cannot be read
                fix: GRANT SELECT ON ALL TABLES IN SCHEMA _timescaledb_internal TO "reader";"""), many.out());
        mend(source, findings("privileges", many));
        CommandRun run = CommandRun.migrate(server.uri(source, "reader", "reader"), server.uri(database()),
                "--leave-out", "server-settings", "--verify", "none");
        assertEquals(0, run.code(), run.err());
    }

    @Test
    void whoever_may_not_write_to_the_catalog_of_the_target_is_told_what_to_grant() {
        String source = database();
        server.sql(source, "CREATE TABLE m (t timestamptz NOT NULL, v int)", "SELECT create_hypertable('m', 't')",
                "INSERT INTO m VALUES ('2024-01-01', 1)",
                "CREATE PROCEDURE nap(job_id int, config jsonb) LANGUAGE plpgsql AS 'BEGIN END'",
                "SELECT add_job('nap', '1 day'" + FAR + ")");
        server.sql("postgres", "CREATE ROLE mover LOGIN PASSWORD 'mover'");
        String target = server.newDatabase("OWNER mover");
        server.sql(target, "CREATE EXTENSION timescaledb");
        String found =
                findings("target", CommandRun.preflight(server.uri(source), server.uri(target, "mover", "mover")))
                        .lines()
                        .filter(line -> !line.startsWith("ok ")).collect(Collectors.joining("\n"));
        assertEquals("""
                stop target: user "mover" may not write to every table of TimescaleDB's catalog on the target
                fix: if there is no superuser, choose a service of Timescale Cloud or MST, whose users have these \
                rights; otherwise, as a superuser of the target: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES \
                IN SCHEMA \
                _timescaledb_cache, _timescaledb_catalog, _timescaledb_config, _timescaledb_internal TO "mover";
                stop target: user "mover" may not set every sequence of TimescaleDB's catalog on the target
                fix: if there is no superuser, choose a service of Timescale Cloud or MST, whose users have these \
                rights; otherwise, as a superuser of the target: GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA \
                _timescaledb_catalog, _timescaledb_config TO "mover";
                stop target: user "mover" may not switch restoring mode of TimescaleDB on the target: \
                public.timescaledb_pre_restore() \
                would have to run as its owner, a superuser
                fix: if there is no superuser, choose a service of Timescale Cloud or MST, whose users have these \
                rights; otherwise, as a superuser of the target: ALTER FUNCTION public.timescaledb_pre_restore() \
                SECURITY DEFINER \
                SET search_path = pg_catalog, pg_temp; \
                GRANT EXECUTE ON FUNCTION public.timescaledb_pre_restore() TO "mover";
                stop target: user "mover" may not switch restoring mode of TimescaleDB on the target: \
                public.timescaledb_post_restore() \
                would have to run as its owner, a superuser
                fix: if there is no superuser, choose a service of Timescale Cloud or MST, whose users have these \
                rights; otherwise, as a superuser of the target: ALTER FUNCTION public.timescaledb_post_restore() \
                SECURITY DEFINER \
                SET search_path = pg_catalog, pg_temp; \
                GRANT EXECUTE ON FUNCTION public.timescaledb_post_restore() TO "mover";
                stop target: user "mover" may not create in schema "_timescaledb_internal" of the target
                fix: GRANT CREATE ON SCHEMA "_timescaledb_internal" TO "mover" WITH GRANT OPTION;""", found);
        Path dump = Dumps.dumped(server, source, folder.resolve("m"));
        CommandRun restore = CommandRun.of("RestoreTimescale", Map.of("TARGET", server.uri(target, "mover", "mover")),
                dump.toString());
        assertEquals(3, restore.code());
        assertTrue(
                restore.err().contains(
                        "error: user \"mover\" may not set every sequence of TimescaleDB's catalog on the target\n"),
                restore.err());
        mend(target, found.replaceAll("if there is no superuser.* as a superuser of the target: ", ""));
        CommandRun run = CommandRun.migrate(server.uri(source), server.uri(target, "mover", "mover"), "--leave-out",
                "server-settings", "--verify", "none");
        assertEquals(0, run.code(), run.err());
        assertEquals("1", server.query(target, "SELECT count(*) FROM m"));
    }

    @Test
    void the_lock_table_of_the_target_must_hold_the_chunks_of_a_hypertable() {
        String source = database();
        server.sql(source, "CREATE TABLE m (t timestamptz NOT NULL, v int)",
                "SELECT create_hypertable('m', 't', chunk_time_interval => interval '1 day')",
                "INSERT INTO m SELECT timestamptz '2024-01-01' + i * interval '1 day', 1 FROM generate_series(1, "
                        + "90) i");
        try (PgServer small =
                Timescale.community("2.13.1").with("max_locks_per_transaction=10", "max_connections=17").start()) {
            String target = small.newDatabase();
            small.sql(target, "CREATE EXTENSION timescaledb");
            assertTrue(findings("locks", CommandRun.preflight(server.uri(source), small.uri(target))).endsWith("""
                    stop locks: the 90 chunks of hypertable public.m need about 180 locks at once and the target's \
                    lock table has room for 170
                    fix: ALTER SYSTEM SET max_locks_per_transaction = 11; and restart the target"""));
        }
    }

    @Test
    void versions_that_were_never_tried_or_cannot_restore_what_is_used_are_told() throws SQLException {
        assertEquals(List.of(), TimescaleSource.tried("2.22.1"));
        assertEquals(
                "[warning: timescaledb: not tested with TimescaleDB 2.20.2, only with 2.13.1, 2.19.3, 2.22.1, 2.29.2]",
                TimescaleSource.tried("2.20.2").toString());
        try (PgServer newer = Timescale.community("2.22.1").start()) {
            String source = newer.newDatabase();
            newer.sql(source, "CREATE EXTENSION timescaledb", "CREATE TABLE m (t timestamptz NOT NULL, v int)",
                    "SELECT create_hypertable('m', 't')",
                    "INSERT INTO m VALUES ('2024-01-01', NULL)");
            try (Session session = newer.session("source", source)) {
                assertEquals(List.of(), TimescaleSource.defects(session, "2.19.3"));
                newer.sql(source, "ALTER TABLE m SET (timescaledb.compress)",
                        "SET timescaledb.enable_chunk_skipping = on",
                        "SELECT enable_chunk_skipping('m', 'v')", "SELECT compress_chunk(show_chunks('m'))");
                assertEquals(List.of(
                        "TimescaleDB 2.19.3 may fail to restore compressed chunks one of whose columns holds "
                                + "nothing but NULL, which the source may have",
                        "TimescaleDB 2.19.3 may fail to restore hypertables with chunk skipping, which the source "
                                + "may have"),
                        TimescaleSource.defects(session, "2.19.3").stream().map(Finding::text).toList());
                assertEquals(1, TimescaleSource.defects(session, "2.20.2").size());
                assertEquals(1, TimescaleSource.defects(session, "2.18.2").size());
                assertEquals(List.of(), TimescaleSource.defects(session, "2.22.1"));
            }
        }
    }

    private static String database() {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        return database;
    }

    private static void mend(String database, String findings) {
        findings.lines().filter(line -> line.startsWith("fix: "))
                .forEach(line -> server.sql(database, line.substring(5)));
    }

    /** What a check found, each with its fix. */
    private static String findings(String check, CommandRun run) {
        List<String> lines = run.out().lines().toList();
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).matches("(ok|warning|stop) +" + check + " .*")) {
                found.append(lines.get(i).replaceFirst("^(\\w+) +(\\w+) +", "$1 $2: ")).append('\n');
                if (i + 1 < lines.size() && lines.get(i + 1).strip().startsWith("fix: ")) {
                    found.append(lines.get(i + 1).strip()).append('\n');
                }
            }
        }
        assertTrue(found.length() > 0, run.out() + run.err());
        return found.toString().strip();
    }
}
