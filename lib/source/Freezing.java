package lib.source;

import java.util.function.Function;
import lib.server.Server;
import lib.talk.Background;
import lib.tools.Tool;

/** A source that is being frozen beside other work, which may turn out to be in vain. */
public final class Freezing {
    private final Server source;
    private final Tool tool;
    private final Background<FrozenSource> frozen;

    private Freezing(Server source, Tool tool, Background<FrozenSource> frozen) {
        this.source = source;
        this.tool = tool;
        this.frozen = frozen;
    }

    /**
     * Begins.
     *
     * @param tool for this work alone
     */
    public static Freezing begin(Server source, Tool tool, Function<Tool, FrozenSource> work) {
        return new Freezing(source, tool, Background.begin("freezing", () -> work.apply(tool)));
    }

    /**
     * Waits for the end.
     *
     * @throws Failure what the work has thrown
     */
    public FrozenSource source() {
        return frozen.get();
    }

    /** Ends the work, and every session on the source. */
    public void stop() {
        frozen.then(FrozenSource::close);
        tool.stop();
        source.abandon();
        frozen.await();
    }
}
