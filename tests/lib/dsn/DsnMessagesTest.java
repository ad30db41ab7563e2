//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.talk.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way to get connection parameters wrong: one line each, on the right side, and nothing of a password in it. */
class DsnMessagesTest {
    private static final String ENCODE =
            "percent-encode special characters: % as %25, @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, & as "
                    + "%26, = as %3D, blank as %20";
    private static final String QUOTE =
            "a value with blanks is written 'in quotes', with \\' and \\\\ for ' and \\ in it";
    private static final String EXAMPLE =
            "write postgresql://user@host:5432/database or \"host=… port=… dbname=… user=…\"";

    @TempDir
    Path home;
    private final Map<String, String> environment = new HashMap<>();

    @Test
    void unknown_options() {
        refuses("host=h foo=bar", "invalid connection option \"foo\" for the source",
                "options are named as in libpq: host, port, dbname, user, sslmode, …");
        refuses("postgresql://h/db?foo=bar", "invalid connection option \"foo\" for the source",
                "options are named as in libpq: host, port, dbname, user, sslmode, …");
        refuses("database=db", "invalid connection option \"database\" for the source", "did you mean \"dbname\"?");
        refuses("postgresql://h/db?connectTimeout=3", "invalid connection option \"connectTimeout\" for the source",
                "did you mean \"connect_timeout\"?");
        refuses("postgresql://h/db?targetServerType=primary",
                "invalid connection option \"targetServerType\" for the source",
                "did you mean \"target_session_attrs\"?");
        refuses("host=h ssl=true", "invalid connection option \"ssl\" for the source", "did you mean \"sslmode\"?");
        refuses("postgresql://h/db?ssl=false", "invalid connection option \"ssl\" for the source",
                "did you mean \"sslmode\"?");
        refuses("PGHOST=h", "invalid connection option \"PGHOST\" for the source", "did you mean \"host\"?");
    }

    @Test
    void schemes() {
        refuses("postgress://u:hunter2@h/db", "unknown scheme \"postgress\" in the connection URI for the source",
                EXAMPLE);
        refuses("http://h/?a=b", "unknown scheme \"http\" in the connection URI for the source", EXAMPLE);
        refuses("jdbc:postgresql://h/db?password=hunter2", "the source is given as a JDBC URL",
                "leave off \"jdbc:\", and write user and password as postgresql://user:password@host:port/database");
    }

    @Test
    void what_is_neither_a_uri_nor_pairs_nor_a_name() {
        for (String text : List.of("bob:hunter2@h/db", "bob:hunter2@h/db?sslmode=require", "postgres:/bob:hunter2@h/db",
                "my db hunter2")) {
            refuses(text,
                    "the connection string for the source is neither a URI nor key=value pairs nor a plain "
                            + "database name",
                    EXAMPLE + "; a database name with other characters is written dbname='…'");
        }
    }

    @Test
    void pairs() {
        refuses("host h",
                "the connection string for the source is neither a URI nor key=value pairs nor a plain database name",
                EXAMPLE + "; a database name with other characters is written dbname='…'");
        refuses("host=h port", "missing \"=\" after \"port\" in the connection string for the source", QUOTE);
        refuses("host=h port dbname=x", "missing \"=\" after \"port\" in the connection string for the source", QUOTE);
        refuses("password=my hunter2 host=h",
                "no connection option follows the value of \"password\" in the connection string for the source",
                QUOTE);
        refuses("password=my hunter2=h",
                "no connection option follows the value of \"password\" in the connection string for the source",
                QUOTE);
        refuses("host=h p/hunter2=h",
                "no connection option follows the value of \"host\" in the connection string for the source", QUOTE);
        refuses("host=h password='hunter2", "unterminated quoted string in the connection string for the source",
                QUOTE);
    }

