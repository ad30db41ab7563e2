//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a connection string says, as PostgreSQL's manual (34.1.1) and libpq's own URI tests have it. */
class ConnectionStringTest {
    @Test
    void a_uri_may_have_every_part_or_none() {
        says("postgresql://", "");
        says("postgresql://localhost", "host=localhost");
        says("postgresql://localhost:5433", "host=localhost port=5433");
        says("postgresql://localhost/mydb", "dbname=mydb host=localhost");
        says("postgresql://user@localhost", "host=localhost user=user");
        says("postgresql://user:secret@localhost", "host=localhost password=secret user=user");
        says("postgres://user:secret@localhost:1/mydb", "dbname=mydb host=localhost password=secret port=1 user=user");
        says("postgresql:///mydb", "dbname=mydb");
        says("postgresql:///", "");
        says("postgresql://?host=localhost", "host=localhost");
        says("postgresql://host?", "host=host");
        says("postgresql://@host/", "host=host");
        says("postgresql://:@host/", "host=host");
        says("postgresql://:secret@host", "host=host password=secret");
        says("postgresql:///mydb?host=localhost&port=5433&user=other",
                "dbname=mydb host=localhost port=5433 user=other");
    }

    @Test
    void everything_in_a_uri_may_be_percent_encoded() {
        says("postgresql://us%40er:p%3a%2f%3F%25%40@ho%73t:54%332/d%20b%2fc?application%5fname=a%26b%3Dc",
                "application_name=a&b=c dbname=d b/c host=host password=p:/?%@ port=5432 user=us@er");
        says("postgresql://%2Fvar%2Frun%2Fpostgresql/mydb", "dbname=mydb host=/var/run/postgresql");
        says("postgresql:///mydb?host=/var/run/postgresql", "dbname=mydb host=/var/run/postgresql");
        says("postgresql://h%C3%A9l%C3%A8ne@h/%E2%82%AC", "dbname=€ host=h user=hélène");
        says("postgresql://hélène@h/€", "dbname=€ host=h user=hélène");
    }

    @Test
    void a_plus_sign_in_a_uri_is_a_plus_sign() {
        says("postgresql://a+b:c+d@h/e+f?options=-c%20x=y+z".replace("x=", "x%3D"),
                "dbname=e+f host=h options=-c x=y+z password=c+d user=a+b");
    }

    @Test
    void a_password_in_a_uri_may_hold_a_colon_a_question_mark_and_a_hash() {
        says("postgresql://u:p:w?x#y@h/db", "dbname=db host=h password=p:w?x#y user=u");
    }

    @Test
    void ipv6_addresses_stand_in_brackets() {
        says("postgresql://[::1]", "host=::1");
        says("postgresql://u@[2001:db8::1234]:5433/db", "dbname=db host=2001:db8::1234 port=5433 user=u");
        says("postgresql://[::1],[::2]:6/db", "dbname=db host=::1,::2 port=,6");
        says("postgresql://[::1]?dbname=db", "dbname=db host=::1");
    }

    @Test
    void a_uri_may_have_several_hosts_and_ports() {
        says("postgresql://h1,h2,h3/db", "dbname=db host=h1,h2,h3 port=,,");
        says("postgresql://u@h1:1,h2:2/db?target_session_attrs=primary",
                "dbname=db host=h1,h2 port=1,2 target_session_attrs=primary user=u");
        says("postgresql://h1:1,h2/", "host=h1,h2 port=1,");
    }

    @Test
    void ssl_true_is_understood_for_the_sake_of_jdbc_urls() {
        says("postgresql://h/db?ssl=true", "dbname=db host=h sslmode=require");
        says("postgresql://h/db?requiressl=1", "dbname=db host=h sslmode=require");
        says("requiressl=0", "sslmode=prefer");
    }

    @Test
    void blanks_around_a_uri_do_not_count() {
        says(" postgresql://h/db\r\n", "dbname=db host=h");
    }

    @Test
    void pairs_may_have_blanks_quotes_and_backslashes() {
        says("host=h dbname=db", "dbname=db host=h");
        says("  host = h\n\tport =5433  dbname= db ", "dbname=db host=h port=5433");
        says("password='it'", "password=it");
        says("password='it\\'s \\\\ here' user=u", "password=it's \\ here user=u");
        says("password=it\\'s\\ here", "password=it's here");
        says("dbname='' user=u", "dbname= user=u");
        says("dbname= user=u", "dbname=user=u");
        says("host='h'port=1", "host=h port=1");
        says("dbname=a'b=c", "dbname=a'b=c");
        says("user=u\\", "user=u");
    }

    @Test
    void the_last_of_two_values_counts() {
        says("dbname=a dbname=b", "dbname=b");
        says("postgresql://h/a?dbname=b", "dbname=b host=h");
    }

    @Test
    void a_uri_inside_a_pair_is_only_a_name() {
        says("dbname=postgresql://h/db", "dbname=postgresql://h/db");
    }

    @Test
    void anything_else_is_a_database_name() {
        says("mydb", "dbname=mydb");
        says("My-DB.2", "dbname=My-DB.2");
        says("", "");
        says("  ", "");
        assertEquals(Map.of(), ConnectionString.parse("source", null));
    }

    private static void says(String text, String expected) {
        StringBuilder pairs = new StringBuilder();
        new TreeMap<>(ConnectionString.parse("source", text))
                .forEach((name, value) -> pairs.append(' ').append(name).append('=').append(value));
        assertEquals(expected, pairs.toString().strip());
    }
}
