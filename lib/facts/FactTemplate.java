package lib.facts;

import java.util.Objects;
import lib.catalog.Selection;
import lib.server.FactQuery;
import lib.server.Server;
import lib.timescale.CatalogShape;
import lib.timescale.TimescaleNames;

/**
 * Writes the catalog queries for one side of a comparison, from templates that serve both sides and every version. In a
 * template stands, in braces: a choice such as <code>{since 14: this else that}</code>, whose words are {@code since N}
 * (this server's major version), {@code both since N}, {@code same major}, {@code same timescaledb},
 * {@code has TABLE.COLUMN} (in TimescaleDB's catalog), {@code superuser} and {@code source}; or one of the phrases
 * below. Sessions have an empty search path, so names of the system need no qualification.
 */
public final class FactTemplate {
    /** What a side says of a property that it cannot know; it is then not compared. */
    static final String UNKNOWN = "\u0001";
    /** Separates the entries of a property that is a list, and key from value in an entry. */
    public static final String ENTRY = "\u001f";
    public static final String VALUE = "\u001e";
    /**
     * The key under which a list of privileges names the object's owner, and that under which it has the owner's own.
     */
    static final String OWNER = "\u001d";
    public static final String OWN = "its owner";
    /** Begins the label of a column that is a part of {@link FactIdentity}, such as {@code of schema}. */
    static final String NAME = "of ";

    private final Server.Facts facts;
    private final Server.Facts other;
    private final boolean source;
    private final Selection selection;
    private final CatalogShape timescale;
    private final CatalogShape otherTimescale;

    /**
     * @param other the other side
     * @param selection what is wanted of this side
     * @param timescale this side's catalog of TimescaleDB
     * @param otherTimescale the other side's
     */
    public FactTemplate(Server.Facts facts, Server.Facts other, boolean source, Selection selection,
            CatalogShape timescale,
            CatalogShape otherTimescale) {
        this.facts = facts;
        this.other = other;
        this.source = source;
        this.selection = selection;
        this.timescale = timescale;
        this.otherTimescale = otherTimescale;
    }

    /**
     * @return the query in the order of the identities' bytes as the driver sees them, which is the same on both sides
     */
    public String query(FactQuery query) {
        if (query.timescale() && !timescale.present()) {
            return "SELECT '' AS kind, '' AS identity, '' AS parent WHERE false";
        }
        boolean asStored = facts.encoding().equals("UTF8") || asBytes();
        return "SELECT * FROM (" + expand(query.template().replaceAll("\\s+", " ")) + ") fact ORDER BY "
                + (asStored ? "identity COLLATE \"C\"" : "convert_to(identity, 'UTF8')");
    }

    /** @return whether texts are of no known encoding, so that the server can only send them as bytes */
    boolean asBytes() {
        return facts.encoding().equals("SQL_ASCII");
    }

    /** @return the template with every brace resolved */
    public String expand(String template) {
        StringBuilder sql = new StringBuilder();
        for (int i = 0; i < template.length(); i++) {
            if (template.charAt(i) == '{') {
                int end = closing(template, i);
                sql.append(phrase(template.substring(i + 1, end)));
                i = end;
            } else {
                sql.append(template.charAt(i));
            }
        }
        return sql.toString();
    }

