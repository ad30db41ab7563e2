package lib.facts;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lib.server.Membership;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Who owns on the target what belongs to the source's bootstrap superuser. That role is the cluster's own and is not
 * carried: where the target has no role of its name, or one that the connecting user cannot act as, such objects belong
 * there to an administrator instead.
 *
 * @param bootstrap the name of the source's bootstrap superuser
 * @param known whether objects could have been given to a role of that name on the target
 * @param standIns the target's bootstrap superuser, the owner of its database, and the connecting user
 */
public record Administrators(String bootstrap, boolean known, Set<String> standIns) {
    public static Administrators read(Session source, Session target) {
        String bootstrap = source.text("asking for the bootstrap superuser",
                "SELECT " + FactTemplate.name("r.rolname")
                        + " FROM pg_roles r WHERE r.oid = 10");
        List<String> usable = target.texts("asking for the source's bootstrap superuser",
                "SELECT r.rolname FROM pg_roles r"
                        + " WHERE " + Membership.mayActAs("r.oid") + " AND " + FactTemplate.name("r.rolname") + " = "
                        + Sql.literal(bootstrap));
        List<String> standIns =
                target.texts("listing the administrators",
                        "SELECT " + FactTemplate.name("r.rolname") + """
                  FROM pg_roles r
                 WHERE r.oid = 10 OR r.rolname = current_user
                    OR r.oid = (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database())""");
        return new Administrators(bootstrap, !usable.isEmpty(), new HashSet<>(standIns));
    }

    /** @return whether an object's owner on the target is what its owner on the source calls for */
    boolean same(String sourceOwner, String targetOwner) {
        return sourceOwner.equals(targetOwner)
                || !known && sourceOwner.equals(bootstrap) && standIns.contains(targetOwner);
    }
}
