//DEPS org.postgresql:postgresql:42.7.14
package lib.catalog;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * Where a database has amounts of money, and how they are written there. What is stored is a number, and lc_monetary
 * says which amount it is: 1000 of Japan's are 10.00 of others (PostgreSQL manual, 8.2). Servers name their locales
 * differently, so that an amount is compared and not a name.
 *
 * @param locale the value of lc_monetary, as the server of the database has it
 * @param written an amount under it
 * @param uses the columns and expressions, in words
 */
public record Money(String locale, String written, List<String> uses) {
    private static final int SHOWN = 10;
    /** invalid_parameter_value (PostgreSQL manual, appendix A). */
    private static final String UNKNOWN = "22023";

    /** What has a session write money as its database does, for text that the other side will read as its own does. */
    public static final String OWN = "SET lc_monetary TO DEFAULT";

    /**
     * Under the settings of the session's database and user, which our sessions hide; what is pinned is so again
     * afterwards.
     */
    private static final String WRITTEN =
            """
            SELECT x.written, s.now, pg_catalog.set_config('lc_monetary', CASE WHEN x.written IS NULL THEN 'C'
              ELSE 'C' END, true)
              FROM (SELECT pg_catalog.set_config('lc_monetary', %s, true) AS now FROM pg_catalog.pg_settings p
                WHERE p.name = 'lc_monetary' OFFSET 0) s,
                   LATERAL (SELECT (CASE WHEN s.now IS NOT NULL THEN 1234567.891
                     END)::pg_catalog.numeric::pg_catalog.money::pg_catalog.text || ' '
                                || (CASE WHEN s.now IS NOT NULL THEN -1234567.891
                                  END)::pg_catalog.numeric::pg_catalog.money::pg_catalog.text AS written OFFSET 0) x""";

    /**
     * A constant in what the server has parsed stands there with the identifier of its type. What the system has parsed
     * is long, and not read.
     */
    private static final String CONSTANT = "::pg_catalog.text LIKE '%:consttype 790 %'";
    private static final String USES = """
            WITH RECURSIVE type(oid) AS (
              SELECT 790::pg_catalog.oid
              UNION SELECT o.outer_type FROM type t JOIN (
                SELECT y.oid AS outer_type, pg_catalog.unnest(ARRAY[y.typbasetype, y.typelem]) AS inner_type
                  FROM pg_catalog.pg_type y
                UNION ALL SELECT r.rngtypid, r.rngsubtype FROM pg_catalog.pg_range r
                UNION ALL SELECT c.reltype, a.atttypid FROM pg_catalog.pg_attribute a
                  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                           WHERE c.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped) o ON o.inner_type = t.oid
                             AND o.inner_type <> 0)
            SELECT DISTINCT name FROM (
              SELECT 'column ' || pg_catalog.format('%%I.%%I.%%I', n.nspname, c.relname, a.attname) AS name
                FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped
                 AND a.atttypid IN (SELECT t.oid FROM type t) AND %1$s
              UNION ALL
              SELECT o.kind || pg_catalog.format('%%I.%%I', n.nspname, c.relname)
                FROM (SELECT 'the definition of ' AS kind, ev_class AS oid FROM pg_catalog.pg_rewrite WHERE oid >= 16384
                  AND (ev_action%3$s OR ev_qual%3$s)
                      UNION ALL SELECT 'a default of ', adrelid FROM pg_catalog.pg_attrdef WHERE adbin%3$s
                      UNION ALL SELECT 'a constraint of ', conrelid FROM pg_catalog.pg_constraint WHERE conrelid <> 0
                        AND conbin%3$s
                      UNION ALL SELECT 'index ', indexrelid FROM pg_catalog.pg_index WHERE indexprs%3$s OR indpred%3$s
                      UNION ALL SELECT 'a partition bound of ', oid FROM pg_catalog.pg_class WHERE relpartbound%3$s
                      UNION ALL SELECT 'a policy of ', polrelid FROM pg_catalog.pg_policy WHERE polqual%3$s
                        OR polwithcheck%3$s
                      UNION ALL SELECT 'a trigger of ', tgrelid FROM pg_catalog.pg_trigger WHERE tgqual%3$s) o
                JOIN pg_catalog.pg_class c ON c.oid = o.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  WHERE %1$s
              UNION ALL
              SELECT 'domain ' || pg_catalog.format('%%I.%%I', n.nspname, y.typname) FROM pg_catalog.pg_type y
                JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
               WHERE %2$s AND y.typtype = 'd' AND (y.typdefaultbin%3$s
                  OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid = y.oid AND k.conbin%3$s))
              UNION ALL
              SELECT 'function ' || pg_catalog.format('%%I.%%I', n.nspname, p.proname) FROM pg_catalog.pg_proc p
                JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
               WHERE p.oid >= 16384 AND %2$s AND (p.proargdefaults%3$s
                 OR coalesce(pg_catalog.to_jsonb(p)->>'prosqlbody', '')%3$s)) u
             ORDER BY 1""";

