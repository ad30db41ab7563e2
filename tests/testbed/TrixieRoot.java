package testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A root folder of Debian trixie with PostgreSQL 17, TimescaleDB 2.19.3 (Apache edition), pgcopydb, moto_server and
 * sshd, for what the machine's own release does not offer. Made once with mmdebstrap (half a minute, 550 MB), which
 * takes its mirror from the machine's own package sources; entered with chroot, so only root can make and use it.
 */
public final class TrixieRoot {
    private static final List<String> PACKAGES =
            List.of("postgresql-17", "postgresql-17-timescaledb", "pgcopydb", "python3-moto",
                    "python3-flask-cors", "openssh-server");
    /** Server settings without which the extension cannot be created; telemetry would ask the network. */
    private static final List<String> TIMESCALE =
            List.of("shared_preload_libraries=timescaledb", "timescaledb.telemetry_level=off");
    private static final Path BIN = Path.of("/usr/lib/postgresql/17/bin");
    private static final String CLIENTS = "opt/clients";

    // The loader keeps the root's libraries away from everything else on the machine; argv[0] tells pg_dumpall where
    // its siblings are.
    private static final String WRAPPER = """
            #!/bin/sh
            here=$(cd "$(dirname "$0")" && pwd)
            root=${here%%/opt/clients}
            for loader in "$root"/usr/lib/*/ld-linux-*.so.*; do :; done
            exec "$loader" --library-path "${loader%%/*}" --argv0 "$here/%1$s" "$root/usr/lib/postgresql/17/bin/%1$s" \
            "$@"
            """;

    private static Path folder;
    private static String problem;

    private TrixieRoot() {
    }

    /** Makes the root folder; what `make trixie-root` runs. */
    public static void main(String[] args) {
        Requirement.madeBy("trixie-root");
        System.out.println(unavailable().map(reason -> "make: error: no Debian root folder: " + reason)
                .orElseGet(() -> folder().toString()));
        if (unavailable().isPresent()) {
            System.exit(1);
        }
    }

    public static boolean available() {
        return unavailable().isEmpty();
    }

    /** @return why there is no root folder, for tests that are skipped; the first call makes it if that is possible */
    public static synchronized Optional<String> unavailable() {
        if (folder == null && problem == null) {
            if (!Account.isRoot()) {
                problem = Requirement.root("chroot");
            } else if (Run.of(List.of("sh", "-c", "command -v mmdebstrap && command -v chroot")).code() != 0) {
                problem = "needs mmdebstrap; run: sudo apt-get install -y mmdebstrap";
            } else {
                make();
            }
        }
        return Optional.ofNullable(problem);
    }

    /** The root folder as seen from this machine; a test that asks for it where it cannot be had is skipped. */
    public static Path folder() {
        unavailable().ifPresent(reason -> {
            throw Requirement.missing(reason);
        });
        return folder;
    }

    /** The programs of its PostgreSQL 17. */
    public static ServerBinaries server() {
        return new ServerBinaries(17, BIN, folder());
    }

    /** A server that preloads TimescaleDB; the extension is not created anywhere yet. */
    public static PgServer timescale(String... settings) {
        return timescalePlan().with(settings).start();
    }

    /** A plan for a server that preloads TimescaleDB, to be started by the caller. */
    public static PgServer.Plan timescalePlan() {
        return PgServer.plan(server()).with(TIMESCALE.toArray(String[]::new));
    }

    /** A folder with pg_dump, pg_dumpall, pg_restore and psql 17 that run on this machine, outside of the root. */
    public static Path clientWrappers() {
        return folder().resolve(CLIENTS);
    }

    /** The command line that runs a program inside, as root. */
    public static List<String> command(String... programAndArguments) {
        List<String> command = new ArrayList<>(List.of("chroot", folder().toString()));
        command.addAll(List.of(programAndArguments));
        return command;
    }

    private static void make() {
        try {
            // Another list of packages is another root.
            folder = CacheFolder.of("trixie-" + Integer.toHexString(PACKAGES.hashCode()), TrixieRoot::fill);
            Run.of(List.of("chroot", folder.toString(), "/bin/true")).orFail();
        } catch (IllegalStateException e) {
            folder = null;
            problem = "mmdebstrap or chroot failed: " + e.getMessage().lines().reduce((first, last) -> last).orElse("");
        }
    }

    private static void fill(Path unfinished) throws IOException {
        System.out.println("making a Debian root folder with TimescaleDB, once");
        String noCluster =
                "mkdir -p \"$1/etc/postgresql-common\" && echo create_main_cluster=false "
                        + ">\"$1/etc/postgresql-common/createcluster.conf\"";
        Run.of(List.of("mmdebstrap", "--quiet", "--mode=root", "--format=directory", "--variant=apt",
                "--essential-hook=" + noCluster,
                "--include=" + String.join(",", PACKAGES), "trixie", unfinished.toString())).orFail();
        Path clients = Files.createDirectories(unfinished.resolve(CLIENTS));
        for (String name : List.of("pg_dump", "pg_dumpall", "pg_restore", "psql", "vacuumdb")) {
            Path wrapper = Files.writeString(clients.resolve(name), WRAPPER.formatted(name));
            Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}
