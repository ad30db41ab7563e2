//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.postgresql:postgresql:42.7.14

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import lib.talk.Failure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/** Where each parameter comes from, and what becomes of it. */
class DsnTest {
    private static final String KEEPALIVES =
            " keepalives=1 keepalives_idle=30 keepalives_interval=10 keepalives_count=6";

    @TempDir
    Path home;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void home() {
        environment.put("HOME", home.toString());
    }

    @Test
    void without_anything_it_is_the_user_on_this_machine() {
        Dsn dsn = parse(null);
        String user = System.getProperty("user.name");
        assertEquals("localhost", dsn.host());
        assertEquals(5432, dsn.port());
        assertEquals(user, dsn.user());
        assertEquals(user, dsn.database());
        assertNull(dsn.password());
        assertEquals("source", dsn.side());
        assertEquals(List.of(), dsn.warnings());
    }

    @Test
    void the_database_is_named_like_the_user() {
        assertEquals("alice", parse("user=alice").database());
        assertEquals("alice", parse("user=alice dbname=''").database());
        environment.put("PGDATABASE", "env");
        assertEquals("env", parse("postgresql://alice@h/").database());
        assertEquals("alice", parse("user=alice dbname=''").database());
    }

    @Test
    void the_string_comes_before_the_service_before_the_environment() throws IOException {
        Files.writeString(home.resolve(".pg_service.conf"), "[s]\nhost=service\nport=2\nuser=service\n");
        environment.putAll(Map.of("PGHOST", "env", "PGPORT", "1", "PGUSER", "env", "PGDATABASE", "env"));
        assertEquals("postgresql://env@env:1/env", parse("").display());
        assertEquals("postgresql://service@service:2/env", parse("service=s").display());
        assertEquals("postgresql://service@string:2/db", parse("postgresql://string/db?service=s").display());
        environment.put("PGSERVICE", "s");
        assertEquals("postgresql://service@service:2/bare", parse("bare").display());
    }

    @Test
    void the_password_is_given_or_in_the_environment_or_in_a_file() throws IOException {
        passFile(".pgpass", "*:*:*:*:from home\n");
        passFile("other", "*:*:*:*:from other\n");
        assertEquals("from home", parse("host=h").password());
        assertEquals("from other", parse("host=h passfile=" + home.resolve("other")).password());
        environment.put("PGPASSFILE", home.resolve("other").toString());
        assertEquals("from other", parse("host=h").password());
        environment.put("PGPASSWORD", "from environment");
        assertEquals("from environment", parse("host=h").password());
        assertEquals("given", parse("host=h password=given").password());
        assertEquals("from other", parse("host=h password=''").password());
    }

    @Test
    void the_pass_file_is_asked_for_the_name_or_else_the_address() throws IOException {
        passFile(".pgpass", "name:5432:d:u:by name\n10.0.0.1:5432:d:u:by address\nlocalhost:5432:d:u:by default\n");
        assertEquals("by name", parse("host=name hostaddr=10.0.0.1 dbname=d user=u").password());
        assertEquals("by address", parse("hostaddr=10.0.0.1 dbname=d user=u").password());
        assertEquals("by default", parse("dbname=d user=u").password());
        assertNull(parse("dbname=d user=v").password());
    }

    @Test
    void several_hosts_have_one_password() throws IOException {
        passFile(".pgpass", "a:*:*:*:same\nb:*:*:*:same\nc:*:*:*:hunter2\n");
        assertEquals("same", parse("host=a,b user=u").password());
        Failure failure = assertThrows(Failure.class, () -> parse("host=a,c user=u"));
        assertEquals("the password file \"" + home.resolve(".pgpass")
                + "\" does not give the same password for all hosts of the source (postgresql://u@a:5432,c:5432/u)",
                failure.getMessage());
    }

    @Test
    void a_readable_pass_file_is_warned_of() throws IOException {
        passFile(".pgpass", "*:*:*:*:secret\n");
        Files.setPosixFilePermissions(home.resolve(".pgpass"), PosixFilePermissions.fromString("rw----r--"));
        assertNull(parse("host=a,b").password());
        assertEquals(List.of("password file \"" + home.resolve(".pgpass")
                + "\" has group or world access and is ignored; permissions should be u=rw (0600) or less"),
                parse("host=a,b").warnings());
    }

    @Test
    void a_password_is_on_the_command_line_only_if_it_was_typed_there() {
        String text = "postgresql://u:secret@h/db";
        assertTrue(Dsn.parse("source", text, true, environment).passwordOnCommandLine());
        assertTrue(Dsn.parse("source", "password=secret", true, environment).passwordOnCommandLine());
        assertFalse(Dsn.parse("source", text, false, environment).passwordOnCommandLine());
        environment.put("PGPASSWORD", "secret");
        assertFalse(Dsn.parse("source", "postgresql://u@h/db", true, environment).passwordOnCommandLine());
    }

