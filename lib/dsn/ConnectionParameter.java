package lib.dsn;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import lib.talk.Failure;

/**
 * One connection parameter of libpq (PostgreSQL manual, 34.1.2 and 34.15, versions 12 to 18) and what becomes of it
 * here.
 *
 * @param variable the environment variable that gives it, or null
 * @param since the first major version whose client tools know it; 12 for older ones
 * @param values what libpq accepts, as a regular expression
 * @param property the JDBC driver's name for it, or null
 * @param harmless the values that change nothing for a connection of the driver, which does not know the parameter
 * @param reason why any other value is refused or warned of
 */
record ConnectionParameter(String name, String variable, int since, String values, Use use, String property,
        String harmless, String reason) {
    /** Who gets a parameter. */
    enum Use {
        /** Read here; what follows from it is handed on. */
        OURS,
        /** Handed to the driver under its own name, and to the client tools. */
        DRIVER,
        /** Means something to the client tools only, and nothing is lost without it. */
        TOOLS,
        /** As {@link #TOOLS}, with a warning that the connections of the driver do not have it. */
        WARNED,
        /** Without it a connection would be weaker than asked for, or of another kind: wrong usage. */
        REFUSED,
        /** Accepted by libpq for old programs' sake; handed to nobody. */
        IGNORED
    }

    private static final String ANY = "(?s).*";
    private static final String NUMBER = "\\s*[+-]?\\d{1,9}\\s*";
    private static final String FLAG = "0|1";
    private static final String TLS_VERSION = "|(?i)TLSv1|TLSv1\\.[123]";
    private static final String REVOCATION = "the JDBC driver does not read revocation lists";
    private static final String OAUTH = "the JDBC driver cannot sign in with OAuth";
    private static final String SCRAM_KEYS = "the JDBC driver signs in with passwords, not with SCRAM keys";

    static final List<ConnectionParameter> ALL = List.of(
            ours("service", "PGSERVICE", 12, ANY),
            ours("servicefile", "PGSERVICEFILE", 19, ANY),
            ours("host", "PGHOST", 12, ANY),
            ours("hostaddr", "PGHOSTADDR", 12, ANY),
            ours("port", "PGPORT", 12, ANY),
            ours("dbname", "PGDATABASE", 12, ANY),
            ours("user", "PGUSER", 12, ANY),
            ours("password", "PGPASSWORD", 12, ANY),
            ours("passfile", "PGPASSFILE", 12, ANY),
            ours("connect_timeout", "PGCONNECT_TIMEOUT", 12, NUMBER),
            ours("application_name", "PGAPPNAME", 12, ANY),
            ours("fallback_application_name", null, 12, ANY),
            ours("keepalives", null, 12, NUMBER),
            ours("keepalives_idle", null, 12, NUMBER),
            ours("keepalives_interval", null, 12, NUMBER),
            ours("keepalives_count", null, 12, NUMBER),
            tools("tcp_user_timeout", null, 12, NUMBER),
            driver("options", "PGOPTIONS", 12, ANY, "options"),
            driver("channel_binding", "PGCHANNELBINDING", 13, "disable|prefer|require", "channelBinding"),
            driver("require_auth", "PGREQUIREAUTH", 16,
                    "|!?(none|password|md5|gss|sspi|scram-sha-256)(,!?(none|password|md5|gss|sspi|scram-sha-256))*",
                    "requireAuth"),
            driver("target_session_attrs", "PGTARGETSESSIONATTRS", 12,
                    "any|read-write|read-only|primary|standby|prefer-standby",
                    "targetServerType"),
            driver("load_balance_hosts", "PGLOADBALANCEHOSTS", 16, "disable|random", "loadBalanceHosts"),
            driver("gssencmode", "PGGSSENCMODE", 12, "disable|prefer|require", "gssEncMode"),
            driver("krbsrvname", "PGKRBSRVNAME", 12, ANY, "kerberosServerName"),
            driver("gsslib", "PGGSSLIB", 12, "|gssapi|sspi", "gsslib"),
            tools("gssdelegation", "PGGSSDELEGATION", 17, FLAG),
            ours("sslmode", "PGSSLMODE", 12, "disable|allow|prefer|require|verify-ca|verify-full"),
            driver("sslnegotiation", "PGSSLNEGOTIATION", 17, "postgres|direct", "sslNegotiation"),
            ours("sslrootcert", "PGSSLROOTCERT", 12, ANY),
            ours("sslcert", "PGSSLCERT", 12, ANY),
            ours("sslkey", "PGSSLKEY", 12, ANY),
            refused("sslcertmode", "PGSSLCERTMODE", 16, "disable|allow|require", "disable|allow",
                    "the JDBC driver cannot insist that the server asks for a certificate"),
            ours("sslpassword", null, 13, ANY),
            refused("sslcrl", "PGSSLCRL", 12, ANY, "", REVOCATION),
            refused("sslcrldir", "PGSSLCRLDIR", 14, ANY, "", REVOCATION),
            ours("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", 13, TLS_VERSION),
            ours("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", 13, TLS_VERSION),
            warned("sslsni", "PGSSLSNI", 14, FLAG, "1", "the JDBC driver always names the host when it opens TLS"),
            tools("sslkeylogfile", null, 18, ANY),
            tools("requirepeer", "PGREQUIREPEER", 12, ANY),
            warned("min_protocol_version", "PGMINPROTOCOLVERSION", 18, "|3\\.0|3\\.2|latest", "|3\\.0",
                    "the JDBC driver speaks protocol 3.0"),
            tools("max_protocol_version", "PGMAXPROTOCOLVERSION", 18, "|3\\.0|3\\.2|latest"),
            refused("replication", null, 12, ANY, "|(?i)false|off|no|0", "a replication connection runs no queries"),
            refused("scram_client_key", null, 18, ANY, "", SCRAM_KEYS),
            refused("scram_server_key", null, 18, ANY, "", SCRAM_KEYS),
            refused("oauth_issuer", null, 18, ANY, "", OAUTH),
            refused("oauth_client_id", null, 18, ANY, "", OAUTH),
            refused("oauth_client_secret", null, 18, ANY, "", OAUTH),
            refused("oauth_scope", null, 18, ANY, "", OAUTH),
            ignored("client_encoding", "PGCLIENTENCODING"),
            ignored("sslcompression", "PGSSLCOMPRESSION"),
            ignored("authtype", "PGAUTHTYPE"),
            ignored("tty", "PGTTY"));

    private static final Map<String, ConnectionParameter> BY_NAME =
            ALL.stream().collect(Collectors.toMap(ConnectionParameter::name, Function.identity()));

    private static final Set<String> SECRETS =
            Set.of("password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret");

    /**
     * Without these a connection could be weaker than asked for, so a client that does not know them is no client for
     * it.
     */
    private static final Set<String> PROTECTIONS =
            Set.of("channel_binding", "require_auth", "sslcertmode", "ssl_min_protocol_version",
                    "sslpassword");

    /** Common wrong names, and the parameters of libpq that are meant. */
    private static final Map<String, String> MISNOMERS =
            Map.of("database", "dbname", "db", "dbname", "username", "user", "hostname", "host",
                    "server", "host", "pass", "password", "passwd", "password", "pwd", "password", "ssl", "sslmode",
                    "schema", "options");

    /** @return the parameter of this name, or null */
    static ConnectionParameter of(String name) {
        return BY_NAME.get(name);
    }

    /** @return true for a text that can be a keyword, and is not likely to be anything that must not be shown */
    static boolean isWord(String name) {
        return name.matches("[A-Za-z_][A-Za-z0-9_]{0,30}");
    }

    /** Wrong usage: a name that libpq does not know. */
    static Failure unknown(String side, String name) {
        String meant = meant(name);
        return Failure.usage("invalid connection option \"%s\" for the %s", name, side)
                .hint(meant == null ? "options are named as in libpq: host, port, dbname, user, sslmode, …"
                        : "did you mean \"" + meant + "\"?");
    }

    /** @return the parameter that somebody who wrote this probably meant, or null */
    private static String meant(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return ALL.stream()
                .filter(parameter -> parameter.name.equals(lower) || lower.equalsIgnoreCase(parameter.property)
                        || lower.equals(parameter.name.replace("_", "")) || name.equals(parameter.variable))
                .map(ConnectionParameter::name).findFirst().orElse(MISNOMERS.get(lower));
    }

    boolean secret() {
        return SECRETS.contains(name);
    }

    boolean protection() {
        return PROTECTIONS.contains(name);
    }

    private static ConnectionParameter ours(String name, String variable, int since, String values) {
        return new ConnectionParameter(name, variable, since, values, Use.OURS, null, ANY, "");
    }

    private static ConnectionParameter driver(String name, String variable, int since, String values, String property) {
        return new ConnectionParameter(name, variable, since, values, Use.DRIVER, property, ANY, "");
    }

    private static ConnectionParameter tools(String name, String variable, int since, String values) {
        return new ConnectionParameter(name, variable, since, values, Use.TOOLS, null, ANY, "");
    }

    private static ConnectionParameter warned(String name, String variable, int since, String values, String harmless,
            String reason) {
        return new ConnectionParameter(name, variable, since, values, Use.WARNED, null, harmless, reason);
    }

    private static ConnectionParameter refused(String name, String variable, int since, String values, String harmless,
            String reason) {
        return new ConnectionParameter(name, variable, since, values, Use.REFUSED, null, harmless, reason);
    }

    private static ConnectionParameter ignored(String name, String variable) {
        return new ConnectionParameter(name, variable, 12, ANY, Use.IGNORED, null, ANY, "");
    }
}
