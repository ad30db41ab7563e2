//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import lib.talk.Sql;

/**
 * The options of CREATE DATABASE on a target whose defaults differ from the source (PostgreSQL manual, CREATE DATABASE
 * and 24.1 "Locale Support").
 */
public final class DatabaseCreation {
    private static final String DOING = "asking for the locales of the server";

    private DatabaseCreation() {
    }

    /**
     * @param properties what the database is created with, as the source's server would say it
     * @return the properties for the target: without a locale provider it would get that of template0, which not every
     * encoding works with
     */
    public static String on(Session target, String properties) {
        return properties + (properties.contains(" LOCALE_PROVIDER ") || isLibc(target) ? "" : " LOCALE_PROVIDER libc");
    }

    /** @return what a person creates the target with for it to hold texts as bytes */
    public static String bytes(Session target) {
        return options(target, "SQL_ASCII", "C", "C");
    }

    /**
     * @return how a person creates the target like the source; a locale goes with some encodings only, so that all are
     * named
     */
    public static String like(Session target, String encoding, String collate, String ctype) {
        String like = "create the target with " + options(target, encoding, collate, ctype);
        if (has(target, collate, encoding) && has(target, ctype, encoding)) {
            return like;
        }
        return "install the locale \"%s\" on the target's server, then %s; or %s, where texts sort by their bytes"
                .formatted(
                        has(target, collate, encoding) ? ctype : collate, like,
                        like.substring(0, like.indexOf(" with ")) + " with " + options(target, encoding, "C", "C"));
    }

    private static String options(Session target, String encoding, String collate, String ctype) {
        return on(target, "ENCODING " + Sql.literal(encoding) + " LC_COLLATE " + Sql.literal(collate) + " LC_CTYPE "
                + Sql.literal(ctype)) + " TEMPLATE template0";
    }

    /** Before PostgreSQL 15, libc is the only provider. */
    private static boolean isLibc(Session target) {
        return "c".equals(target.text(DOING,
                """
                SELECT coalesce(pg_catalog.to_jsonb(d)->>'datlocprovider', 'c') FROM pg_catalog.pg_database d
                  WHERE d.datname = 'template0'"""));
    }

    /** A name is written in several ways, such as C.utf8 and C.UTF-8; initdb lists what the system calls them. */
    private static boolean has(Session target, String locale, String encoding) {
        return "t".equals(target.text(DOING,
                """
                SELECT %1$s IN ('C', 'POSIX') OR EXISTS (
                         SELECT FROM pg_catalog.pg_collation c WHERE c.collencoding IN (-1,
                           pg_catalog.pg_char_to_encoding(%2$s))
                            AND pg_catalog.lower(pg_catalog.replace(c.collcollate::text, '-',
                              '')) = pg_catalog.lower(pg_catalog.replace(%1$s, '-', '')))
                       OR EXISTS (SELECT FROM pg_catalog.pg_database d WHERE d.datcollate::text = %1$s
                         OR d.datctype::text = %1$s)"""
                        .formatted(Sql.literal(locale), Sql.literal(encoding))));
    }
}