    @Test
    void what_is_shown_holds_no_secret_and_is_a_uri() {
        Dsn dsn = parse("postgresql://us%40er:hunter2@[::1]:1,h:2/d%2Fb%20%C3%A9?options=-c%20a&application_name=x");
        assertEquals("postgresql://us%40er@[::1]:1,h:2/d%2Fb%20%C3%A9", dsn.display());
        assertEquals(dsn.display(), dsn.toString());
        assertEquals("hunter2", dsn.password());
    }

    @Test
    void the_driver_reads_the_same_parameters() {
        driverReads("postgresql://u:p%3A@h:6000/d%2Fb%20+%3F?application_name=x%20y",
                "PGHOST=h PGPORT=6000 PGDBNAME=d/b +? user=u password=p: ApplicationName=x y connectTimeout=10 "
                        + "tcpKeepAlive=true sslmode=prefer");
        driverReads(
                "host=::1,h2 port=1,2 dbname=d user=u connect_timeout=-1 keepalives=0 sslmode=disable options='-c a=b'",
                "PGHOST=[::1],h2 PGPORT=1,2 PGDBNAME=d connectTimeout=0 tcpKeepAlive=false sslmode=disable "
                        + "options=-c a=b");
        driverReads("hostaddr=10.0.0.1 user=u", "PGHOST=10.0.0.1 PGPORT=5432 PGDBNAME=u socketFactory=null");
        driverReads("host=a,b hostaddr=10.0.0.1,10.0.0.2",
                "PGHOST=a,b socketFactory=lib.dsn.AddressSocketFactory "
                        + "socketFactoryArg=a:5432=10.0.0.1,b:5432=10.0.0.2");
        driverReads(
                "channel_binding=require gssencmode=disable krbsrvname=k require_auth=!password "
                        + "load_balance_hosts=random",
                "channelBinding=require gssEncMode=disable kerberosServerName=k requireAuth=!password "
                        + "loadBalanceHosts=true");
        driverReads("load_balance_hosts=disable sslnegotiation=direct sslmode=require",
                "loadBalanceHosts=false sslNegotiation=direct sslmode=require");
        driverReads("fallback_application_name=fallback", "ApplicationName=fallback");
        driverReads("", "ApplicationName=tsmigrate password=");
        environment.putAll(Map.of("PGAPPNAME", "env", "PGCONNECT_TIMEOUT", "3", "PGOPTIONS", "-c a=b"));
        driverReads("fallback_application_name=fallback", "ApplicationName=env connectTimeout=3 options=-c a=b");
    }

    @Test
    void the_driver_knows_fewer_kinds_of_servers() {
        Map.of("any", "any", "read-write", "primary", "primary", "primary", "read-only", "secondary", "standby",
                "secondary", "prefer-standby",
                "preferSecondary")
                .forEach((libpq, jdbc) -> driverReads("target_session_attrs=" + libpq, "targetServerType=" + jdbc));
    }

    @Test
    void client_tools_get_everything_but_secrets() {
        assertEquals("host=h port=5432 dbname=u user=u connect_timeout=10 application_name=tsmigrate" + KEEPALIVES,
                parse("postgresql://u:hunter2@h").conninfo());
        assertEquals(
                "host=a,b port=1,2 dbname='it\\'s a \\\\ db' user=u connect_timeout=5 application_name='my app'"
                        + KEEPALIVES
                        + " options='-c a=b' sslmode=disable",
                parse("host=a,b port=1,2 dbname='it\\'s a \\\\ db' user=u password=hunter2 connect_timeout=5"
                        + " application_name='my app' options='-c a=b' sslmode=disable passfile=/nowhere "
                        + "client_encoding=LATIN1")
                        .conninfo());
        assertEquals("hostaddr=10.0.0.1 port=5432 dbname=u user=u connect_timeout=10 application_name=tsmigrate"
                + " keepalives=0 keepalives_idle=7 keepalives_interval=10 keepalives_count=6 tcp_user_timeout=9",
                parse("hostaddr=10.0.0.1 user=u keepalives=0 keepalives_idle=7 tcp_user_timeout=9").conninfo());
    }

    @Test
    void client_tools_get_what_a_service_and_the_environment_say() throws IOException {
        Files.writeString(home.resolve(".pg_service.conf"), "[s]\nhost=service\nsslmode=disable\npassword=hunter2\n");
        environment.putAll(Map.of("PGSERVICE", "s", "PGUSER", "u", "PGAPPNAME", "env", "PGOPTIONS", "-c a=b",
                "PGCLIENTENCODING", "LATIN1"));
        assertEquals("host=service port=5432 dbname=u user=u connect_timeout=10 application_name=env" + KEEPALIVES
                + " options='-c a=b' sslmode=disable", parse("").conninfo());
    }

    @Test
    void older_client_tools_do_not_get_what_they_do_not_know() {
        Dsn dsn = parse("host=h sslmode=require sslnegotiation=direct load_balance_hosts=random");
        assertTrue(dsn.conninfo(17).endsWith(" load_balance_hosts=random sslmode=require sslnegotiation=direct"),
                dsn.conninfo(17));
        assertTrue(dsn.conninfo(16).endsWith(" load_balance_hosts=random sslmode=require"), dsn.conninfo(16));
        assertTrue(dsn.conninfo(15).endsWith(" sslmode=require"), dsn.conninfo(15));
        refusesClient("require_auth=scram-sha-256",
                "the client tools of PostgreSQL 15 do not know require_auth=scram-sha-256, which the source asks for");
        refusesClient("host=h sslrootcert=system",
                "the client tools of PostgreSQL 15 do not know sslrootcert=system, which the source asks for");
        environment.put("PGREQUIREAUTH", "!password");
        refusesClient("host=h",
                "the client tools of PostgreSQL 15 do not know require_auth=!password (in PGREQUIREAUTH), which "
                        + "the source asks for");
    }

