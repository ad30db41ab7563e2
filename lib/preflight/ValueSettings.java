//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import lib.catalog.DatabaseSettings;
import lib.catalog.Money;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.settings.DriverSettings;
import lib.talk.Background;
import lib.talk.Console;
import lib.tools.ClientTools;
import lib.tools.Tool;

/**
 * The settings under which values are read and computed, as psql has them in both databases: the driver overrides some
 * of them. psql takes its time to start, so both are asked beside the other checks.
 */
final class ValueSettings {
    private final Server source;
    private final Server target;
    private final ClientTools.Installation tools;
    private final Console console;
    private Background<DriverSettings> ours;
    private Background<DriverSettings> theirs;

    ValueSettings(Server source, Server target, ClientTools.Installation tools, Console console) {
        this.source = source;
        this.target = target;
        this.tools = tools;
        this.console = console;
    }

    /** Begins to ask. Of an empty source that is not needed, for nothing is computed or misunderstood there. */
    void begin() {
        theirs = asked(target);
        ours = asked(source);
    }

    private Background<DriverSettings> asked(Server server) {
        Tool tool = new Tool(tools, console);
        return Background.begin("settings", () -> DriverSettings.ask(tool, server.dsn()));
    }

    /**
     * @return sessions that compute on the target, or in the database that has been created there since, whose settings
     * are its own
     */
    ComputingSessions computing(Server now) {
        if (theirs == null) {
            return new ComputingSessions(now, () -> DriverSettings.ask(new Tool(tools, console), now.dsn()));
        }
        Background<DriverSettings> settings = now == target ? theirs : asked(now);
        return new ComputingSessions(now, settings::get);
    }

    /** What decides how values are read and written is the target's, but for what comes along. */
    List<Finding> check(Session from, Session to, Selection selection, String database) {
        List<Finding> findings = new ArrayList<>();
        List<String> settings = selection.selective() ? List.of() : DatabaseSettings.settings(from, database);
        if (theirs != null) {
            findings.addAll(
                    EffectiveSettings.check(from, selection, ours.get(), to, theirs.get(), settings, database));
            String style = theirs.get().dateStyle(DatabaseSettings.value(settings, "DateStyle"));
            findings.addAll(DateStyleCheck.check(from, selection, style, target.facts().user(), database));
        }
        findings.addAll(Money.check(from, selection, to, DatabaseSettings.value(settings, "lc_monetary"), database));
        return findings;
    }
}