    /**
     * @param side of the session
     * @param setting what lc_monetary will be set to for the database, if it will be
     * @return how the session's database writes money; without {@code uses}
     */
    private static Money written(Session session, Optional<String> setting) {
        return session.list("asking how money is written",
                WRITTEN.formatted(setting.map(Sql::literal).orElse("p.reset_val")),
                row -> new Money(row.getString(2), row.getString(1), List.of())).get(0);
    }

    /** Does something in a session that writes money as its database does meanwhile. */
    public static void during(Session session, Runnable work) {
        session.run("setting lc_monetary", OWN);
        work.run();
        session.run("setting lc_monetary", "SET lc_monetary TO 'C'");
    }

    private static List<String> uses(Session source, Selection selection) {
        return source.texts("looking for money",
                USES.formatted(selection.relation("c", "n"), selection.namespace("n"), CONSTANT));
    }

    /** @return what a dump's manifest says of it, null where there is none */
    public static Money read(Session source, Selection selection) {
        List<String> uses = uses(source, selection);
        Money money = written(source, Optional.empty());
        return uses.isEmpty() ? null : new Money(money.locale, money.written, uses);
    }

    /**
     * Compares both sides, and looks for money only where they differ.
     *
     * @param carried what lc_monetary will be set to for the target's database, if it will be
     * @param database the name of the target's
     */
    public static List<Finding> check(Session source, Selection selection, Session target,
            Optional<String> carried, String database) {
        Money ours = written(source, Optional.empty());
        return ours.isSame(onTarget(target, carried)) ? List.of()
                : new Money(ours.locale, ours.written, uses(source, selection)).check(target, carried, database);
    }

    /** @return a stop that names what would be another amount on the target, if anything would */
    public List<Finding> check(Session target, Optional<String> carried, String database) {
        Optional<Money> theirs = onTarget(target, carried);
        if (uses.isEmpty() || isSame(theirs)) {
            return List.of();
        }
        String setting = "ALTER DATABASE " + Sql.ident(database) + " SET lc_monetary TO " + Sql.literal(locale)
                + "; on the target";
        return List.of(Finding.stop("money",
                (isSame(onTarget(target, Optional.of(locale))) ? setting
                        : "install the locale \"" + locale + "\" on the target's server, restart it, and: "
                                + setting)
                        + "; or make these numeric on the source",
                "%s, and the same number would be another amount there: %s",
                theirs.map(other -> "under lc_monetary \"" + locale + "\" the source writes money as " + written
                        + ", under \"" + other.locale + "\" the target as " + other.written)
                        .orElseGet(() -> "the target does not know the source's lc_monetary, \""
                                + carried.orElse(locale) + "\""),
                uses.stream().limit(SHOWN).collect(Collectors.joining(", "))
                        + (uses.size() > SHOWN ? " and " + (uses.size() - SHOWN) + " more" : "")));
    }

    private boolean isSame(Optional<Money> other) {
        return other.isPresent() && written.equals(other.get().written);
    }

    /** @return how the target writes it, if its server knows that locale */
    private static Optional<Money> onTarget(Session target, Optional<String> setting) {
        try {
            return Optional.of(written(target, setting));
        } catch (Failure e) {
            if (setting.isPresent() && e.getCause() instanceof SQLException said
                    && UNKNOWN.equals(said.getSQLState())) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
