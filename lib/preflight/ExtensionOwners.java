//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import lib.catalog.Extensions;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.TimescaleExtension;

/**
 * Who will own the extensions on the target. No command gives an extension away, and who creates one owns it
 * (PostgreSQL manual, CREATE EXTENSION), so a superuser creates it as its owner where that role may, which is lent the
 * right to create in the database for it.
 */
public final class ExtensionOwners {
    private final Extensions extensions;
    private final Collection<String> leftOut;
    private final String user;
    private final String database;
    private final Map<String, String> creators = new TreeMap<>();
    private final Set<String> owners = new HashSet<>();
    private final Session to;

    /**
     * @param to a session on the target, with this user
     * @param database the name that the target's database has or will have
     * @param created the roles that will have been created by then, and whether each is a superuser
     * @param leftOut the names of extensions that stay behind
     */
    public ExtensionOwners(Extensions extensions, Session to, Server.Facts facts, String database,
            Map<String, Boolean> created, Collection<String> leftOut) {
        this.extensions = extensions;
        this.to = to;
        this.leftOut = leftOut;
        user = facts.user();
        this.database = database;
        if (facts.superuser() && extensions.all().stream().anyMatch(extension -> extension.owner() != null)) {
            Map<String, Boolean> roles = new HashMap<>(created);
            // What pgextwlist creates belongs to a superuser whoever asks for it.
            to.list("asking who may create extensions",
                    """
                    SELECT r.rolname, r.rolsuper, (SELECT pg_catalog.has_database_privilege(r.oid, d.oid, 'CREATE')
                      FROM pg_catalog.pg_database d WHERE d.datname = %s)
                      FROM pg_catalog.pg_roles r WHERE coalesce(pg_catalog.current_setting('extwlist.extensions', true),
                        '') = ''"""
                            .formatted(Sql.literal(database)),
                    row -> {
                        if (row.getBoolean(3)) {
                            owners.add(row.getString(1));
                        }
                        return roles.put(row.getString(1), row.getBoolean(2));
                    });
            roles.forEach((role, superuser) -> {
                if (superuser) {
                    owners.add(role);
                }
            });
            extensions.all().stream()
                    .filter(extension -> roles.containsKey(extension.owner()) && !extension.owner().equals(user)
                            && !extension.name().equals(TimescaleExtension.NAME)
                            && (!extension.needsSuperuser() || roles.get(extension.owner())))
                    .forEach(extension -> creators.put(extension.name(), extension.owner()));
        }
    }

    /** @return the extension as it is to be created */
    public Extensions.Extension by(Extensions.Extension extension) {
        String creator = creators.get(extension.name());
        if (creator == null) {
            return extension;
        }
        String create = "CREATE ON DATABASE " + Sql.ident(database);
        String role = Sql.ident(creator);
        return owners.contains(creator) ? extension.by(List.of("SET ROLE " + role), List.of("RESET ROLE"))
                : extension.by(List.of("GRANT " + create + " TO " + role, "SET ROLE " + role),
                        List.of("RESET ROLE", "REVOKE " + create + " FROM " + role));
    }

    /**
     * @return a warning for each extension that will not belong to the owner that it has on the source, but for those
     * of the bootstrap superuser
     */
    public List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        for (Extensions.Extension extension : extensions.all()) {
            if (extension.owner() == null || leftOut.contains(extension.name())
                    || extension.owner().equals(newOwner(extension))) {
                continue;
            }
            boolean there = extension.installed() != null;
            String newOwner = newOwner(extension) != null ? newOwner(extension)
                    : to.text("asking for the bootstrap superuser",
                            "SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10");
            findings.add(Finding.warning("extensions",
                    there && creators.containsKey(extension.name())
                            ? "on the target: DROP EXTENSION " + Sql.ident(extension.name()) + ";" : null,
                    "extension %s belongs to \"%s\" on the source and %s \"%s\" on the target%s", extension.name(),
                    extension.owner(), there ? "to" : "will belong to",
                    newOwner, there ? ", where it is installed already" : ""));
        }
        return findings;
    }

    /** @return null for the target's bootstrap superuser, perhaps */
    private String newOwner(Extensions.Extension extension) {
        return extension.installed() != null ? extension.installedOwner()
                : creators.getOrDefault(extension.name(), user);
    }

    /** @return the names of the extensions whose owner is not the source's, as was said */
    public Set<String> others() {
        Set<String> names = new TreeSet<>();
        extensions.all().stream()
                .filter(extension -> extension.owner() == null || !extension.owner().equals(newOwner(extension)))
                .forEach(extension -> names.add(extension.name()));
        return names;
    }
}
