//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.dsn.Dsn;
import lib.facts.Difference;
import lib.facts.FactIdentity;
import lib.facts.FactKind;
import lib.server.Server;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.Snapshot;
import lib.talk.Console;
import lib.tools.RefusedStatement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/** A refused privilege explains the difference that follows from it, and no other one. */
class RefusedPrivilegesTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`',
            value = {"GRANT USAGE ON SCHEMA shop TO clerk | SCHEMA | | shop | | clerk | true",
                    "GRANT USAGE ON SCHEMA shop TO clerk | TABLE | shop | item | | clerk | false",
                    "GRANT USAGE ON SCHEMA shop TO clerk | SCHEMA | | shop | | boss | false",
                    "GRANT USAGE ON SCHEMA shop TO clerk | TYPE | | shop | | clerk | false",
                    "GRANT SELECT ON TABLE shop.item TO clerk | VIEW | shop | item | | clerk | true",
                    "GRANT SELECT ON TABLE shop.item TO clerk | COLUMN | shop | item | id | clerk | false",
                    "GRANT SELECT(id) ON TABLE shop.item TO clerk | COLUMN | shop | item | id | clerk | true",
                    "GRANT SELECT(id) ON TABLE shop.item TO clerk | COLUMN | shop | item | price | clerk | false",
                    "GRANT ALL ON FUNCTION shop.f(i int) TO clerk | FUNCTION | shop | f | | clerk | true",
                    "GRANT ALL ON FUNCTION shop.f(i integer) TO clerk | FUNCTION | shop | ff | | clerk | false",
                    "GRANT USAGE ON TYPE shop.mood TO clerk | ENUM | shop | mood | | clerk | true",
                    "GRANT ALL ON DATABASE shop TO clerk | DATABASE | | | | clerk | true",
                    "GRANT SELECT ON TABLE a.\"b.c\" TO clerk | TABLE | a.b | c | | clerk | false",
                    "GRANT SELECT ON TABLE \"a.b\".c TO clerk | TABLE | a.b | c | | clerk | true",
                    "GRANT SELECT ON TABLE shop.\"x\"\"y\" TO clerk | TABLE | shop | xy | | clerk | false",
                    "GRANT SELECT ON TABLE shop.item TO \"c\"\"k\" | TABLE | shop | item | | ck | false",
                    "GRANT SELECT ON TABLE shop.item TO PUBLIC | TABLE | shop | item | | PUBLIC | true"})
    void its_own(String statement, FactKind kind, String schema, String name, String column, String grantee,
            boolean explained) {
        RefusedPrivileges refused =
                new RefusedPrivileges(List.of(new RefusedStatement(statement, "permission denied")));
        assertEquals(explained, refused.explainGrant(new Difference(kind, Difference.GRANT,
                new FactIdentity("it", schema, name, column, null, false), grantee, "usage", "missing")));
    }

    /** Of every kind of object that pg_dump grants on: the kinds of both sides' words must meet. */
    @Test
    void each_that_pg_dump_grants_where_all_are_missing() {
        PgServer server = Sides.shared().source();
        String source = server.newDatabase();
        server.sql("postgres", "CREATE ROLE granted_reader", "CREATE ROLE granted_giver");
        server.sql(source, "CREATE SCHEMA s", "CREATE TABLE s.t (a int, \"b c\" int)",
                "CREATE TABLE s.parts (a int) PARTITION BY RANGE (a)", "CREATE VIEW s.v AS SELECT 1 AS x",
                "CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS x", "CREATE SEQUENCE s.q",
                "CREATE FUNCTION s.f(a int, \"to\" text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE PROCEDURE s.p() LANGUAGE sql AS ''",
                "CREATE AGGREGATE s.sum2(int) (SFUNC = int4pl, STYPE = int)", "CREATE DOMAIN s.d AS int",
                "CREATE TYPE s.e AS ENUM ('a')", "CREATE TYPE s.c AS (x int)",
                "CREATE TYPE s.r AS RANGE (SUBTYPE = int4)", "CREATE FOREIGN DATA WRAPPER w",
                "CREATE SERVER far FOREIGN DATA WRAPPER w", "CREATE FOREIGN TABLE s.ft (a int) SERVER far",
                "GRANT ALL ON SCHEMA s TO granted_reader, granted_giver WITH GRANT OPTION",
                "GRANT SELECT ON s.t, s.parts, s.v, s.m, s.ft TO granted_reader",
                "GRANT SELECT (a), UPDATE (\"b c\") ON s.t TO granted_reader",
                "GRANT ALL ON SEQUENCE s.q TO granted_reader",
                "GRANT EXECUTE ON FUNCTION s.f, s.sum2 TO granted_reader",
                "GRANT EXECUTE ON PROCEDURE s.p TO granted_reader",
                "GRANT USAGE ON TYPE s.d, s.e, s.c, s.r TO granted_reader",
                "GRANT USAGE ON FOREIGN DATA WRAPPER w TO granted_reader",
                "GRANT USAGE ON FOREIGN SERVER far TO granted_reader",
                "ALTER DEFAULT PRIVILEGES FOR ROLE granted_giver IN SCHEMA s GRANT SELECT ON TABLES TO granted_reader",
                "ALTER DEFAULT PRIVILEGES FOR ROLE granted_giver REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC");
        String bare = server.newDatabase();
        String dump = dump(server, source, "all.sql");
        dump(server, source, "bare.sql", "--no-privileges");
        tool("psql", server, bare, "-Xq", "-f", folder.resolve("bare.sql").toString());
        List<Difference> missing = differences(server, source, bare).stream()
                .filter(Difference::ofPrivileges).toList();
        Set<String> kinds = missing.stream().map(difference -> difference.kind().word())
                .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(kinds.containsAll(Set.of("schema", "table", "partitioned table", "view", "materialized view",
                "foreign table", "column", "sequence", "function", "aggregate", "procedure", "domain", "enum",
                "composite type", "range", "foreign-data wrapper", "server", "default privileges")),
                kinds.toString());

        RefusedPrivileges refused = new RefusedPrivileges(Stream.of(dump.split(";\n"))
                .map(statement -> new RefusedStatement(statement.replaceAll("(?m)^(--.*)?\n", ""), "refused"))
                .toList());
        assertEquals(List.of(), missing.stream().filter(difference -> !refused.explainGrant(difference)).toList());
        server.sql("postgres", "DROP DATABASE " + source, "DROP DATABASE " + bare, "DROP ROLE granted_reader",
                "DROP ROLE granted_giver");
    }

    private String dump(PgServer server, String database, String name, String... options) {
        String file = folder.resolve(name).toString();
        tool("pg_dump", server, database, Stream.concat(Stream.of("--schema-only", "--file=" + file),
                Stream.of(options)).toArray(String[]::new));
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void tool(String name, PgServer server, String database, String... arguments) {
        Run.of(Stream.concat(Stream.of(Oracle.clients(server.major()).resolve(name).toString()),
                Stream.of(arguments)).toList(), server.environment(database), null).orFail();
    }

    private static List<Difference> differences(PgServer server, String source, String target) {
        Server from = Server.connect(Dsn.parse("source", server.uri(source), false, Map.of()));
        Server to = Server.connect(Dsn.parse("target", server.uri(target), false, Map.of()));
        Selection selection;
        try (Session session = from.session()) {
            selection = Selection.resolve(session, new Filters());
        }
        try (Snapshot snapshot = Snapshot.take(from, selection, new Console())) {
            return new Verification(snapshot, ComputingSessions.on(to, System.getenv(), new Console()), selection,
                    new Console(), 1).run(Verification.Level.OBJECTS);
        } finally {
            to.abandon();
            from.abandon();
        }
    }
}