    @Test
    void client_tools_find_the_password_in_a_private_file() throws IOException {
        Dsn dsn = parse("host=h user=u password='a:b\\\\c'");
        Map<String, String> variables = dsn.toolEnvironment();
        Path file = Path.of(variables.get("PGPASSFILE"));
        assertEquals(Set.of("PGPASSFILE"), variables.keySet());
        assertEquals("*:*:*:*:a\\:b\\\\c\n", Files.readString(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(variables, dsn.toolEnvironment());
        assertEquals(variables, dsn.withDatabase("other").toolEnvironment());
        assertEquals("*:*:*:*:other\n",
                Files.readString(Path.of(dsn.withPassword("other").toolEnvironment().get("PGPASSFILE"))));
        assertEquals("", Files.readString(Path.of(parse("host=h").toolEnvironment().get("PGPASSFILE"))));
    }

    @Test
    void every_variable_that_libpq_reads_is_kept_from_client_tools() {
        assertTrue(ToolEnvironment.unset().containsAll(Set.of("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER",
                "PGPASSWORD", "PGPASSFILE",
                "PGREQUIREAUTH", "PGCHANNELBINDING", "PGSERVICE", "PGSERVICEFILE", "PGOPTIONS", "PGAPPNAME",
                "PGSSLMODE", "PGREQUIRESSL",
                "PGSSLNEGOTIATION", "PGSSLCOMPRESSION", "PGSSLCERT", "PGSSLKEY", "PGSSLCERTMODE", "PGSSLROOTCERT",
                "PGSSLCRL", "PGSSLCRLDIR",
                "PGSSLSNI", "PGREQUIREPEER", "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION", "PGGSSENCMODE",
                "PGKRBSRVNAME", "PGGSSLIB",
                "PGGSSDELEGATION", "PGCONNECT_TIMEOUT", "PGCLIENTENCODING", "PGTARGETSESSIONATTRS",
                "PGLOADBALANCEHOSTS",
                "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGSYSCONFDIR")),
                ToolEnvironment.unset().toString());
    }

    @Test
    void another_database_is_on_the_same_server() {
        Dsn other = parse("postgresql://u:hunter2@h:1/db?sslmode=disable").withDatabase("d'2");
        assertEquals("postgresql://u@h:1/d%272", other.display());
        assertEquals("hunter2", other.password());
        assertTrue(other.conninfo().contains(" dbname='d\\'2' "), other.conninfo());
        assertEquals("d'2", Driver.parseURL(other.jdbcUrl(), other.jdbcProperties()).getProperty("PGDBNAME"));
    }

    @Test
    void a_password_can_be_added_later() {
        Dsn dsn = parse("postgresql://u@h/db").withPassword("asked");
        assertEquals("asked", dsn.password());
        assertEquals("asked", dsn.jdbcProperties().getProperty("password"));
    }

    @Test
    void what_only_the_client_tools_follow_is_said() {
        assertEquals(List
                .of("sslsni holds for the client tools only: the JDBC driver always names the host when it opens TLS"),
                parse("host=h sslsni=0").warnings());
        environment.put("PGMINPROTOCOLVERSION", "3.2");
        assertEquals(List.of(
                "min_protocol_version (in PGMINPROTOCOLVERSION) holds for the client tools only: the JDBC driver "
                        + "speaks protocol 3.0"),
                parse("host=h").warnings());
    }

    private Dsn parse(String text) {
        return Dsn.parse("source", text, true, environment);
    }

    private void passFile(String name, String text) throws IOException {
        Files.writeString(home.resolve(name), text);
        Files.setPosixFilePermissions(home.resolve(name), PosixFilePermissions.fromString("rw-------"));
    }

    private void driverReads(String text, String expected) {
        Dsn dsn = parse(text);
        Properties read = Driver.parseURL(dsn.jdbcUrl(), dsn.jdbcProperties());
        dsn.jdbcProperties().stringPropertyNames().forEach(name -> assertTrue(PGProperty.forName(name) != null,
                name + " is no property of the driver"));
        for (String pair : expected.split(" (?=\\w+=)(?!a=)")) {
            String name = pair.substring(0, pair.indexOf('='));
            assertEquals(pair, name + '=' + read.getProperty(name), text);
        }
    }

    private void refusesClient(String text, String message) {
        Failure failure = assertThrows(Failure.class, () -> parse(text).conninfo(15));
        assertEquals(message, failure.getMessage());
        assertEquals("install the client tools of PostgreSQL 16 or newer", failure.hint());
        assertEquals(Failure.REFUSED, failure.exitCode());
    }
}
