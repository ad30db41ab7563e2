//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.Run;

/** A package that a hint tells to install can be installed: the package manager of this machine decides. */
class ClientPackageTest {
    private static final String PATH = System.getenv("PATH");
    private static final String PROJECT =
            "run: sudo apt-get install -y postgresql-common && sudo "
                    + "/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y"
                    + " && sudo apt-get install -y postgresql-client-%d";

    /** What has a version to be installed: a line for each, with the name first. */
    private static final Set<String> OFFERED = Run
            .of(List.of("sh", "-c", "command -v apt-cache >/dev/null && apt-cache madison postgresql-common"
                    + " $(for major in 12 13 14 15 16 17 18 99; do echo postgresql-client-$major; done) 2>/dev/null"))
            .out().lines()
            .map(line -> line.split("\\|")[0].strip()).collect(Collectors.toSet());

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(ints = {13, 15, 99})
    void what_apt_would_install_else_the_projects_own(int major) {
        assumeTrue(isThere("postgresql-common"), "needs Debian or Ubuntu, after apt-get update");
        assertEquals(
                isThere("postgresql-client-" + major) ? "run: sudo apt-get install -y postgresql-client-" + major
                        : PROJECT.formatted(major),
                ClientPackage.remedy(PATH, major, major));
    }

    @Test
    void the_first_of_several_that_would_do() {
        assumeTrue(isThere("postgresql-common"), "needs Debian or Ubuntu, after apt-get update");
        List<Integer> there = List.of(12, 13, 14, 15, 16, 17, 18).stream()
                .filter(major -> isThere("postgresql-client-" + major)).toList();
        assumeTrue(!there.isEmpty(), "needs a distribution with a client of PostgreSQL 12 to 18");
        assertEquals("run: sudo apt-get install -y postgresql-client-" + there.get(0),
                ClientPackage.remedy(PATH, 12, Integer.MAX_VALUE));
    }

    @Test
    void the_script_that_adds_the_projects_repository_comes_with_the_package() {
        assumeTrue(Run.of(List.of("sh", "-c", "dpkg -s postgresql-common")).code() == 0, "needs postgresql-common");
        assertTrue(Files.isExecutable(Path.of("/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh")));
    }

    @Test
    void elsewhere() throws IOException {
        assertEquals(
                "install the package postgresql-client-15 (Debian, Ubuntu), postgresql15 (Red Hat) or "
                        + "postgresql@15 (Homebrew)",
                ClientPackage.remedy("/nonexistent", 15, 16));
        // What dnf prints of a package, and its exit code for one that it does not know.
        program("dnf",
                "#!/bin/sh\ntest \"$4\" = postgresql16 || exit 1\necho Available Packages\necho "
                        + "'postgresql16.x86_64  16.4-1.el9  appstream'\n");
        assertEquals("run: sudo dnf install -y postgresql16", ClientPackage.remedy(folder + ":/nonexistent", 15, 16));
        assertEquals(
                "install postgresql15 from the repository of the PostgreSQL project: "
                        + "https://www.postgresql.org/download/linux/redhat/",
                ClientPackage.remedy(folder + ":/nonexistent", 15, 15));
        program("apt-cache", "#!/bin/sh\nexit 0\n");
        assertEquals("run this again after: sudo apt-get update", ClientPackage.remedy(folder.toString(), 15, 15));
    }

    private static boolean isThere(String name) {
        return OFFERED.contains(name);
    }

    private void program(String name, String text) throws IOException {
        Files.setPosixFilePermissions(Files.writeString(folder.resolve(name), text),
                PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
