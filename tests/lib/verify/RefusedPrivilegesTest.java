//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import lib.facts.Difference;
import lib.tools.RefusedStatement;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A refused privilege explains the difference that follows from it, and no other one. */
class RefusedPrivilegesTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "GRANT USAGE ON SCHEMA shop TO clerk | schema grant | shop | clerk | true",
            "GRANT USAGE ON SCHEMA shop TO clerk | table grant | shop.item | clerk | false",
            "GRANT USAGE ON SCHEMA shop TO clerk | schema grant | shop | boss | false",
            "GRANT USAGE ON SCHEMA shop TO clerk | type grant | shop | clerk | false",
            "GRANT SELECT ON TABLE shop.item TO clerk | view grant | shop.item | clerk | true",
            "GRANT SELECT ON TABLE shop.item TO clerk | column grant | shop.item.id | clerk | false",
            "GRANT SELECT(id) ON TABLE shop.item TO clerk | column grant | shop.item.id | clerk | true",
            "GRANT SELECT(id) ON TABLE shop.item TO clerk | column grant | shop.item.price | clerk | false",
            "GRANT ALL ON FUNCTION shop.f(i integer) TO clerk | function grant | shop.f(integer) | clerk | true",
            "GRANT ALL ON FUNCTION shop.f(i integer) TO clerk | function grant | shop.ff(integer) | clerk | false",
            "GRANT USAGE ON TYPE shop.mood TO clerk | enum grant | shop.mood | clerk | true",
            "GRANT USAGE ON FOREIGN SERVER far TO clerk | server grant | far | clerk | true",
            "GRANT ALL ON DATABASE shop TO clerk | database grant | the database | clerk | true"})
    void its_own(String statement, String kind, String object, String grantee, boolean explained) {
        RefusedPrivileges refused =
                new RefusedPrivileges(List.of(new RefusedStatement(statement, "permission denied")));
        assertEquals(explained, refused.explainGrant(new Difference(kind, object, grantee, "usage", "missing")));
    }
}
