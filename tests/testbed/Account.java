package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The user that servers run as. PostgreSQL refuses to run as root, so root lends its servers to an existing
 * unprivileged user; everybody else runs them as oneself.
 *
 * @param uid the user's number, or -1 for oneself
 */
public record Account(String name, int uid, int gid) {
    /** Whoever runs the tests. */
    public static final Account ONESELF = new Account(System.getProperty("user.name"), -1, -1);

    private static final List<String> CANDIDATES = List.of("postgres", "nobody");

    public static boolean isRoot() {
        return ONESELF.name.equals("root");
    }

    /** The user for servers of this machine. */
    public static Account ofServers() {
        return isRoot() ? in(Path.of("/")) : ONESELF;
    }

    /** The unprivileged user of a root folder, by its own passwd file. */
    public static Account in(Path root) {
        try {
            List<String> lines = Files.readAllLines(root.resolve("etc/passwd"));
            for (String candidate : CANDIDATES) {
                for (String line : lines) {
                    String[] fields = line.split(":");
                    if (fields[0].equals(candidate)) {
                        return new Account(candidate, Integer.parseInt(fields[2]), Integer.parseInt(fields[3]));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException("no user of " + CANDIDATES + " in " + root.resolve("etc/passwd"));
    }

    /** The command as this user runs it; setpriv belongs to util-linux, which every Debian has. */
    public List<String> running(List<String> command) {
        if (uid < 0) {
            return command;
        }
        List<String> all =
                new ArrayList<>(List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--"));
        all.addAll(command);
        return all;
    }

    /** Gives a file or folder to this user. */
    public Path own(Path file) throws IOException {
        if (uid >= 0) {
            Files.setAttribute(file, "unix:uid", uid);
            Files.setAttribute(file, "unix:gid", gid);
        }
        return file;
    }

    /**
     * @return true if this user can reach what stands in the folder, by the "others" bits of it and of every folder
     * above
     */
    public boolean canEnter(Path folder) {
        try {
            for (Path step = folder.toAbsolutePath(); uid >= 0 && step != null; step = step.getParent()) {
                if (Files.exists(step) && ((int) Files.getAttribute(step, "unix:mode") & 1) == 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