    @Test
    void passwords_that_are_not_encoded() {
        for (String text : List.of("postgresql://u:hun@ter2@h/db", "postgresql://u:hunter2@x/y@h/db",
                "postgresql://u:1/hunter2@h/db",
                "postgresql://u:hunter2/x@h/db")) {
            refuses(text, "the connection URI for the source has an \"@\" where none can stand", ENCODE);
        }
        refuses("postgresql://u:hunt%er2@h/db",
                "invalid percent-encoding in the password in the connection URI for the source", ENCODE);
        refuses("postgresql://u:hunter2%@h/db",
                "invalid percent-encoding in the password in the connection URI for the source", ENCODE);
        refuses("postgresql://u:hunter2%00@h/db",
                "invalid percent-encoding in the password in the connection URI for the source", ENCODE);
        refuses("postgresql://u:hunter2%FF@h/db",
                "the percent-encoding in the password in the connection URI for the source is not UTF-8", null);
        refuses("postgresql://u:hun ter2@h/db", "unexpected blank in the password in the connection URI for the source",
                "write it as %20");
        refuses("postgresql://u:1?hunter2=x/w@h/db", "invalid connection option in the connection URI for the source",
                ENCODE);
        refuses("postgresql://u:1?hunter2/w@h/db", "missing \"=\" in a parameter of the connection URI for the source",
                ENCODE);
        refuses("postgresql:///db?password=x&hunter2=y",
                "invalid connection option in the connection URI for the source", ENCODE);
        refuses("postgresql://u:x@hun#ter2", "invalid host for the source",
                "several hosts are separated by commas, and the port is given as port");
        refuses("postgresql://u:hunter2", "invalid port in the connection URI for the source",
                "a port is a number from 1 to 65535; in user and password, " + ENCODE);
    }

    @Test
    void uris() {
        refuses("postgresql://u@h:70000/db", "invalid port \"70000\" in the connection URI for the source",
                "a port is a number from 1 to 65535");
        refuses("postgresql://u@h:x/db", "invalid port \"x\" in the connection URI for the source",
                "a port is a number from 1 to 65535");
        refuses("postgresql://[::1/db", "missing \"]\" after an IPv6 address in the connection URI for the source",
                null);
        refuses("postgresql://[]/db", "empty IPv6 address in the connection URI for the source", null);
        refuses("postgresql://[::1]5432/db", "unexpected character after \"]\" in the connection URI for the source",
                "an IPv6 address is written [address]:port");
        refuses("postgresql://h/db?sslmode",
                "missing \"=\" in parameter \"sslmode\" of the connection URI for the source", ENCODE);
        refuses("postgresql://h/db?options=a=b",
                "extra \"=\" in parameter \"options\" of the connection URI for the source", ENCODE);
        refuses("postgresql://h/db?options=%zz",
                "invalid percent-encoding in the parameter \"options\" in the connection URI for the source",
                ENCODE);
    }

    @Test
    void hosts_and_ports() {
        refuses("port=0", "invalid port \"0\" for the source", "a port is a number from 1 to 65535");
        refuses("host=h port=54a", "invalid port \"54a\" for the source", "a port is a number from 1 to 65535");
        refuses("host=a,b port=1,2,3", "could not match 3 port numbers to 2 hosts for the source", null);
        refuses("host=a,b,c hostaddr=10.0.0.1,10.0.0.2",
                "could not match 3 host names to 2 hostaddr values for the source", null);
        refuses("hostaddr=example.org", "invalid hostaddr \"example.org\" for the source",
                "hostaddr is a numeric address; a name is given as host");
        refuses("host=h:5432", "invalid host \"h:5432\" for the source",
                "several hosts are separated by commas, and the port is given as port");
        refuses("host='h?user=x'", "invalid host for the source",
                "several hosts are separated by commas, and the port is given as port");
        refuses("host=h,h hostaddr=10.0.0.1,10.0.0.2",
                "the host \"h\" of the source has two addresses, \"10.0.0.1\" and \"10.0.0.2\"",
                "give one hostaddr for each host name");
    }

