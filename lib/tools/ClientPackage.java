package lib.tools;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import lib.talk.ShortCommand;

/**
 * How to install client programs that are missing, by what the package manager of this machine has to offer; where it
 * has none of the wanted versions, from the PostgreSQL project, whose repositories have them all (PostgreSQL wiki,
 * "Apt"; PostgreSQL downloads, "Red Hat").
 */
public final class ClientPackage {
    private static final int SECONDS = 10;
    private static final String COMMON = "postgresql-common";
    private static final String INSTALL = "sudo apt-get install -y ";
    /** Comes with that package, and adds the repository. */
    private static final String ADD = "sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y";

    private final String path;
    private final List<Integer> majors;

    private ClientPackage(String path, int oldest, int newest) {
        this.path = path;
        this.majors = IntStream.rangeClosed(oldest, Math.min(newest, oldest + 10)).boxed().toList();
    }

    /**
     * @param path where programs are searched, as PATH has it
     * @param oldest the first major version that will do
     * @param newest the last one, of which there may be none yet
     * @return what to run, or in words what to install where no package manager is known
     */
    public static String remedy(String path, int oldest, int newest) {
        return new ClientPackage(path, oldest, newest).remedy();
    }

    private String remedy() {
        int first = majors.get(0);
        return find("apt-cache").map(this::apt).or(() -> find("dnf").map(this::dnf)).orElseGet(
                () -> ("install the package postgresql-client-%1$d (Debian, Ubuntu), postgresql%1$d (Red Hat) or "
                        + "postgresql@%1$d (Homebrew)")
                        .formatted(first));
    }

    private Optional<Path> find(String program) {
        return List.of(path.split(File.pathSeparator)).stream().filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable).findFirst();
    }

    private String apt(Path cache) {
        List<String> command = new ArrayList<>(List.of(cache.toString(), "policy", COMMON));
        majors.forEach(major -> command.add("postgresql-client-" + major));
        String name = "";
        List<String> offered = new ArrayList<>();
        for (String line : output(command)) {
            name = line.startsWith(" ") ? name : line.replaceFirst(":$", "");
            if (line.startsWith("  Candidate: ") && !line.endsWith("(none)")) {
                offered.add(name);
            }
        }
        if (!offered.contains(COMMON)) {
            return "run this again after: sudo apt-get update";
        }
        String first = "postgresql-client-" + majors.get(0);
        return "run: " + majors.stream().map(major -> "postgresql-client-" + major).filter(offered::contains)
                .findFirst().map(INSTALL::concat)
                .orElse(INSTALL + COMMON + " && " + ADD + " && " + INSTALL + first);
    }

    private String dnf(Path dnf) {
        return majors.stream().map(major -> "postgresql" + major)
                .filter(name -> output(List.of(dnf.toString(), "-q", "list", "--available", name)).stream()
                        .anyMatch(line -> line.startsWith(name + ".")))
                .findFirst().map("run: sudo dnf install -y "::concat)
                .orElse("install postgresql" + majors.get(0)
                        + " from the repository of the PostgreSQL project: "
                        + "https://www.postgresql.org/download/linux/redhat/");
    }

    /** @return what a program says on stdout, or nothing if it fails or takes too long */
    private List<String> output(List<String> command) {
        try {
            ShortCommand answer = ShortCommand.run(command, Map.of("PATH", path, "LC_ALL", "C"), SECONDS);
            return answer.code() == 0 ? answer.out().lines().toList() : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }
}
