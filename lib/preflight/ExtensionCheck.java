package lib.preflight;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import lib.catalog.Dependents;
import lib.catalog.Extensions;
import lib.catalog.Selection;
import lib.roles.TargetKind;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Count;
import lib.talk.ShellScript;
import lib.talk.Sql;
import lib.timescale.TimescaleExtension;

/** Says of each extension of the source whether the target can have it, as a finding with the command that helps. */
public final class ExtensionCheck {
    private static final String CHECK = "extensions";

    private static final String WITHOUT_TIMESCALE =
            "where nothing uses it, drop it on the source, first in a session such as psql -X: DROP EXTENSION "
                    + "timescaledb;";

    private final Session source;
    private final Session target;
    private final Server.Facts facts;
    private final Extensions extensions;
    private final Collection<String> leaveOut;
    private TargetKind kind = TargetKind.POSTGRES;
    private Selection selection;
    private boolean rebuild;

    /**
     * @param source a session on the source, or null where there is only a dump of it
     * @param facts those of the target
     * @param leaveOut the names of extensions that may stay behind
     */
    public ExtensionCheck(Session source, Session target, Server.Facts facts, Extensions extensions,
            Collection<String> leaveOut) {
        this.source = source;
        this.target = target;
        this.facts = facts;
        this.extensions = extensions;
        this.leaveOut = leaveOut;
    }

    /**
     * @param target what the target is, if it is known
     * @param wanted of the source
     * @param rebuilds whether hypertables are made anew
     */
    ExtensionCheck on(TargetKind target, Selection wanted, boolean rebuilds) {
        kind = target;
        rebuild = rebuilds;
        selection = wanted;
        return this;
    }

    /** @return a finding for each extension or more, in the order in which they are created */
    public List<Finding> run() {
        return run(false);
    }

    /** @return a check for a command that makes the versions of timescaledb equal */
    List<Finding> beforeAlignment() {
        return run(true);
    }

    private List<Finding> run(boolean aligned) {
        List<Finding> findings = new ArrayList<>();
        for (Extensions.Extension extension : extensions.all()) {
            if (leaveOut.contains(extension.name())) {
                findings.add(leftOut(extension, aligned));
            } else if (extension.name().equals(TimescaleExtension.NAME) && extensions.isOffered(extension.name())) {
                findings.addAll(timescale(extension, aligned));
            } else if (extension.installed() != null) {
                findings.add(installed(extension));
            } else {
                findings.add(
                        unavailable(extension).or(() -> uncreatable(extension)).orElseGet(() -> created(extension)));
            }
        }
        return findings;
    }

    private Finding leftOut(Extensions.Extension extension, boolean aligned) {
        if (aligned) {
            return Finding.warning("left out", null, "extension %s", extension.name());
        } else if (extension.name().equals(TimescaleExtension.NAME)) {
            return Finding.stop(CHECK, WITHOUT_TIMESCALE,
                    "extension timescaledb cannot be left out of a database that has it");
        }
        List<Dependents.User> users =
                source == null ? List.of() : Dependents.of(source, extension.name(), selection);
        return users.isEmpty() ? Finding.warning("left out", null, "extension %s", extension.name())
                : Finding.stop(CHECK, Dependents.excluding(users) + "drop on the source what uses it",
                        "extension %s is left out, and is used by %s", extension.name(),
                        Count.some(Dependents.descriptions(users), Dependents.NAMED));
    }

    private List<Finding> timescale(Extensions.Extension extension, boolean aligned) {
        List<Finding> findings = new TimescaleCheck(source, target, facts, extension, rebuild).run(aligned);
        if (findings.stream().noneMatch(finding -> finding.level() == Finding.Level.STOP)) {
            findings.add((extension.installed() == null ? unavailable(extension).or(() -> uncreatable(extension))
                    : Optional.<Finding>empty())
                    .orElseGet(() -> Finding.ok(CHECK, "%s %s", extension.name(), extension.version())));
        }
        return findings;
    }

    private Finding installed(Extensions.Extension extension) {
        if (!extension.schema().equals(extension.installedSchema())) {
            String text = "extension %s is in schema \"%s\" on the source and in schema \"%s\" on the target%s";
            String fix = "on the target: " + moving(extension);
            List<String> users = users(extension);
            return users.isEmpty()
                    ? Finding.warning(CHECK, fix, text, extension.name(), extension.schema(),
                            extension.installedSchema(), "")
                    : Finding.stop(CHECK, fix, text, extension.name(), extension.schema(), extension.installedSchema(),
                            usedBy(users));
        } else if (extension.same()) {
            return Finding.ok(CHECK, "%s %s", extension.name(), extension.version());
        }
        return Finding.warning(CHECK, update(extension),
                "extension %s is %s on the source and %s on the target, where it is installed already",
                extension.name(), extension.version(), extension.installed());
    }

