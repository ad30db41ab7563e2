package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * A database as Timescale Cloud hands it out, on a real server of the community edition: its owner {@code tsdbadmin} is
 * no superuser, the extension belongs to {@code postgres}, and what the owner may do with it stands in
 * sql/managed-timescale.sql and sql/cloud-double.sql.
 */
public final class CloudDouble {
    public static final String USER = "tsdbadmin";
    private static final String PASSWORD = "tsdb@dmin's";
    private static final Path SQL = Path.of("tests/sql");

    private CloudDouble() {
    }

    /**
     * Makes such a database.
     *
     * @param version of timescaledb, one that the server offers
     * @return its name, which no other has
     */
    public static String make(PgServer server, String version) {
        server.sql("postgres", """
                DO $$ BEGIN
                    IF to_regrole('%1$s') IS NULL THEN
                        CREATE ROLE %1$s LOGIN NOSUPERUSER CREATEROLE CREATEDB NOREPLICATION NOBYPASSRLS PASSWORD \
                '%2$s';
                    END IF;
                END $$""".formatted(USER, PASSWORD.replace("'", "''")));
        String database = server.newDatabase("OWNER " + USER);
        // Nothing else may load another version of the extension into the session that creates this one.
        server.sql(database, "CREATE EXTENSION timescaledb SCHEMA public VERSION '" + version + "'");
        grants(true).forEach(grants -> server.sql(database,
                grants.replace("@extschema@", "public").replace("@database_owner@", USER)));
        return database;
    }

    /**
     * Makes such a database whose owner may drop, create and update timescaledb too: through pgextwlist, as on Cloud. A
     * test is skipped where Debian's package of it is not installed.
     */
    public static String makeWithExtensionRights(PgServer server, String version) {
        Path library = Path.of("/usr/lib/postgresql", String.valueOf(server.major()), "lib/pgextwlist.so");
        if (!Files.exists(library)) {
            throw Requirement.missing(
                    "needs pgextwlist; run: sudo apt-get install -y postgresql-" + server.major() + "-pgextwlist");
        }
        String database = make(server, version);
        Path scripts = server.socketFolder().resolve("extwlist");
        try {
            Files.createDirectories(scripts.resolve("timescaledb"));
            for (String script : new String[]{"after-create.sql", "after-update.sql"}) {
                Files.writeString(scripts.resolve("timescaledb").resolve(script), String.join("\n", grants(true)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.sql("postgres", "ALTER DATABASE " + database + " SET session_preload_libraries = '" + library + "'",
                "ALTER DATABASE " + database + " SET extwlist.extensions = 'timescaledb'",
                "ALTER DATABASE " + database + " SET extwlist.custom_path = '" + scripts + "'");
        return database;
    }

    /** What the owner connects with. */
    public static String uri(PgServer server, String database) {
        return server.uri(database, USER, PASSWORD);
    }

    /** The owner's session. */
    public static Connection connect(PgServer server, String database) throws SQLException {
        return server.connect(database, USER, PASSWORD);
    }

    /**
     * @return what the service's superuser runs after CREATE EXTENSION timescaledb, on Cloud or on any managed service
     */
    static List<String> grants(boolean cloud) {
        try {
            String managed = Files.readString(SQL.resolve("managed-timescale.sql"));
            return cloud ? List.of(managed, Files.readString(SQL.resolve("cloud-double.sql"))) : List.of(managed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
