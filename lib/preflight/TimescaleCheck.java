//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Extensions;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Sql;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleFeatures;
import lib.timescale.TimescaleSettings;
import lib.timescale.TimescaleVersions;

/**
 * Whether the target's timescaledb can take what the source's holds: library, edition, schema, and the very same
 * version.
 */
final class TimescaleCheck {
    private static final String CHECK = "timescaledb";

    private static final String REBUILD =
            "run it with --rebuild, which makes hypertables anew in the version of the target";

    private final Session source;
    private final Session target;
    private final Server.Facts facts;
    private final Extensions.Extension extension;
    private final boolean rebuild;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * @param source a session on the source, or null where there is only a dump of it
     * @param facts those of the target
     * @param rebuild whether hypertables are made anew, so that versions need not be equal
     */
    TimescaleCheck(Session source, Session target, Server.Facts facts, Extensions.Extension extension,
            boolean rebuild) {
        this.rebuild = rebuild;
        this.source = source;
        this.target = target;
        this.facts = facts;
        this.extension = extension;
    }

    /**
     * Looks for what is not right.
     *
     * @param aligned whether the versions will be made equal first
     */
    List<Finding> run(boolean aligned) {
        if (extension.installed() != null) {
            // Nothing of others may stand among what a load writes to and calls.
            TimescaleExtension.of(target);
        }
        preload();
        if (findings.isEmpty()) {
            boolean elsewhere = elsewhere();
            edition(aligned);
            if (rebuild) {
                rebuildable("source", extension.version());
                String there = extension.installed() == null ? extension.chosen() : extension.installed();
                rebuildable("target", there);
                if (extension.installed() != null && !extension.schema().equals(extension.installedSchema())) {
                    findings.add(Finding.stop(CHECK, "align-version",
                            "timescaledb is in schema \"%s\" on the source and "
                                    + "in schema \"%s\" on the target",
                            extension.schema(), extension.installedSchema()));
                }
                findings.add(
                        Finding.ok("route", "hypertables are made anew (--rebuild): timescaledb is %s on the source "
                                + "and %s on the target", extension.version(), there));
            } else if (!aligned && !elsewhere) {
                version();
            }
        }
        return findings;
    }

    private void preload() {
        if (!TimescaleSettings.isPreloaded(target)) {
            String preloaded = target.text("asking for the preloaded libraries",
                    "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries'");
            String others = preloaded == null ? ", ..."
                    : Stream.of(preloaded.split(",")).map(String::strip).filter(name -> !name.isEmpty())
                            .map(name -> ", " + Sql.literal(name.replace("\"", ""))).collect(Collectors.joining());
            findings.add(Finding.stop(CHECK,
                    "if there is no superuser, choose a service that offers TimescaleDB; otherwise, as a superuser "
                            + "of the target: "
                            + "ALTER SYSTEM SET shared_preload_libraries = " + Sql.literal(TimescaleExtension.NAME)
                            + others
                            + "; then restart its server",
                    "the target's server does not preload timescaledb"));
        }
    }

    /**
     * On Timescale Cloud and on MST the user has this name; MST has a role of its platform's too.
     *
     * @return whether Cloud cannot have the extension where the source has it, so that align-version cannot help
     */
    private boolean elsewhere() {
        boolean elsewhere =
                !extension.schema().equals("public") && !facts.superuser() && facts.user().equals("tsdbadmin")
                        && target.text("looking for roles of MST",
                                "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = '_aiven'") == null;
        if (elsewhere) {
            findings.add(Finding.stop(CHECK,
                    "move to another server, or rebuild the source's database with timescaledb in schema public",
                    "timescaledb is in schema \"%s\" on the source; Timescale Cloud has it in schema \"public\" only",
                    extension.schema()));
        }
        return elsewhere;
    }

    private void edition(boolean aligned) {
        List<String> features = source == null ? List.of() : TimescaleFeatures.community(source);
        TimescaleFeatures.Edition edition = features.isEmpty() ? TimescaleFeatures.Edition.COMMUNITY
                : TimescaleFeatures.edition(target, facts.superuser(),
                        extension.installed() == null ? extension.chosen() : extension.installed());
        if (edition == TimescaleFeatures.Edition.APACHE) {
            findings.add(Finding.stop(CHECK, TimescaleFeatures.FIX, "%s", TimescaleFeatures.lacking(features)));
        } else if (edition == TimescaleFeatures.Edition.UNKNOWN && !aligned) {
            findings.add(Finding.warning(CHECK, "run align-version, which creates the extension and checks its edition",
                    "whether the target has the community edition of timescaledb can be seen only once it is created; "
                            + "the source needs it for %s",
                    String.join(", ", features)));
        }
    }

    private void rebuildable(String side, String version) {
        if (!TimescaleVersions.isRebuilt(version)) {
            findings.add(Finding.stop(CHECK,
                    "on the " + side + ", first in its session: ALTER EXTENSION timescaledb UPDATE;",
                    "timescaledb of the %s is %s, and hypertables are made anew from %s on", side, version,
                    TimescaleVersions.OLDEST_REBUILT));
        }
    }

    private void version() {
        if (!TimescaleVersions.isKnown(extension.version())) {
            findings.add(Finding.stop(CHECK, "on the source, first in its session: ALTER EXTENSION timescaledb UPDATE;",
                    "timescaledb of the source is %s, older than %s", extension.version(), TimescaleVersions.OLDEST));
        } else if (!extension.same()
                || extension.installed() != null && !extension.schema().equals(extension.installedSchema())) {
            different();
        }
    }

    private void different() {
        TimescaleAlignment alignment = TimescaleAlignment.of(source, target, extension);
        if (source == null) {
            findings.add(Finding.stop(CHECK, alignment.onTargetAlone(), "%s", alignment.difference()));
            return;
        }
        try {
            alignment.plan(Optional.empty());
            findings.add(Finding.stop(CHECK, "align-version", "%s", alignment.difference()));
        } catch (Failure e) {
            String there = extension.installed() == null ? extension.chosen() : extension.installed();
            findings.add(TimescaleVersions.isRebuilt(extension.version()) && there != null
                    && TimescaleVersions.isRebuilt(there) && extension.installed() != null
                            ? Finding.stop(CHECK, REBUILD, "%s", alignment.difference()) : Finding.stop(CHECK, e));
        }
    }
}