    private static int closing(String template, int open) {
        int depth = 0;
        for (int i = open; i < template.length(); i++) {
            depth += template.charAt(i) == '{' ? 1 : template.charAt(i) == '}' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        throw new IllegalArgumentException("a brace is not closed: " + template);
    }

    private String phrase(String text) {
        int colon = text.indexOf(": ");
        String head = colon < 0 ? "" : text.substring(0, colon);
        if (head.matches("[a-z]+( [a-z0-9_.]+)*")) {
            return expand(choose(holds(head), text.substring(colon + 2)));
        }
        String[] words = text.split(" ");
        return switch (words[0]) {
            case "name" -> name(text.substring(5));
            case "relation" -> selection.relation(words[1], words[2]) + " AND " + timescale.external(words[1] + ".oid");
            case "hypertables" -> expand(TimescaleNames.HYPERTABLES);
            case "chunks" -> expand(TimescaleNames.CHUNKS);
            case "view" -> timescale.unnumbered("pg_get_viewdef(" + words[1] + ")");
            case "trigger" -> timescale.unnumbered("pg_get_triggerdef(" + words[1] + ")");
            case "moment" -> TimescaleNames.moment(words[1], words[2]);
            case "data" -> selection.data(words[1]);
            case "namespace" -> selection.namespace(words[1]);
            case "own" -> Selection.noExtension(words[1], words[2]);
            case "owner" -> name("pg_get_userbyid(" + words[1] + ")");
            // TABLESPACE pg_default, where that is the database's default, is the same as none.
            case "tablespace" -> "(SELECT " + name("p.spcname") + " FROM pg_tablespace p WHERE p.oid = " + words[1]
                    + ".reltablespace AND p.spcname <> 'pg_default')";
            case "comment" -> "obj_description(" + words[2] + ", '" + words[1] + "')";
            case "grants" -> "concat_ws(chr(31), chr(29) || chr(30) || " + name("pg_get_userbyid(" + words[3] + ")")
                    + ", " + privileges(words[1], words[2], words[3]) + ")";
            case "privileges" -> privileges(words[1], words[2], words[3]);
            case "options" -> options(words[1], "substr(o, strpos(o, '=') + 1)");
            case "secret" -> options(words[2], md5("substr(o, strpos(o, '=') + 1)"));
            case "md5" -> md5(text.substring(4));
            case "unknown" -> "chr(1)";
            default -> throw new IllegalArgumentException("unknown phrase: " + text);
        };
    }

    /** Of the text and not of its bytes, which differ where the encodings of the sides do. */
    private String md5(String text) {
        return asBytes() ? "md5(" + text + ")" : "md5(convert_to(" + text + ", 'UTF8'))";
    }

    private boolean holds(String condition) {
        String[] words = condition.split(" ");
        int version = words[words.length - 1].matches("\\d+") ? Integer.parseInt(words[words.length - 1]) : 0;
        return switch (words[0]) {
            case "since" -> facts.major() >= version;
            case "both" -> Math.min(facts.major(), other.major()) >= version;
            case "same" -> words[1].equals("major") ? facts.major() == other.major()
                    : Objects.equals(timescale.version(), otherTimescale.version());
            case "has" -> timescale.has(words[1]);
            case "superuser" -> facts.superuser();
            case "source" -> source;
            default -> throw new IllegalArgumentException("unknown choice: " + condition);
        };
    }

    /** The first word {@code else} outside nested braces separates the two; SQL's own is written in capitals. */
    private static String choose(boolean first, String choices) {
        String text = " " + choices + " ";
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            depth += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
            if (depth == 0 && text.startsWith(" else ", i)) {
                return first ? text.substring(0, i) : text.substring(i + 6);
            }
        }
        return first ? text : "";
    }

    /** Quoted unless plain. quote_ident also quotes keywords, and every version has more of them. */
    public static String name(String column) {
        return "CASE WHEN " + column + " ~ '^[a-z_][a-z0-9_$]*$' THEN " + column + "::text ELSE '\"' || replace("
                + column
                + "::text, '\"', '\"\"') || '\"' END";
    }

    /** @return the expansion for a name that is known here */
    public static String quoted(String name) {
        return name.matches("[a-z_][a-z0-9_$]*") ? name : '"' + name.replace("\"", "\"\"") + '"';
    }

    /**
     * Whom an object's privileges are granted to, whether they are written down or the default ones; who is its owner
     * does not matter. An owner can grant its own privileges to others whether it has granted itself the option or not
     * (PostgreSQL manual, 5.7).
     */
    private String privileges(String letter, String acl, String owner) {
        return """
                (SELECT string_agg(grantee || chr(30) || privileges, chr(31) ORDER BY grantee COLLATE "C")
                   FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' WHEN %3$s THEN '%7$s' ELSE %4$s END AS grantee,
                                string_agg(x.privilege_type || CASE WHEN x.grantable
                                  AND x.grantee <> %3$s THEN ' with grant option' ELSE '' END, ', '
                                           ORDER BY x.privilege_type) AS privileges
                           FROM (SELECT e.grantee, e.privilege_type, bool_or(e.is_grantable) AS grantable
                                   FROM aclexplode(coalesce(%2$s, acldefault('%1$s', %3$s))) e
                                  WHERE %5$s AND %6$s
                                  GROUP BY e.grantee, e.privilege_type) x
                          GROUP BY x.grantee) y)""".formatted(letter, acl, owner, name("pg_get_userbyid(x.grantee)"),
                // A server that does not know MAINTAIN cannot have granted it.
                holds("both since 17") ? "true" : "e.privilege_type <> 'MAINTAIN'",
                // The bootstrap superuser needs no privilege, and is not the same role on both sides.
                source ? "(e.grantee <> 10 OR e.grantee = " + owner + ")" : "true", OWN);
    }

    /** pg_attver is what some builds of server 15 keep among a column's options; it is nobody's choice. */
    private static String options(String array, String value) {
        return "(SELECT string_agg(split_part(o, '=', 1) || chr(30) || " + value + ", chr(31)) FROM unnest(" + array
                + ") o WHERE o NOT LIKE 'pg_attver=%')";
    }
}
