//DEPS org.zeroturnaround:zt-exec:1.13.0
//DEPS org.slf4j:slf4j-nop:1.7.36
package lib.talk;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.zeroturnaround.exec.ProcessExecutor;

/**
 * A program of this machine that answers soon and reads nothing. One that works on a server for a while is run by
 * {@code lib.tools.Tool}.
 *
 * @param code its exit code
 * @param out what it wrote to stdout
 * @param err what it wrote to stderr
 */
public record ShortCommand(int code, String out, String err) {
    /**
     * Runs a program to its end.
     *
     * @param environment all that it sees of variables
     * @param seconds after which it is ended
     * @throws IOException when it could not be started, or did not end in time
     */
    public static ShortCommand run(List<String> command, Map<String, String> environment, int seconds)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ProcessExecutor executor = new ProcessExecutor(command).timeout(seconds, TimeUnit.SECONDS)
                .closeTimeout(1, TimeUnit.SECONDS).redirectOutput(out).redirectError(err);
        System.getenv().keySet().forEach(variable -> executor.environment(variable, null));
        executor.environment(environment);
        try {
            int code = executor.execute().getExitValue();
            return new ShortCommand(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } catch (TimeoutException e) {
            throw new IOException(command.get(0) + " did not end within " + seconds + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(command.get(0) + " was interrupted");
        } catch (IOException e) {
            // The library's own message would repeat the whole environment.
            throw e.getCause() instanceof IOException cause ? cause
                    : new IOException("could not start " + command.get(0));
        }
    }
}
