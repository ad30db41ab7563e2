package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A throw-away PostgreSQL server on loopback, with passwords, run by an unprivileged user, gone with everything it
 * wrote when it is closed or when this JVM ends, however it ends.
 */
public final class PgServer implements ServerAccess, AutoCloseable {
    private static final int START_ATTEMPTS = 5;
    private static final Map<Integer, PgServer> SHARED = new HashMap<>();

    private final ServerBinaries binaries;
    private final Path folder;
    private final Watchdog watchdog;
    private final Optional<Certificates> certificates;
    private final String superuser;
    private final Optional<Machine> machine;
    private final List<String> initdb;
    private int port;
    private int renewals;

    /** What a server is started from. */
    public static final class Plan {
        private final ServerBinaries binaries;
        private final List<String> initdb = new ArrayList<>();
        private final Map<String, String> settings = new LinkedHashMap<>();
        private String superuser = "postgres";
        private Machine machine;
        private boolean tls;

        private Plan(ServerBinaries binaries) {
            this.binaries = binaries;
            // What is in the folder goes with the folder; POSIX shared memory would outlive a killed server.
            with("dynamic_shared_memory_type=mmap", "shared_buffers=32MB", "timezone=UTC", "fsync=off",
                    "synchronous_commit=off",
                    "full_page_writes=off");
        }

        /** Server settings, each as {@code name=value}; the last one of a name counts. */
        public Plan with(String... namesAndValues) {
            settings.putAll(parse(namesAndValues));
            return this;
        }

        /**
         * Options of initdb in place of UTF-8 in locale C.UTF-8, such as {@code --encoding=LATIN1}, {@code --locale=C}.
         */
        public Plan initdb(String... options) {
            initdb.addAll(List.of(options));
            return this;
        }

        /** The major version of the server to be. */
        public int major() {
            return binaries.major();
        }

        /** The name of the bootstrap superuser in place of "postgres". */
        public Plan superuser(String name) {
            superuser = name;
            return this;
        }

        /** TLS only, with a certificate for "localhost" signed by a CA of its own. */
        public Plan tls() {
            tls = true;
            return this;
        }

        /** On another machine; the tests reach it when that is joined to them. */
        public Plan on(Machine other) {
            machine = other;
            return this;
        }

        public PgServer start() {
            return new PgServer(this);
        }
    }

    /** A server to be started from these programs. */
    public static Plan plan(ServerBinaries binaries) {
        return new Plan(binaries);
    }

    /** A server of this major version: installed where possible, else embedded. */
    public static Plan plan(int major) {
        return plan(ServerBinaries.installed(major).orElseGet(() -> ServerBinaries.embedded(major)));
    }

    public static PgServer start(int major, String... settings) {
        return plan(major).with(settings).start();
    }

    /** A server from the programs of Maven Central, even where the same major version is installed. */
    public static PgServer embedded(int major, String... settings) {
        return plan(ServerBinaries.embedded(major)).with(settings).start();
    }

    /** A server of the installed client's major version. */
    public static PgServer installed(String... settings) {
        return start(ClientBinaries.clientMajor(), settings);
    }

    /**
     * One server of a major version for all tests of this JVM, with no settings beyond the usual; its users make
     * databases of their own.
     */
    public static synchronized PgServer shared(int major) {
        return SHARED.computeIfAbsent(major, PgServer::start);
    }

    /** A server that accepts TLS only; {@link #rootCertificate} is what sslrootcert wants. */
    public static PgServer withTls(int major, String... settings) {
        return plan(major).with(settings).tls().start();
    }