    @Test
    void unix_sockets() {
        String hint = "use host=localhost port=5433; "
                + "psql -h /var/run/postgresql -p 5433 -d postgres -Atc \"show listen_addresses\" says where the "
                + "server listens";
        String message =
                "the host \"/var/run/postgresql\" of the source is a Unix socket, and this tool connects through TCP";
        refuses("host=/var/run/postgresql port=5433", message, hint);
        refuses("postgresql://%2Fvar%2Frun%2Fpostgresql:5433/db", message, hint);
        refuses("postgresql:///db?host=/var/run/postgresql&port=5433", message, hint);
        refuses("host=@abstract",
                "the host \"@abstract\" of the source is a Unix socket, and this tool connects through TCP",
                "use host=localhost port=5432; psql -h @abstract -p 5432 -d postgres -Atc \"show "
                        + "listen_addresses\" says where the server listens");
        environment.put("PGHOST", "/tmp");
        refuses("mydb",
                "the host \"/tmp\" (in PGHOST) of the source is a Unix socket, and this tool connects through TCP",
                "use host=localhost port=5432; psql -h /tmp -p 5432 -d postgres -Atc \"show listen_addresses\" "
                        + "says where the server listens");
    }

    @Test
    void values() {
        refuses("sslmode=required", "invalid sslmode \"required\" for the source",
                "it is one of disable, allow, prefer, require, verify-ca, verify-full");
        refuses("connect_timeout=soon", "invalid connect_timeout \"soon\" for the source", null);
        refuses("ssl_max_protocol_version=TLSv1.1",
                "there is no TLS version from TLSv1.2 to TLSv1.1 for the source, of those that Java speaks: "
                        + "TLSv1.2, TLSv1.3",
                "give ssl_min_protocol_version and ssl_max_protocol_version so that one of them is between");
        environment.put("PGTARGETSESSIONATTRS", "master");
        refuses("mydb", "invalid target_session_attrs \"master\" (in PGTARGETSESSIONATTRS) for the source",
                "it is one of any, read-write, read-only, primary, standby, prefer-standby");
    }

    @Test
    void parameters_that_protect_the_connection_and_that_the_driver_does_not_know() {
        refuses("sslcrl=x", "sslcrl cannot be used for the source: the JDBC driver does not read revocation lists",
                null);
        refuses("sslcertmode=require",
                "sslcertmode cannot be used for the source: the JDBC driver cannot insist that the server asks for "
                        + "a certificate",
                null);
        refuses("oauth_issuer=x",
                "oauth_issuer cannot be used for the source: the JDBC driver cannot sign in with OAuth", null);
        refuses("scram_client_key=hunter2",
                "scram_client_key cannot be used for the source: the JDBC driver signs in with passwords, not with "
                        + "SCRAM keys",
                null);
        refuses("replication=database",
                "replication cannot be used for the source: a replication connection runs no queries", null);
        environment.put("PGSSLCRLDIR", "/x");
        refuses("mydb",
                "sslcrldir (in PGSSLCRLDIR) cannot be used for the source: the JDBC driver does not read "
                        + "revocation lists",
                null);
    }

    @Test
    void the_side_is_named() {
        Failure failure = assertThrows(Failure.class, () -> Dsn.parse("target", "foo=bar", true, Map.of()));
        assertEquals("invalid connection option \"foo\" for the target", failure.getMessage());
    }

    private void refuses(String text, String message, String hint) {
        environment.put("HOME", home.toString());
        Failure failure = assertThrows(Failure.class, () -> Dsn.parse("source", text, true, environment), text);
        assertEquals(message, failure.getMessage());
        assertEquals(hint, failure.hint());
        assertEquals(2, failure.exitCode());
        assertFalse((failure.getMessage() + failure.hint() + failure.detail()).matches(".*(hun|ter2).*"),
                "a piece of the password is shown");
    }
}
