//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import lib.catalog.DatabaseSettings;
import lib.catalog.Extensions;
import lib.catalog.MigrationOptions;
import lib.catalog.OthersComments;
import lib.catalog.SelfReferences;
import lib.preflight.CarriedSettings;
import lib.preflight.DateStyleCheck;
import lib.preflight.EnvironmentChecks;
import lib.preflight.ExtensionCheck;
import lib.preflight.ExtensionOwners;
import lib.preflight.TargetCheck;
import lib.preflight.TimescaleRights;
import lib.roles.RecognizedKind;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.settings.DriverSettings;
import lib.source.Contents;
import lib.source.ExtensionRows;
import lib.source.LeftBehind;
import lib.source.Lz4Column;
import lib.source.Tablespaces;
import lib.talk.ShellScript;
import lib.tools.NewerSettings;

/** Whether the target can take a dump, asked before it is touched, by what the dump's manifest says. */
final class RestoreCheck {
    /**
     * What the operator asked for.
     *
     * @param in the file or folder of the dump
     * @param timescale whether the command is the one for databases with TimescaleDB
     */
    public record Order(Path in, MigrationOptions wanted, boolean timescale) {
        /** @return the command for a dump with TimescaleDB, or for one without */
        static String command(boolean timescale) {
            return timescale ? "restore-timescale" : "restore-postgres";
        }

        private String command() {
            return command(timescale) + ' ' + ShellScript.quoted(in.toString());
        }
    }

    private final Manifest manifest;
    private final TargetDatabase database;
    private final Order order;
    private final Supplier<DriverSettings> psql;
    private final List<Finding> findings = new ArrayList<>();
    private Extensions extensions;
    private LeftBehind leftBehind;
    private ExtensionOwners owners;
    private Set<OthersComments.CommentedObject> keptComments = Set.of();

    /** @param psql what psql has on the target */
    RestoreCheck(Manifest manifest, TargetDatabase database, Order order, Supplier<DriverSettings> psql) {
        this.manifest = manifest;
        this.database = database;
        this.order = order;
        this.psql = psql;
    }

    /** @return the extensions, as the target has or offers them */
    Extensions extensions() {
        return extensions;
    }

    ExtensionOwners extensionOwners() {
        return owners;
    }

    /** @return what of the dump stays behind */
    LeftBehind leftBehind() {
        return leftBehind;
    }

    /** Runs every check. */
    List<Finding> run() {
        Server target = database.server();
        Session to = target.session();
        try {
            findings.add(TargetCheck.tls(target, to));
            findings.addAll(CarriedSettings.acting(target, to));
            findings.add(EnvironmentChecks.pooler(target, to));
            versions(target);
            TargetCheck check = new TargetCheck(database, to, order.command(), order.wanted());
            List<Finding> state = check.state();
            findings.addAll(state);
            Manifest.Origin origin = manifest.source();
            findings.addAll(check.encoding(origin.encoding(), origin.collate(), origin.ctype(), origin.sorts(),
                    origin::creation));
            extensions = check.extensions(manifest.extensions());
            findings.addAll(new ExtensionCheck(null, to, target.facts(), extensions, order.wanted().leaveOut()).run());
            owners = new ExtensionOwners(extensions, to, target.facts(), database.dsn().database(), Map.of(),
                    order.wanted().leaveOut());
            findings.addAll(noOwner() ? List.of() : owners.check());
            // What no dump holds was said when it was made.
            leftBehind = LeftBehind.of(manifest.uncarried().stream()
                    .filter(item -> item.oid() != 0
                            && (!target.facts().superuser() || item.kind().equals(SelfReferences.KIND)))
                    .toList());
            findings.addAll(manifest.needs().check(order.command(), order.wanted().leaveOut(), true));
            leftBehind = leftBehind.and(manifest.needs().leftOut(order.wanted().leaveOut()));
            findings.addAll(leftBehind.check(order.command(), order.wanted().leaveOut()));
            if (!database.missing()) {
                ExtensionRows rows = ExtensionRows.find(manifest.contents().tables(), to, target.facts().user());
                findings.addAll(rows.check(order.command(), order.wanted().leaveOut()));
                leftBehind = leftBehind.and(rows.things());
            }
            if (state.get(0).level() != Finding.Level.STOP) {
                findings.addAll(check.namesakes(leftBehind.without(manifest.contents().objects()), null, null));
            }
            findings.addAll(new RestoreRoles(manifest, database, !noOwner(),
                    !order.wanted().noPrivileges() && manifest.dump().privileges(), order.wanted().takesOver(),
                    order.wanted().granted())
                    .check(target, to));
            if (manifest.contents().timescale() != null && !database.missing() && !target.facts().superuser()) {
                findings.addAll(
                        new TimescaleRights(to, target.facts().user(), () -> RecognizedKind.of(null, target, to).kind())
                                .check());
            }
            if (manifest.isPlain()) {
                plain();
            } else {
                dateStyle(target);
            }
            findings.addAll(tablespaces(to));
            if (!database.missing() && manifest.comments() != null) {
                Contents contents = manifest.contents();
                OthersComments comments = OthersComments.find(manifest.comments(),
                        name -> manifest.extensions().stream().anyMatch(extension -> extension.name().equals(name)),
                        name -> contents.schemas().stream().anyMatch(schema -> schema.name().equals(name)), target, to);
                findings.addAll(comments.check());
                keptComments = comments.kept();
            }
            if (manifest.contents().settings().stream().anyMatch(DatabaseSettings::makesReadOnly)) {
                findings.add(CarriedSettings.frozen(database.dsn().database()));
            }
            if (manifest.lz4() != null) {
                findings.addAll(Lz4Column.check(manifest.lz4(), to, ", and dump again"));
            }
            if (manifest.arrays() != null) {
                findings.add(manifest.arrays().warning());
            }
            if (manifest.money() != null) {
                findings.addAll(manifest.money().check(to,
                        DatabaseSettings.value(manifest.contents().settings(), "lc_monetary"),
                        database.dsn().database()));
            }
            return findings;
        } finally {
            // The next one to need a session need not connect.
            target.keep(to);
        }
    }