    private PgServer(Plan plan) {
        binaries = plan.binaries;
        superuser = plan.superuser;
        initdb = List.copyOf(plan.initdb);
        machine = Optional.ofNullable(plan.machine);
        try {
            folder = binaries.newFolder();
            watchdog = Watchdog.over(folder, pgCtl("stop", "-m", "immediate"));
            DataFolder.fill(folder, binaries, initdb, superuser);
            certificates = plan.tls ? Optional.of(Certificates.in(folder, binaries)) : Optional.empty();
            configure(plan.settings);
            configure(Map.of("listen_addresses", host(), "unix_socket_directories", binaries.inside(folder)));
            configure(certificates.map(made -> made.settings(binaries)).orElse(Map.of()));
            Files.writeString(dataFolder().resolve("pg_hba.conf"),
                    accessRules(plan.tls ? "hostssl" : "host", machine.isPresent() ? "all" : "127.0.0.1/32"));
            start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String host() {
        return machine.map(Machine::address).orElse(certificates.isPresent() ? "localhost" : "127.0.0.1");
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public int major() {
        return binaries.major();
    }

    @Override
    public String user() {
        return superuser;
    }

    /** Random, with characters that need quoting nearly everywhere. */
    @Override
    public String password() {
        return DataFolder.PASSWORD;
    }

    @Override
    public Optional<Path> certificateAuthority() {
        return certificates.map(Certificates::root);
    }

    /** The CA's certificate. */
    public Path rootCertificate() {
        return certificateAuthority().orElseThrow(() -> new IllegalStateException("this server has no TLS"));
    }

    public Path dataFolder() {
        return folder.resolve("data");
    }

    /** The folder of the Unix socket, where no password is asked. */
    public Path socketFolder() {
        return folder;
    }

    /** Everything the server has written to its log. */
    public String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the server and keeps its data. */
    public void stop() {
        Run.of(pgCtl("stop", "-m", "fast")).orFail();
    }

    /** Ends the server at once, as a loss of power would; it recovers when it is started again. */
    public void crash() {
        Run.of(pgCtl("stop", "-m", "immediate")).orFail();
    }

    /** Waits until a server that has lost processes answers again, and starts it if it has given up. */
    public void awaitRecovery() {
        BackgroundWork.until("the server has recovered", () -> {
            try {
                return query("postgres", "SELECT 1").equals("1");
            } catch (IllegalStateException e) {
                if (Run.of(pgCtl("status")).code() != 0) {
                    start();
                }
                return false;
            }
        });
    }

    /** Starts a stopped server again on its port, with {@code name=value} settings added. */
    public void start(String... settings) {
        configure(parse(settings));
        boolean portIsKnown = port != 0;
        for (int attempt = 1;; attempt++) {
            if (!portIsKnown) {
                port = freePort();
                configure(Map.of("port", String.valueOf(port)));
            }
            List<String> command = pgCtl("start", "-t", "60", "-l", binaries.inside(folder.resolve("log")));
            Run run = Run.of(machine.map(other -> other.command(command)).orElse(command));
            if (run.code() == 0) {
                return;
            }
            // The free port was free for every other process too.
            if (attempt == START_ATTEMPTS || !log().contains("could not bind")) {
                throw new IllegalStateException("the server did not start: " + run.err() + log());
            }
        }
    }

    /** Stops and starts on the same port, with settings added. */
    public void restart(String... settings) {
        stop();
        start(settings);
    }

    /**
     * Stops, and starts on the same port with the same settings and nothing in it.
     *
     * @return where its data are until it is closed, unless somebody removes them: files that were removed a moment ago
     * slow down a file system that makes new ones
     */
    public Path renew() {
        stop();
        Path old = folder.resolve("data-" + ++renewals);
        try {
            Files.move(dataFolder(), old);
            DataFolder.fill(folder, binaries, initdb, superuser);
            for (String file : List.of("postgresql.conf", "pg_hba.conf")) {
                Files.writeString(dataFolder().resolve(file), Files.readString(old.resolve(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
        return old;
    }

    /**
     * Becomes a standby of another server of the same version, 13 or later, which keeps its queries as long as they run
     * and is sent everything, however late it is.
     */
    public void follow(PgServer primary) {
        stop();
        String data = binaries.inside(dataFolder());
        Run.output(binaries.command("/bin/rm", "-rf", data));
        Run.of(binaries.command("pg_basebackup", "-D", data, "-R", "--checkpoint=fast", "-d", primary.uri("postgres")))
                .orFail();
        configure(Map.of("port", String.valueOf(port), "unix_socket_directories", binaries.inside(folder),
                "hot_standby_feedback", "on", "max_standby_streaming_delay", "-1", "wal_receiver_create_temp_slot",
                "on"));
        start();
    }

    /** Ends the server at once and removes its folder. */
    @Override
    public void close() {
        watchdog.close();
    }

    private List<String> pgCtl(String action, String... options) {
        List<String> arguments =
                new ArrayList<>(List.of(action, "-w", "-s", "-D", binaries.inside(folder.resolve("data"))));
        arguments.addAll(List.of(options));
        return binaries.command("pg_ctl", arguments.toArray(String[]::new));
    }

    private void configure(Map<String, String> settings) {
        StringBuilder lines = new StringBuilder();
        settings.forEach(
                (name, value) -> lines.append(name).append(" = '").append(value.replace("'", "''")).append("'\n"));
        try {
            Files.writeString(dataFolder().resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> parse(String... namesAndValues) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String setting : namesAndValues) {
            int equals = setting.indexOf('=');
            settings.put(setting.substring(0, equals).strip(), setting.substring(equals + 1).strip());
        }
        return settings;
    }

    private static String accessRules(String type, String clients) {
        return """
                local all all trust
                %1$s all all %2$s scram-sha-256
                %1$s all all ::1/128 scram-sha-256
                %1$s replication all 127.0.0.1/32 scram-sha-256
                """.formatted(type, clients);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
