package lib.catalog;

import java.util.ArrayList;
import java.util.List;
import lib.roles.Roles;
import lib.server.Session;
import lib.server.SessionSettings;
import lib.talk.Printable;
import lib.talk.ShellScript;

/** Questions to both sides as a shell script, in the order and under the settings in which they are asked. */
public final class QueryScript {
    private final ShellScript script;
    private final List<String> block = new ArrayList<>();
    private ShellScript.Side side;

    /**
     * @param title what is asked, in a line
     * @param remarks what the questions do not say
     */
    public QueryScript(String title, List<String> remarks) {
        script = new ShellScript(title, List.of());
        if (!remarks.isEmpty()) {
            script.step(remarks.get(0));
            remarks.stream().skip(1).forEach(script::comment);
        }
    }

    /** Questions that have been asked; stored passwords stay where they are. */
    public QueryScript ask(List<Session.Asked> questions) {
        questions.forEach(
                question -> ask(question.side(), question.doing(), question.sql().replace(Roles.PASSWORD, "'***'")));
        return this;
    }

    /**
     * One question.
     *
     * @param where {@code source} or {@code target}
     * @param doing what it is for
     */
    public QueryScript ask(String where, String doing, String sql) {
        if (side != ShellScript.Side.of(where)) {
            end();
            side = ShellScript.Side.of(where);
        }
        block.add("-- " + Printable.of(doing) + "\n" + sql.strip() + ";");
        return this;
    }

    /** @return the script */
    public String text() {
        end();
        return script.text();
    }

    private void end() {
        if (!block.isEmpty()) {
            block.add(0, "SET " + String.join("; SET ", SessionSettings.PINNED) + ";");
            script.step("Questions to the " + side.name().toLowerCase(java.util.Locale.ROOT)).sql(side,
                    String.join("\n", block));
            block.clear();
        }
    }
}
