package lib.ssh;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.talk.Failure;

/**
 * A machine to reach through ssh. What is left open is for ssh's own configuration to say.
 *
 * @param address name, address, or alias in the user's ssh configuration
 * @param port 0 for the one of the configuration
 * @param user null for the one of the configuration
 * @param key the private key, or null for those that ssh tries by itself
 * @param knownHosts where the key of the machine is kept after the first connection; null for the user's own file
 */
public record RemoteHost(String address, int port, String user, Path key, Path knownHosts) {
    // What begins with a hyphen would be an option of ssh.
    private static final Pattern FORM = Pattern.compile(
            "(?:([^@\\s-][^@\\s]*)@)?(?:\\[([0-9A-Fa-f:.%\\w]+)]|([\\w.][\\w.-]*|"
                    + "[0-9A-Fa-f:]+:[0-9A-Fa-f:.]*))(?::(\\d{1,5}))?");

    /**
     * Reads {@code [user@]address[:port]}; an IPv6 address with a port stands in brackets.
     *
     * @throws Failure usage, if it is something else
     */
    public static RemoteHost parse(String text, Path key, Path knownHosts) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw Failure.usage("invalid host \"%s\"", text).hint("it is given as USER@ADDRESS or USER@ADDRESS:PORT");
        }
        int port = parts.group(4) == null ? 0 : Integer.parseInt(parts.group(4));
        return new RemoteHost(parts.group(2) == null ? parts.group(3) : parts.group(2), port, parts.group(1), key,
                knownHosts);
    }

    @Override
    public String toString() {
        return (user == null ? "" : user + "@") + address + (port == 0 ? "" : ":" + port);
    }
}
