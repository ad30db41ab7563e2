//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a statement about privileges or settings is about, read once from what pg_dump and the commands write. */
class StatementSubjectTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "GRANT SELECT,INSERT ON TABLE shop.item TO clerk | TABLE | shop.item | clerk",
            "GRANT SELECT ON TABLE shop.item TO clerk WITH GRANT OPTION | TABLE | shop.item | clerk",
            "REVOKE ALL ON SCHEMA \"Move TO Cloud\" FROM PUBLIC | SCHEMA | Move TO Cloud | PUBLIC",
            "GRANT ALL ON FUNCTION shop.price(item shop.item, \"to\" integer) TO \"a b\" | FUNCTION | shop.price | a b",
            "GRANT USAGE ON FOREIGN DATA WRAPPER far TO clerk | FOREIGN DATA WRAPPER | far | clerk",
            "GRANT USAGE ON FOREIGN SERVER far TO clerk | FOREIGN SERVER | far | clerk",
            "GRANT SELECT ON LARGE OBJECT 4711 TO clerk | LARGE OBJECT | 4711 | clerk",
            "GRANT SELECT ON \"TABLE\" TO clerk | TABLE | TABLE | clerk",
            "ALTER DEFAULT PRIVILEGES FOR ROLE boss IN SCHEMA shop GRANT SELECT ON TABLES TO clerk "
                    + "| DEFAULT PRIVILEGES | boss | clerk",
            "ALTER DEFAULT PRIVILEGES FOR ROLE boss REVOKE ALL ON TYPES FROM PUBLIC "
                    + "| DEFAULT PRIVILEGES | boss | PUBLIC",
            "ALTER DATABASE shop SET work_mem TO '4MB' | SETTING | work_mem | ",
            "ALTER ROLE \"a b\" IN DATABASE shop SET search_path TO 'one', 'two' | SETTING | search_path | a b"})
    void kind_object_and_role(String statement, String kind, String object, String role) {
        StatementSubject subject = StatementSubject.of(statement);
        assertEquals(object, subject.object());
        assertEquals(new StatementSubject(kind, object.startsWith("shop.") ? "shop" : null,
                object.replaceFirst("^shop\\.", ""), Set.of(), role), subject);
    }

    @Test
    void columns_are_not_the_table() {
        assertEquals(new StatementSubject("TABLE", "shop", "item", Set.of("a", "B c"), "clerk"),
                StatementSubject.of("GRANT SELECT(a),UPDATE(\"B c\") ON TABLE shop.item TO clerk"));
    }

    /** A dot or a quote within a name is no part of how names are put together. */
    @Test
    void names_are_what_they_are() {
        assertEquals(new StatementSubject("TABLE", "a.b", "c\"d", Set.of("e\"f"), "g\"h"), StatementSubject
                .of("GRANT SELECT(\"e\"\"f\") ON TABLE \"a.b\".\"c\"\"d\" TO \"g\"\"h\""));
    }

    @Test
    void its_grantor_may_be_set_around_it() {
        assertEquals(new StatementSubject("LARGE OBJECT", null, "7", Set.of(), "clerk"), StatementSubject.of(
                "SET SESSION AUTHORIZATION \"a;b\";\nGRANT SELECT ON LARGE OBJECT 7 TO clerk;\n"
                        + "RESET SESSION AUTHORIZATION"));
    }

    @Test
    void other_statements_have_none() {
        assertNull(StatementSubject.of("SET ROLE clerk"));
        assertNull(StatementSubject.of("GRANT boss TO clerk"));
        assertNull(StatementSubject.of(""));
    }
}
