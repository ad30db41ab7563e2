//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.List;
import java.util.stream.Collectors;
import lib.server.Finding;
import lib.server.Session;

/**
 * A column whose values are compressed with lz4, which a server of PostgreSQL 14 or newer need not support (PostgreSQL
 * manual, 20.11 "default_toast_compression").
 *
 * @param name with table and schema
 * @param remedy the statement that has it compressed as every server can
 */
public record Lz4Column(String name, String remedy) {
    private static final int SHOWN = 5;

    /**
     * @param after what follows the remedy on the source, or nothing
     * @return a stop where there are such columns and the target's server has no lz4
     */
    public static List<Finding> check(List<Lz4Column> columns, Session target, String after) {
        if (columns.isEmpty() || target.text("asking for methods of compression",
                "SELECT 1 FROM pg_catalog.pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY "
                        + "(enumvals)") != null) {
            return List.of();
        }
        return List.of(Finding.stop("compression", "use a target whose server is built with lz4, or on the source: "
                + columns.stream().map(Lz4Column::remedy).collect(Collectors.joining(" ")) + after,
                "%d column(s) are to be compressed with lz4, which the target's server is built without: %s",
                columns.size(),
                columns.stream().map(Lz4Column::name).limit(SHOWN).collect(Collectors.joining(", "))
                        + (columns.size() > SHOWN ? " and " + (columns.size() - SHOWN) + " more" : "")));
    }
}
