//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.catalog.Extensions;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.Sql;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleFeatures;

/** The creation of what the target lacks of the source's extensions: all of it or nothing. */
final class ExtensionCreation {
    private static final String DOING = "creating extensions";

    private final Session source;
    private final Session target;
    private final Server server;
    private final List<Extensions.Extension> extensions;

    /**
     * @param server the target's
     * @param extensions those that are to be created, in order
     */
    ExtensionCreation(Session source, Session target, Server server,
            List<Extensions.Extension> extensions) {
        this.source = source;
        this.target = target;
        this.server = server;
        this.extensions = extensions;
    }

    /** @throws Failure when something is to be created and the user may not */
    void mayCreate() {
        if (!extensions.isEmpty() && "f".equals(target.text("asking for the right to create",
                "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"))) {
            throw Failure.of("user \"%s\" may not create in the target's database", server.facts().user())
                    .hint("GRANT CREATE ON DATABASE %s TO %s;", Sql.ident(server.database()),
                            Sql.ident(server.facts().user()));
        }
    }

    /**
     * @return a warning for each schema that will belong to whoever creates it here, and to somebody else on the source
     */
    List<Finding> foreignSchemas() {
        Set<String> wanted =
                extensions.stream().filter(extension -> !extension.ownSchema()).map(Extensions.Extension::schema)
                        .collect(Collectors.toCollection(TreeSet::new));
        wanted.removeAll(
                target.texts("listing the schemas", "SELECT nspname FROM pg_catalog.pg_namespace"));
        List<Finding> findings = new ArrayList<>();
        for (String schema : wanted) {
            String owner = source.text("asking for the owner of schema " + schema,
                    "SELECT pg_catalog.pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace WHERE nspname = "
                            + Sql.literal(schema));
            if (!owner.equals(server.facts().user())) {
                boolean known = target.text("looking for role " + owner,
                        "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = " + Sql.literal(owner)) != null;
                findings.add(Finding.warning("extensions",
                        (known ? "" : "bring the role over with dump-roles, then ") + "on the target: ALTER SCHEMA "
                                + Sql.ident(schema) + " OWNER TO " + Sql.ident(owner) + ";",
                        "schema \"%s\" belongs to \"%s\" on the source and to \"%s\" on the target", schema, owner,
                        server.facts().user()));
            }
        }
        return findings;
    }

    /** @return the statements, each with the name of the extension that it is for */
    List<Map.Entry<String, String>> statements() {
        List<Map.Entry<String, String>> statements = new ArrayList<>();
        Set<String> schemas = new HashSet<>();
        extensions.forEach(extension -> Extensions.create(extension).stream()
                .filter(sql -> !sql.startsWith("CREATE SCHEMA ") || schemas.add(sql))
                .forEach(sql -> statements.add(Map.entry(sql, extension.name()))));
        return statements;
    }

    /**
     * @param console is told that work has begun, unless what the target has is less than the source needs
     * @throws Failure when one cannot be created, or turns out to be less than the source needs; none is there then
     */
    void run(Console console) {
        target.run(DOING, "BEGIN");
        try {
            statements().forEach(
                    step -> target.run("creating extension " + step.getValue(), step.getKey()));
        } catch (Failure e) {
            console.begin();
            throw e.hint("%sno extension was created", new Printable(e.hint() == null ? "" : e.hint() + "\n"));
        }
        // Before it is created, timescaledb does not tell everybody its edition.
        List<String> features =
                extensions.stream().anyMatch(extension -> extension.name().equals(TimescaleExtension.NAME))
                        ? TimescaleFeatures.community(source) : List.of();
        if (!features.isEmpty()
                && TimescaleFeatures.edition(target, false, null) == TimescaleFeatures.Edition.APACHE) {
            throw Failure.of("%s", TimescaleFeatures.lacking(features)).hint("%s", TimescaleFeatures.FIX);
        }
        console.begin();
        target.run(DOING, "COMMIT");
    }
}