    /** @return the statements after which it stands in the source's schema, where it is or as it is created then */
    private String moving(Extensions.Extension extension) {
        String name = Sql.ident(extension.name());
        String schema = Sql.ident(extension.schema());
        return target.list("asking whether extension " + extension.name() + " can be moved",
                """
                SELECT e.extrelocatable, EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = %s)
                  FROM pg_catalog.pg_extension e WHERE e.extname = %s"""
                        .formatted(Sql.literal(extension.schema()), Sql.literal(extension.name())),
                row -> (row.getBoolean(1) && !row.getBoolean(2) ? "CREATE SCHEMA " + schema + "; " : "")
                        + (row.getBoolean(1) ? "ALTER EXTENSION " + name + " SET SCHEMA " + schema + ";"
                                : "DROP EXTENSION " + name + ";"))
                .get(0);
    }

    /** @return the update that makes the versions equal, on whichever side has it, or null */
    private String update(Extensions.Extension extension) {
        if (updatable(target, extension.name(), extension.installed(), extension.version())) {
            return "on the target: ALTER EXTENSION " + Sql.ident(extension.name()) + " UPDATE TO "
                    + Sql.literal(extension.version()) + ";";
        }
        return source != null
                && updatable(source, extension.name(), extension.version(), extension.installed())
                        ? "on the source: ALTER EXTENSION " + Sql.ident(extension.name()) + " UPDATE TO "
                                + Sql.literal(extension.installed()) + ";"
                        : null;
    }

    private static boolean updatable(Session session, String name, String from, String to) {
        return session.text("asking for updates of extension " + name,
                "SELECT 1 FROM pg_catalog.pg_extension_update_paths("
                        + Sql.literal(name) + ") WHERE source = " + Sql.literal(from) + " AND target = "
                        + Sql.literal(to) + " AND path IS NOT NULL") != null;
    }

    private Optional<Finding> unavailable(Extensions.Extension extension) {
        String install = "install %1$s on the target's server, or drop %2$s on the source";
        if (extension.chosen() == null) {
            // Nobody can install anything on a managed service, and RDS has extensions of its own.
            List<String> users = users(extension);
            return Optional.of(Finding.stop(CHECK,
                    install.formatted(extension.name(), "it") + (users.isEmpty() && source != null
                            ? ", or leave it out: --leave-out " + extension.name() : ""),
                    "extension %s is not available on the target%s", extension.name(), usedBy(users)));
        }
        for (String required : extension.requires()) {
            if (!extensions.isOffered(required)) {
                return Optional.of(Finding.stop(CHECK, install.formatted(required, extension.name()),
                        "extension %s needs extension %s, which is not available on the target", extension.name(),
                        required));
            } else if (leaveOut.contains(required)) {
                return Optional.of(
                        Finding.stop(CHECK, "leave out " + extension.name() + " too: --leave-out " + extension.name(),
                                "extension %s needs extension %s, which is left out", extension.name(), required));
            }
        }
        return Optional.empty();
    }

    private Optional<Finding> uncreatable(Extensions.Extension extension) {
        return !extension.needsSuperuser() || facts.superuser() ? Optional.empty()
                : Optional.of(uncreatable(extension, users(extension)));
    }

    /** A managed service has no superuser, nor has many another one. */
    private Finding uncreatable(Extensions.Extension extension, List<String> users) {
        return Finding.stop(CHECK,
                (kind.managed() ? kind.helper() + " may run: " : "as a superuser of the target: ")
                        + String.join("; ", Extensions.create(extension)) + ";"
                        + without(extension, users),
                "extension %s can be created on the target by a superuser only%s", extension.name(), usedBy(users));
    }

    /** A dump does not say what uses an extension. */
    private String without(Extensions.Extension extension, List<String> users) {
        String option = "--leave-out " + ShellScript.quoted(extension.name());
        if (extension.name().equals(TimescaleExtension.NAME)) {
            return source == null ? "" : " or, " + WITHOUT_TIMESCALE;
        }
        return source == null ? " or, if nothing in the dump needs it: " + option
                : users.isEmpty() ? " or leave it out: " + option
                : " or drop on the source what uses it, and leave it out: " + option;
    }

    private Finding created(Extensions.Extension extension) {
        if (!extension.missing().isEmpty()) {
            return Finding.warning(CHECK, null,
                    "extension %s %s needs %s on the target, which the source does not have; it is created too",
                    extension.name(), extension.chosen(), String.join(", ", extension.missing()));
        }
        return extension.same() ? Finding.ok(CHECK, "%s %s", extension.name(), extension.version())
                : Finding.warning(CHECK, null,
                        "extension %s is %s on the source and will be %s on the target, which does not offer %2$s",
                        extension.name(), extension.version(), extension.chosen());
    }

    private List<String> users(Extensions.Extension extension) {
        return source == null ? List.of() : Dependents.of(source, extension.name());
    }

    private static String usedBy(List<String> objects) {
        return objects.isEmpty() ? "" : "; it is used by " + Count.some(objects, Dependents.NAMED);
    }
}
