package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import lib.server.Finding;
import lib.server.OldestVersion;
import lib.server.Server;
import lib.talk.Failure;
import lib.tools.ClientTools;

/**
 * Whether both servers have versions between which a database can be moved, and client programs for them are here.
 *
 * @param tools the programs, or null where none fit
 * @param neededClient the major version of those that would serve and are not installed, or null where nothing is
 * missing
 */
record VersionCheck(List<Finding> findings, ClientTools.Installation tools, Integer neededClient) {
    static VersionCheck of(Server.Facts source, Server.Facts target, ClientTools installed) {
        try {
            OldestVersion.require("source", source);
        } catch (Failure e) {
            return new VersionCheck(List.of(Finding.stop("versions", e)), null, null);
        }
        if (target.major() < source.major()) {
            return new VersionCheck(
                    List.of(Finding.stop("versions", "create the target as PostgreSQL " + source.major() + " or newer",
                            "the target is PostgreSQL %s, older than the source, which is %s", target.version(),
                            source.version())),
                    null, null);
        }
        List<Finding> findings = new ArrayList<>(
                List.of(Finding.ok("versions", "source %s, target %s", source.version(), target.version())));
        try {
            ClientTools.Installation tools = installed.pick(source.major(), target.major()).with("psql");
            findings.add(Finding.ok("client tools", "pg_dump and pg_restore %s", tools));
            return new VersionCheck(findings, tools, null);
        } catch (Failure e) {
            findings.add(Finding.stop("client tools", e));
            return new VersionCheck(findings, null, source.major());
        }
    }
}
