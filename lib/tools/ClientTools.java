package lib.tools;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.dsn.Endpoints;
import lib.dsn.ToolEnvironment;
import lib.talk.Failure;
import lib.talk.ShortCommand;

/** Every PostgreSQL client installation of this machine, and which of them can work between two servers. */
public final class ClientTools {
    /** Folders of further installations or wrappers, separated as PATH is. */
    public static final String BINDIRS = "TSMIGRATE_PG_BINDIRS";

    private static final int SECONDS = 10;
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)(?:\\.(\\d+))?");
    /** Where packages of Debian, Red Hat, Homebrew, EDB and Postgres.app put each major's programs. */
    private static final List<String> USUAL =
            List.of("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin",
                    "/opt/homebrew/opt/libpq*/bin", "/usr/local/opt/postgresql@*/bin", "/usr/local/opt/libpq*/bin",
                    "/Library/PostgreSQL/*/bin",
                    "/Applications/Postgres.app/Contents/Versions/*/bin");

    /** One installation: the folder of pg_dump, pg_restore and psql, and their version. */
    public record Installation(Path folder, int major, int minor) {
        String tool(String name) {
            return folder.resolve(name).toString();
        }

        /** @throws Failure where this program is not among them: some packages have it apart */
        public Installation with(String name) {
            if (!Files.isExecutable(folder.resolve(name))) {
                throw Failure.of("there is no %s beside the pg_dump in \"%s\"", name, folder)
                        .hint("put it there, or name a folder that has all client programs in %s", BINDIRS);
            }
            return this;
        }

        @Override
        public String toString() {
            return major + "." + minor + " (" + folder + ")";
        }
    }

    private final List<Installation> installed;
    private final String path;

    private ClientTools(List<Installation> installed, String path) {
        this.installed = installed;
        this.path = path;
    }

    /** Finds every installation: {@value #BINDIRS} first, then PATH, then the usual places. */
    public static ClientTools find(Map<String, String> environment) {
        Set<Path> folders = new LinkedHashSet<>();
        for (String variable : List.of(BINDIRS, "PATH")) {
            for (String folder : environment.getOrDefault(variable, "").split(File.pathSeparator)) {
                if (!folder.isEmpty()) {
                    folders.add(Path.of(folder));
                }
            }
        }
        USUAL.forEach(pattern -> folders.addAll(glob(pattern)));
        List<Installation> found = new ArrayList<>();
        Set<Path> seen = new LinkedHashSet<>();
        for (Path folder : folders) {
            Path pgDump = folder.resolve("pg_dump");
            if (Files.isExecutable(pgDump) && !isDebianWrapper(pgDump) && seen.add(real(folder))) {
                version(pgDump).ifPresent(found::add);
            }
        }
        return new ClientTools(found, environment.getOrDefault("PATH", ""));
    }

    /** @return the variables that a client tool must not see: it would follow them, or they hold a password */
    public static Set<String> unwanted() {
        Set<String> names = new TreeSet<>(ToolEnvironment.unset());
        names.addAll(Endpoints.VARIABLES);
        return names;
    }

    /** @return what was found, in the order of preference of the places */
    List<Installation> installed() {
        return installed;
    }

    /**
     * Picks the programs for a pair of servers: a pg_dump reads servers of its own major and older ones, and a
     * pg_restore newer than the target writes settings that the target does not know (pg_dump manual, "Notes"). The
     * source's own major is best.
     *
     * @throws Failure naming the package to install
     */
    public Installation pick(int sourceMajor, int targetMajor) {
        return installed.stream().filter(tools -> tools.major >= sourceMajor && tools.major <= targetMajor)
                .min(Comparator.comparingInt(Installation::major)
                        .thenComparing(Comparator.comparingInt(Installation::minor).reversed()))
                .orElseThrow(() -> none(sourceMajor, targetMajor));
    }

    /**
     * Picks the programs for one side: not older than needed, and not newer than wanted where that can be had. Of one
     * major version, the newest minor.
     *
     * @param oldest the major version that can do it
     * @param newest the major version that should not be exceeded
     * @param what what they are needed for, such as {@code for a source of version 15}
     * @throws Failure naming the package to install
     */
    public Installation pickOne(int oldest, int newest, String what) {
        return installed.stream().filter(tools -> tools.major >= oldest)
                .min(Comparator.comparing((Installation tools) -> tools.major > newest)
                        .thenComparingInt(Installation::major)
                        .thenComparing(Comparator.comparingInt(Installation::minor).reversed()))
                .orElseThrow(() -> missing(oldest, Integer.MAX_VALUE,
                        Failure.of("pg_dump and pg_restore of version %d or newer are needed %s", oldest, what)));
    }

    private Failure none(int sourceMajor, int targetMajor) {
        String range =
                sourceMajor == targetMajor ? "version " + sourceMajor : "version " + sourceMajor + " to " + targetMajor;
        return missing(sourceMajor, targetMajor,
                Failure.of(
                        "pg_dump and pg_restore of %s are needed for a source of version %d and a target of version %d",
                        range, sourceMajor, targetMajor));
    }

    private Failure missing(int oldest, int newest, Failure failure) {
        String have = installed.isEmpty() ? "no client tools are installed on this machine"
                : installed.stream().map(Installation::major).collect(Collectors.toCollection(TreeSet::new)).stream()
                        .map(found -> "version " + found).collect(Collectors.joining(", ", "installed here: ", ""));
        return failure.detail("%s", have)
                .hint("%s, or name its folder in %s", ClientPackage.remedy(path, oldest, newest), BINDIRS);
    }

    /** Debian's /usr/bin/pg_dump chooses a version by itself; the real programs stand in a folder per major. */
    private static boolean isDebianWrapper(Path program) {
        return real(program).getFileName().toString().equals("pg_wrapper");
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }

    private static Optional<Installation> version(Path pgDump) {
        try {
            Map<String, String> environment = new HashMap<>(System.getenv());
            environment.keySet().removeAll(unwanted());
            Matcher version = VERSION.matcher(ShortCommand
                    .run(List.of(pgDump.toString(), "--version"), environment, SECONDS).out().lines().findFirst()
                    .orElse(""));
            return version.find()
                    ? Optional.of(new Installation(pgDump.getParent(), Integer.parseInt(version.group(1)),
                            version.group(2) == null ? 0 : Integer.parseInt(version.group(2))))
                    : Optional.empty();
        } catch (IOException e) {
            // A pg_dump that cannot be started, or does not answer, is as good as none.
            return Optional.empty();
        }
    }

    private static List<Path> glob(String pattern) {
        int star = pattern.lastIndexOf('/', pattern.indexOf('*'));
        Path parent = Path.of(pattern.substring(0, star));
        String[] rest = pattern.substring(star + 1).split("/", 2);
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(parent)) {
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, rest[0])) {
                folders.forEach(folder -> found.add(folder.resolve(rest[1])));
            } catch (IOException e) {
                // A folder that cannot be listed holds nothing that we could run.
                return List.of();
            }
        }
        found.sort(Comparator.reverseOrder());
        return found;
    }
}
