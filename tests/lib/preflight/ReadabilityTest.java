//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.dsn.Dsn;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.PgServer;

/** The GRANT that lets a user read what it cannot read does so, also for a user who inherits nothing. */
class ReadabilityTest {
    @ParameterizedTest
    @CsvSource({"15, 'GRANT USAGE ON SCHEMA closed TO \"reads_little\";'",
            "17, 'GRANT reads_owner TO \"reads_little\" WITH INHERIT TRUE;'"})
    void the_remedy_lets_it_read(int major, String remedy) {
        PgServer server = PgServer.shared(major);
        server.sql("postgres", "CREATE ROLE reads_owner",
                "CREATE ROLE reads_little LOGIN PASSWORD 'little' CREATEROLE NOINHERIT");
        server.administer("reads_little", "reads_owner");
        String database = server.newDatabase();
        server.sql(database, "CREATE SCHEMA closed AUTHORIZATION reads_owner", "CREATE TABLE closed.item (id int)",
                "ALTER TABLE closed.item OWNER TO reads_owner");
        List<Finding> findings = check(server, database);
        assertEquals(remedy, findings.get(0).fix());
        for (Finding finding : findings) {
            if (major >= 16) {
                server.sql(database, "SET ROLE reads_little", finding.fix());
            } else {
                server.sql(database, finding.fix());
            }
        }
        assertEquals(List.of(Finding.Level.OK), check(server, database).stream().map(Finding::level).toList());
        server.sql("postgres", "DROP DATABASE " + database, "DROP ROLE reads_little", "DROP ROLE reads_owner");
    }

    private static List<Finding> check(PgServer server, String database) {
        Server source = Server.connect(
                Dsn.parse("source", server.uri(database, "reads_little", "little"), false, Map.of()));
        try (Session session = source.session()) {
            return new Readability(session, "reads_little", Selection.resolve(session, new Filters())).check();
        }
    }
}
