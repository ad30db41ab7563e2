//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.util.ArrayList;
import java.util.List;

/**
 * Event triggers that are in force on the target, where what this program does beside loading is not for them to see:
 * their functions run with the rights of whoever makes a statement, so with ours (PostgreSQL manual, chapter 40 "Event
 * Triggers").
 */
public final class EventTriggers {
    /**
     * Those that a session of ours would fire: {@code ENABLE ALWAYS} fires in every one, {@code REPLICA} where a
     * superuser has asked to be one.
     */
    private static final String THOSE = """
            SELECT pg_catalog.quote_ident(evtname), CASE evtenabled WHEN 'A' THEN ' ALWAYS' WHEN 'R' THEN ' REPLICA'
              ELSE '' END,
                   %s, r.rolsuper OR r.rolname = current_user
              FROM pg_catalog.pg_event_trigger JOIN pg_catalog.pg_proc p ON p.oid = evtfoid
                JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
             WHERE evtenabled <> 'D'
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = pg_event_trigger.oid
                 AND d.deptype = 'e'
                                  AND d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass)"""
            .formatted(Membership.hasRightsOf("evtowner"));

    /** @param trusted whether its function belongs to a superuser or this user */
    private record Trigger(String name, String enabled, boolean ours, boolean trusted) {
    }

    private final List<Trigger> triggers;

    private EventTriggers(List<Trigger> triggers) {
        this.triggers = triggers;
    }

    public static EventTriggers of(Session target) {
        return new EventTriggers(target.list("listing the event triggers", THOSE,
                row -> new Trigger(row.getString(1), row.getString(2), row.getBoolean(3), row.getBoolean(4))));
    }

    /** @return the names of those that run another user's code and that this user cannot disable */
    public List<String> others() {
        return triggers.stream()
                .filter(trigger -> !trigger.ours && !trigger.trusted && !trigger.enabled.equals(" REPLICA"))
                .map(Trigger::name).toList();
    }

    /**
     * @return the statements that disable the user's own event triggers for the rest of a transaction; they fire none
     * themselves
     */
    public List<String> off() {
        return triggers.stream().filter(Trigger::ours)
                .map(trigger -> "ALTER EVENT TRIGGER " + trigger.name + " DISABLE").toList();
    }

    /** @return the statements, which none of the user's own event triggers sees, for one transaction */
    public List<String> unseen(List<String> statements) {
        List<String> all = new ArrayList<>(off());
        all.addAll(statements);
        triggers.stream().filter(Trigger::ours)
                .forEach(trigger -> all.add("ALTER EVENT TRIGGER " + trigger.name + " ENABLE" + trigger.enabled));
        return all;
    }
}
