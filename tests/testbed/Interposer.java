package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/**
 * Stands before a server whose clients do not encrypt, and does something whenever they say a certain thing, before the
 * server hears it: what somebody could do at that moment if they were lucky.
 */
public final class Interposer extends ServerDoor {
    private final Predicate<String> said;
    private final Runnable then;

    /** @param said of the last bytes from a client, each as a character, up to what it has just sent */
    public Interposer(PgServer server, Predicate<String> said, Runnable then) {
        super(server);
        this.said = said;
        this.then = then;
        open();
    }

    @Override
    void pass(Socket from, Socket to, boolean ofClient) throws IOException {
        byte[] bytes = new byte[CHUNK];
        String last = "";
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
            if (ofClient) {
                last += new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
                if (said.test(last)) {
                    last = "";
                    then.run();
                }
                last = last.substring(Math.max(0, last.length() - CHUNK));
            }
            out.write(bytes, 0, count);
        }
    }
}
