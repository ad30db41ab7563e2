package lib.dsn;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.talk.Failure;

/**
 * A connection URI as libpq reads it (PostgreSQL manual, 34.1.1.2):
 * {@code postgresql://[user[:password]@][host][:port][,…][/database][?name=value[&…]]}, percent-encoding everywhere.
 * One thing is stricter than libpq: an "@" after the user information must be written %40, because it is nearly always
 * a password that was not encoded, and libpq would send the rest of that password to the name server.
 */
final class ConnectionUri {
    private static final String ENCODING =
            "percent-encode special characters: % as %25, @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, & as "
                    + "%26, = as %3D, blank as %20";

    private final String side;
    private final Map<String, String> values = new LinkedHashMap<>();
    /** Whether the parts are what they seem; if not, any of them may be a piece of a password. */
    private final boolean unambiguous;
    private String rest;

    private ConnectionUri(String side, String rest) {
        this.side = side;
        this.rest = rest;
        this.unambiguous = rest.indexOf('@') >= 0 && rest.lastIndexOf('@') == indexOf(rest, "@/");
    }

    static boolean isUri(String text) {
        return text.startsWith("postgresql://") || text.startsWith("postgres://");
    }

    /**
     * @throws Failure usage, naming the side and the part that is wrong, without its text where that could be a secret
     */
    static Map<String, String> parse(String side, String uri) {
        ConnectionUri parser = new ConnectionUri(side, uri.substring(uri.indexOf("://") + 3));
        parser.user();
        parser.hosts();
        parser.database();
        parser.parameters();
        return parser.values;
    }

    private void user() {
        int end = indexOf(rest, "@/");
        if (end < rest.length() && rest.charAt(end) == '@') {
            String user = rest.substring(0, end);
            int colon = indexOf(user, ":");
            put("user", user.substring(0, colon), "user name");
            put("password", user.substring(Math.min(colon + 1, end)), "password");
            rest = rest.substring(end + 1);
        }
        if (rest.substring(0, indexOf(rest, "?")).indexOf('@') >= 0) {
            throw Failure.usage("the connection URI for the %s has an \"@\" where none can stand", side).hint(ENCODING);
        }
    }

    private void hosts() {
        List<String> hosts = new ArrayList<>();
        List<String> ports = new ArrayList<>();
        boolean more = true;
        while (more) {
            hosts.add(host());
            ports.add(port());
            more = rest.startsWith(",");
            rest = rest.substring(more ? 1 : 0);
        }
        put("host", String.join(",", hosts), "host");
        put("port", String.join(",", ports), "port");
    }

    private String host() {
        if (!rest.startsWith("[")) {
            return take(":/?,");
        }
        int end = rest.indexOf(']');
        if (end < 0) {
            throw Failure.usage("missing \"]\" after an IPv6 address in the connection URI for the %s", side);
        } else if (end == 1) {
            throw Failure.usage("empty IPv6 address in the connection URI for the %s", side);
        } else if (end + 1 < rest.length() && ":/?,".indexOf(rest.charAt(end + 1)) < 0) {
            throw Failure.usage("unexpected character after \"]\" in the connection URI for the %s", side)
                    .hint("an IPv6 address is written [address]:port");
        }
        String host = rest.substring(1, end);
        rest = rest.substring(end + 1);
        return host;
    }

    private String port() {
        if (!rest.startsWith(":")) {
            return "";
        }
        rest = rest.substring(1);
        String port = decode(take("/?,"), "port").strip();
        if (port.isEmpty()
                || port.matches("\\d{1,5}") && Integer.parseInt(port) >= 1 && Integer.parseInt(port) <= 65535) {
            return port;
        }
        // In "user:pass" without a host, the "port" is the password.
        throw Failure
                .usage("invalid port%s in the connection URI for the %s", unambiguous ? " \"" + port + '"' : "", side)
                .hint("a port is a number from 1 to 65535"
                        + (unambiguous ? "" : "; in user and password, " + ENCODING));
    }

    private void database() {
        if (rest.startsWith("/")) {
            rest = rest.substring(1);
            put("dbname", take("?"), "database name");
        }
    }

    private void parameters() {
        if (rest.length() <= 1) {
            return;
        }
        // An "&" that was not encoded cuts a password in two.
        boolean afterSecret = false;
        for (String parameter : rest.substring(1).split("&")) {
            int equals = parameter.indexOf('=');
            String name =
                    decode(parameter.substring(0, equals < 0 ? parameter.length() : equals), "name of a parameter");
            boolean showable = ConnectionParameter.of(name) != null
                    || equals >= 0 && !afterSecret && ConnectionParameter.isWord(name)
                            && (unambiguous || rest.indexOf('@') < 0);
            if (equals < 0 || parameter.indexOf('=', equals + 1) >= 0) {
                throw Failure.usage("%s \"=\" in %s of the connection URI for the %s", equals < 0 ? "missing" : "extra",
                        showable ? "parameter \"" + name + '"' : "a parameter", side).hint(ENCODING);
            }
            parameter(name,
                    decode(parameter.substring(equals + 1), "parameter " + (showable ? '"' + name + '"' : "values")),
                    showable);
            afterSecret = ConnectionParameter.of(name) != null && ConnectionParameter.of(name).secret();
        }
    }

    private void parameter(String name, String value, boolean showable) {
        if (name.equals("ssl") && value.equals("true")) {
            values.put("sslmode", "require");
        } else if (name.equals("requiressl")) {
            values.put("sslmode", value.startsWith("1") ? "require" : "prefer");
        } else if (ConnectionParameter.of(name) != null) {
            values.put(name, value);
        } else {
            throw showable ? ConnectionParameter.unknown(side, name)
                    : Failure.usage("invalid connection option in the connection URI for the %s", side).hint(ENCODING);
        }
    }

    /** An empty part says nothing, so that the service file, the environment and the defaults still count. */
    private void put(String keyword, String encoded, String part) {
        if (!encoded.isEmpty()) {
            values.put(keyword, decode(encoded, part));
        }
    }

    private String take(String delimiters) {
        int end = indexOf(rest, delimiters);
        String taken = rest.substring(0, end);
        rest = rest.substring(end);
        return taken;
    }

    private static int indexOf(String text, String delimiters) {
        int at = 0;
        while (at < text.length() && delimiters.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return at;
    }

    private String decode(String encoded, String part) {
        byte[] bytes = encoded.strip().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == ' ') {
                throw Failure.usage("unexpected blank in the %s in the connection URI for the %s", part, side)
                        .hint("write it as %20");
            }
            if (bytes[i] != '%') {
                decoded.write(bytes[i]);
                continue;
            }
            int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
            if (high < 0 || low < 0 || high + low == 0) {
                throw Failure.usage("invalid percent-encoding in the %s in the connection URI for the %s", part, side)
                        .hint(ENCODING);
            }
            decoded.write(high << 4 | low);
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(decoded.toByteArray())).toString();
        } catch (CharacterCodingException e) {
            throw Failure.usage("the percent-encoding in the %s in the connection URI for the %s is not UTF-8", part,
                    side);
        }
    }
}
