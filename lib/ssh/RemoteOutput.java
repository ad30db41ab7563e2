package lib.ssh;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import lib.talk.Console;
import lib.talk.ProgressLine;

/**
 * What a command on another machine says, as it arrives: whole lines go to the console as they are, and the line that
 * changes in place there changes in place here, if there is a terminal.
 */
final class RemoteOutput {
    /** What follows the carriage return before each state of the progress line. */
    private static final String IN_PLACE = ProgressLine.AGAIN.substring(1);

    private final Console console;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private volatile String state = "";
    private long received;

    RemoteOutput(Console console) {
        this.console = console;
    }

    /** @return how many bytes have arrived */
    long received() {
        return received;
    }

    /** @return what the other side is doing, as its progress line says */
    String state() {
        return state;
    }

    /** Takes what has arrived, which may end within a line and within a character. */
    void accept(byte[] bytes) {
        received += bytes.length;
        for (byte each : bytes) {
            switch (each) {
                case '\r' -> line.reset();
                case '\n' -> end();
                default -> line.write(each);
            }
        }
        String text = text();
        state = text.startsWith(IN_PLACE) ? text.substring(IN_PLACE.length()) : "";
    }

    private void end() {
        String text = text();
        line.reset();
        // Where it is there is of no use here, where it is brought.
        if (!text.endsWith(": the summary is in " + RemoteScripts.SUMMARY)) {
            console.relay(text.startsWith(IN_PLACE) ? text.substring(IN_PLACE.length()) : text);
        }
    }

    private String text() {
        return line.toString(StandardCharsets.UTF_8);
    }
}
