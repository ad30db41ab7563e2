package lib.catalog;

import lib.talk.Failure;
import lib.talk.Sql;

/**
 * A pattern as pg_dump and psql take it for schemas and tables, turned into the regular expressions that they match
 * with: letters outside double quotes are folded to lower case, {@code *} stands for any text, {@code ?} for one
 * character, a dot separates schema and name (PostgreSQL manual, psql, "Patterns").
 *
 * @param schema regular expression for the schema, or null when the pattern names none
 * @param name regular expression for the name
 */
record NamePattern(String schema, String name) {
    /** Parses a table pattern such as {@code public.order*} or {@code "Orders"}. */
    static NamePattern of(String pattern) {
        StringBuilder current = new StringBuilder();
        String schema = null;
        boolean quoted = false;
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '"') {
                if (quoted && i + 1 < pattern.length() && pattern.charAt(i + 1) == '"') {
                    current.append('"');
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (!quoted && c == '.') {
                if (schema != null) {
                    throw Failure.usage("improper qualified name (too many dotted names): %s", pattern);
                }
                schema = anchored(current);
                current.setLength(0);
            } else if (!quoted && c == '*') {
                current.append(".*");
            } else if (!quoted && c == '?') {
                current.append('.');
            } else if (quoted ? "|*+?()[]{}.^$\\".indexOf(c) >= 0 : c == '$') {
                current.append('\\').append(c);
            } else {
                current.append(quoted ? c : Character.toLowerCase(c));
            }
        }
        if (quoted) {
            throw Failure.usage("unterminated quote in the pattern %s", pattern);
        }
        return new NamePattern(schema, anchored(current));
    }

    private static String anchored(CharSequence expression) {
        return "^(" + expression + ")$";
    }

    /**
     * @return an SQL condition on a relation, given as the names of its {@code pg_namespace} and {@code pg_class} rows
     */
    String condition(String namespace, String relation) {
        String matches = matches(relation + ".relname", name);
        return schema == null ? matches + " AND pg_catalog.pg_table_is_visible(" + relation + ".oid)"
                : matches + " AND " + matches(namespace + ".nspname", schema);
    }

    /** @return an SQL condition on a schema, for a pattern that names one */
    String schemaCondition(String namespace) {
        return matches(namespace + ".nspname", name);
    }

    private static String matches(String column, String expression) {
        return column + "::pg_catalog.text OPERATOR(pg_catalog.~) " + Sql.literal(expression)
                + " COLLATE pg_catalog.\"C\"";
    }
}
