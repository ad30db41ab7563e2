//DEPS org.postgresql:postgresql:42.7.14
package lib.compare;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.server.Session;

/**
 * What large objects hold, as hashes that the server computes of pieces, so that no object is in memory whole. A gap in
 * an object counts as the zeros that are read there, as on the other side it may be filled with them.
 */
public final class LargeObjectHashes {
    /** Large objects that are asked about in one round trip. */
    public static final int OBJECTS_A_QUERY = 500;
    private static final int PIECE = 256 * 1024;

    private static final String QUERY =
            """
            WITH RECURSIVE piece(oid, number, length, hash) AS (
              SELECT l.oid, 0::bigint, length(d.data), md5(d.data)
                FROM pg_largeobject_metadata l, LATERAL (SELECT lo_get(l.oid, 0, %1$d) AS data OFFSET 0) d
                  WHERE l.oid = ANY ('{%2$s}'::oid[])
              UNION ALL
              SELECT p.oid, p.number + 1, length(d.data), md5(d.data)
                FROM piece p, LATERAL (SELECT lo_get(p.oid, (p.number + 1) * %1$d, %1$d) AS data OFFSET 0) d
                  WHERE p.length = %1$d AND %3$s)
            SELECT oid, sum(length) || ' bytes, md5 ' || md5(string_agg(hash, '' ORDER BY number)) FROM piece
              GROUP BY oid""";

    private LargeObjectHashes() {
    }

    /**
     * @param beginnings whether only the beginning of each object is read
     * @return a query for identifiers and hashes
     */
    public static String question(List<Long> identifiers, boolean beginnings) {
        return QUERY.formatted(PIECE, identifiers.stream().map(String::valueOf).collect(Collectors.joining(",")),
                !beginnings);
    }

    /** @return the hash of each object that is there, by its identifier */
    public static Map<Long, String> of(Session session, List<Long> identifiers, boolean beginnings) {
        Map<Long, String> hashes = new HashMap<>();
        session.list("reading large objects", question(identifiers, beginnings),
                row -> hashes.put(row.getLong(1), row.getString(2)));
        return hashes;
    }
}
