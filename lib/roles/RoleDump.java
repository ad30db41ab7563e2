//DEPS org.postgresql:postgresql:42.7.14
package lib.roles;

import java.util.List;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ShellScript;

/** The roles of a cluster as SQL for a target, which may be one that nobody is connected to. */
public final class RoleDump {
    /**
     * What the operator wants.
     *
     * @param kind of target, or null to find it out
     * @param version the major version of a target that is not connected to; null for the source's
     * @param passwords whether the SQL has passwords, as far as they can be read
     * @param granted the roles of the target that may be granted although they can do more there than on the source
     */
    public record Order(TargetKind kind, Integer version, boolean passwords, List<String> granted) {
    }

    private final Server source;
    private final Server target;
    private final Order order;
    private final Roles roles;
    private final RoleTranslation translation;

    private RoleDump(Server source, Server target, Order order, Roles roles, RoleTarget to) {
        this.source = source;
        this.target = target;
        this.order = order;
        this.roles = roles;
        translation = new RoleTranslation(roles, to, true, order.passwords, order.granted);
    }

    /**
     * Reads the roles of the source, and asks the target which it has.
     *
     * @param target or null
     * @throws Failure if the target's user may not create roles
     */
    public static RoleDump of(Server source, Server target, Order order, Console console) {
        try (Session session = source.session()) {
            Roles roles = Roles.read(session, source);
            return new RoleDump(source, target, order, roles, target == null ? assumed(source, session, order, console)
                    : asked(target, order, console));
        }
    }

    private static RoleTarget assumed(Server source, Session session, Order order, Console console) {
        if (order.kind == null) {
            console.say(
                    "there is no target to ask: the roles are for PostgreSQL, where a superuser loads them; see "
                            + "--target-kind");
        }
        return RoleTarget.assumed(order.kind == null ? TargetKind.POSTGRES : order.kind,
                order.version == null ? source.facts().major() : order.version, source, session);
    }

    private static RoleTarget asked(Server target, Order order, Console console) {
        Server.Facts facts = target.facts();
        if (!facts.superuser() && !facts.createRole()) {
            throw Failure.of("user \"%s\" of the target may not create roles", facts.user())
                    .hint("name another user in --target, or write the roles for a superuser: without --target, with "
                            + "--target-version %d",
                            facts.major());
        }
        try (Session session = target.session()) {
            RecognizedKind recognized = RecognizedKind.of(order.kind, target, session);
            console.explain("the target is %s", recognized);
            return RoleTarget.ask(recognized.kind(), target, session);
        }
    }

    /** @return what becomes of each role */
    public RoleReport report() {
        return new RoleReport(roles, translation, order.passwords);
    }

    /** @return the statements, with what they are for in a comment at the top */
    public String sql() {
        return RoleScript.of(roles, translation, List.of(
                "Roles of %s (PostgreSQL %s), for PostgreSQL %d".formatted(source.dsn(), source.facts().version(),
                        translation.target().major()),
                "To be run by " + translation.target().user().map(user -> "\"" + user + "\"").orElse("a superuser")
                        + " in the database that takes the place of \"" + source.database()
                        + "\"; it may be run again",
                order.passwords && roles.readable() ? "Passwords are in it as they are stored: keep it to yourself"
                        : "Passwords are not in it"));
    }

    /** @return a shell script that runs {@link #sql} with psql */
    public Printable script() {
        return Printable.multiline(new ShellScript("dump-roles: the roles of %s".formatted(source.dsn()), List.of())
                .step("Roles, without passwords")
                .sql(ShellScript.Side.TARGET, sql()).text());
    }

    /** Creates the roles on the target. */
    public void apply() {
        try (Session session = target.session()) {
            session.run("creating the roles", sql());
        }
    }
}
