package lib.settings;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.dsn.Dsn;
import lib.server.Session;
import lib.talk.Sql;
import lib.tools.Tool;

/**
 * The settings that the JDBC driver gives to each of its sessions while it connects, whatever server, database and role
 * say (getParametersForStartup in its ConnectionFactoryImpl). SET … TO DEFAULT brings back no more than the driver's
 * value, so psql is asked for the right one. The driver closes a session whose DateStyle does not begin with ISO; only
 * the order of day and month is taken from there.
 */
public final class DriverSettings {
    /**
     * @param source where it comes from, as pg_settings has it; what the connection string says, {@code client}, goes
     * before all else
     */
    private record Value(String text, String source) {
    }

    private static final String NAMES = "'DateStyle', 'TimeZone', 'extra_float_digits'";
    /** Of several words the first one counts here: what goes with German is seen before it. */
    private static final Pattern ORDER = Pattern.compile("DMY|YMD|MDY|US|NON-?EURO|EURO|GERMAN");
    private static final Pattern OTHER_FORM = Pattern.compile("(?i)SQL|POSTGRES|GERMAN");
    /** The sources that a setting of the database does not reach. */
    private static final Set<String> OWN = Set.of("client", "user", "database user");
    private final Map<String, Value> values = new LinkedHashMap<>();

    private DriverSettings() {
    }

    /** @return nothing, for what needs no session of the driver */
    public static DriverSettings none() {
        return new DriverSettings();
    }

    /** Asks which values psql has, connected as the user is. */
    public static DriverSettings ask(Tool tool, Dsn side) {
        DriverSettings found = new DriverSettings();
        for (String line : tool.asking("psql", side,
                List.of("--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
                        "--command=SET search_path = pg_catalog",
                        "--command=SELECT concat_ws('=', name, source, setting) FROM pg_settings WHERE name IN ("
                                + NAMES + ")"))) {
            String[] words = line.split("=", 3);
            found.values.put(words[0], new Value(words[2], words[1]));
        }
        return found;
    }

    /**
     * @param session one whose user and database are those that were asked
     * @return what holds in sessions that begin now, after settings of roles and of the database have changed
     */
    DriverSettings now(Session session) {
        DriverSettings now = new DriverSettings();
        now.values.putAll(values);
        session.list("reading the settings of the database", """
                SELECT n.name, pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
                  FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c,
                    pg_catalog.unnest(ARRAY[%s]) n(name)
                 WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d
                   WHERE d.datname = pg_catalog.current_database()))
                   AND s.setrole IN (0, (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = session_user))
                   AND pg_catalog.lower(pg_catalog.split_part(c, '=', 1)) = pg_catalog.lower(n.name)
                 -- From that of all roles everywhere to that of this role here (process_settings in PostgreSQL's \
                source).
                 ORDER BY s.setrole <> 0 AND s.setdatabase <> 0, s.setrole <> 0, s.setdatabase <> 0""".formatted(NAMES),
                row -> Map.entry(row.getString(1), row.getString(2)))
                .forEach(setting -> now.values.computeIfPresent(setting.getKey(), (name,
                        value) -> value.source.equals("client") ? value : new Value(setting.getValue(), "role")));
        return now;
    }

    /** @return the values of psql by their names, but for extra_float_digits, of which everybody has another default */
    public Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        values.forEach((name, value) -> texts.put(name, value.text));
        texts.remove("extra_float_digits");
        return texts;
    }

    /**
     * @return what {@link lib.server.SessionSettings#computing SessionSettings.computing} goes on with:
     * {@code , set_config(…)}
     */
    String statements() {
        StringBuilder statements = new StringBuilder();
        values.forEach((name, value) -> statements.append(", pg_catalog.set_config('").append(name).append("', ")
                .append(Sql.literal(name.equals("DateStyle") ? iso(value.text) : value.text)).append(", false)"));
        return statements.toString();
    }

    private static String iso(String style) {
        String order = order(style);
        return order.isEmpty() ? "ISO" : "ISO, " + order;
    }

    /**
     * @return the order of day and month in a DateStyle, or "" where it leaves that open; German brings one
     * (check_datestyle in PostgreSQL's source)
     */
    public static String order(String style) {
        Matcher order = ORDER.matcher(style.toUpperCase(Locale.ROOT));
        return !order.find() ? "" : switch (order.group()) {
            case "GERMAN", "EURO", "DMY" -> "DMY";
            case "YMD" -> "YMD";
            default -> "MDY";
        };
    }

    /**
     * @return whether the driver works under this DateStyle; without a word for the form the one before holds, which is
     * ISO unless somebody says otherwise
     */
    public static boolean possible(String style) {
        return !OTHER_FORM.matcher(style).find();
    }

    /**
     * @param carried what will be set for the database, if anything
     * @return the DateStyle that psql will have then
     */
    public String dateStyle(Optional<String> carried) {
        Value now = values.getOrDefault("DateStyle", new Value("ISO, MDY", "default"));
        return OWN.contains(now.source) ? now.text : carried.orElse(now.text);
    }
}