    /** @return what bears the target's comment still */
    Set<OthersComments.CommentedObject> keptComments() {
        return keptComments;
    }

    /** A plain dump is refused for those that something is in. */
    private List<Finding> tablespaces(Session to) {
        Contents contents = manifest.contents();
        boolean plain = manifest.isPlain();
        return Tablespaces.check(plain ? List.of() : contents.tablespaces(),
                contents.timescale() == null ? List.of() : contents.timescale().tablespaces(), to);
    }

    private void dateStyle(Server target) {
        // The manifest of an older dump does not say more.
        List<String> computed = manifest.computed() != null ? manifest.computed()
                : manifest.contents().materializedViews().stream().map(view -> "materialized view " + view.sql())
                        .toList();
        if (!computed.isEmpty()) {
            String style = psql.get().dateStyle(DatabaseSettings.value(manifest.contents().settings(), "DateStyle"));
            findings.addAll(DateStyleCheck.stop(style, computed, target.facts().user(), database.dsn().database()));
        }
    }

    private void versions(Server target) {
        Manifest.Origin source = manifest.source();
        if (target.facts().major() < source.major()) {
            findings.add(Finding.stop("versions", "create the target as PostgreSQL " + source.major() + " or newer",
                    "the target is PostgreSQL %s, older than the source of the dump, which was %s",
                    target.facts().version(), source.version()));
        } else {
            findings.add(Finding.ok("versions", "dump of %s, target %s", source.version(), target.facts().version()));
        }
    }

    private void plain() {
        boolean owners = manifest.dump().owners();
        if (order.wanted().noOwner() && owners || order.wanted().noPrivileges() && manifest.dump().privileges()) {
            findings.add(PlainDump.stop("--no-owner and --no-privileges cannot leave anything out of a plain dump"));
        }
        if (NewerSettings.unknown(manifest.dump().clientMajor(), database.server().facts().major())
                && NewerSettings.standIn(order.in())) {
            findings.add(PlainDump.stop("the plain dump was made by pg_dump %s for servers of version %d and newer",
                    manifest.dump().client(),
                    NewerSettings.FROM));
        }
        findings.addAll(new PlainDump(manifest.contents(), !owners, order.wanted().leaveOut()).check(leftBehind,
                manifest.needs(),
                extensions, database));
    }

    private boolean noOwner() {
        return order.wanted().noOwner() || !manifest.dump().owners();
    }
}
