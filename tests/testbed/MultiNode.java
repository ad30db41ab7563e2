package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * A cluster of TimescaleDB 2.13, the last one that has them: an access node and its data nodes dn1, dn2 …, each a
 * server of its own, with passwords everywhere. Every node has the database under one name.
 */
public final class MultiNode implements AutoCloseable {
    /** The last version with data nodes. */
    public static final String VERSION = "2.13.1";
    /** Owns what sql/multinode.sql makes. */
    public static final String OWNER = "fleet_owner";
    public static final String OWNERS_PASSWORD = "fleet:owner";
    /** Distributed transactions are prepared on every data node. */
    private static final String[] SETTINGS = {"max_prepared_transactions=50", "max_worker_processes=20"};
    private static final String DATABASE = "fleet";

    private final PgServer access;
    private final List<PgServer> nodes;
    private final List<String> owners = new ArrayList<>();

    private MultiNode(PgServer access, List<PgServer> nodes) {
        this.access = access;
        this.nodes = nodes;
        nodes.forEach(node -> owners.add(OWNERS_PASSWORD));
    }

    /** A cluster without anything of a user; a test is skipped where no installation of this version is listed. */
    public static MultiNode start(int nodes) {
        return start(VERSION, nodes);
    }

    /** The same of another version. */
    public static MultiNode start(String version, int nodes) {
        List<PgServer> servers = new ArrayList<>();
        for (int i = 0; i <= nodes; i++) {
            servers.add(Timescale.community(version).with(SETTINGS).start());
        }
        MultiNode cluster = new MultiNode(servers.get(0), servers.subList(1, servers.size()));
        cluster.writePasswords();
        cluster.access.sql("postgres", "CREATE DATABASE " + DATABASE + " TEMPLATE template0");
        cluster.access.sql(DATABASE, "CREATE EXTENSION timescaledb");
        for (int i = 1; i <= nodes; i++) {
            PgServer node = cluster.node(i);
            cluster.access.sql(DATABASE, "SELECT add_data_node('dn%d', '%s', '%s', %d)".formatted(i, node.host(),
                    DATABASE, node.port()));
        }
        return cluster;
    }

    /** A cluster with what sql/multinode.sql makes: a moment of work. */
    public static MultiNode planted(int nodes) {
        MultiNode cluster = start(nodes);
        cluster.plant();
        return cluster;
    }

    /** Makes what sql/multinode.sql makes. */
    public void plant() {
        String psql = ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString();
        Run.of(List.of(psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "nodes=" + nodes.size(), "-f",
                "tests/sql/multinode.sql"), access.environment(DATABASE), null).orFail();
    }

    /** Has the access node sign in to a data node as the owner with another password, which the owner has there. */
    public void changePassword(int node, String password) {
        node(node).sql("postgres", "ALTER ROLE " + OWNER + " PASSWORD '" + password + "'");
        owners.set(node - 1, password);
        writePasswords();
    }

    /** The access node looks up what it says to data nodes in a file of its own, by host and user. */
    private void writePasswords() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < nodes.size(); i++) {
            lines.append(line(nodes.get(i), nodes.get(i).user(), nodes.get(i).password()))
                    .append(line(nodes.get(i), OWNER, owners.get(i)));
        }
        try {
            Files.writeString(passwordFile(), lines);
            Files.setPosixFilePermissions(passwordFile(), PosixFilePermissions.fromString("rw-------"));
            Account.ofServers().own(passwordFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the access node looks unless timescaledb.passfile says otherwise. */
    private Path passwordFile() {
        return access.dataFolder().resolve("passfile");
    }

    private static String line(PgServer node, String user, String password) {
        return node.host() + ":" + node.port() + ":*:" + user + ":"
                + password.replace("\\", "\\\\").replace(":", "\\:") + "\n";
    }

    public PgServer access() {
        return access;
    }

    /** @param number from 1 on */
    public PgServer node(int number) {
        return nodes.get(number - 1);
    }

    /** The database's name, on every node. */
    public String database() {
        return DATABASE;
    }

    /** The access node's address, for the commands under test. */
    public String uri() {
        return access.uri(DATABASE);
    }

    /** The same for the owner, who is no superuser. */
    public String ownersUri() {
        return access.uri(DATABASE, OWNER, OWNERS_PASSWORD);
    }

    @Override
    public void close() {
        nodes.forEach(PgServer::close);
        access.close();
    }
}
