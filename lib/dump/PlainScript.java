package lib.dump;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A plain dump on its way to psql, cut into its entries, as pg_dump names each in a comment above it: those that an
 * interrupted run has made are left out, and around each of the others stands what makes it one transaction that writes
 * into the journal.
 */
final class PlainScript extends InputStream {
    /**
     * An entry.
     *
     * @param number from 1 on, which the same dump always gives it
     * @param kind such as {@code TABLE DATA}
     * @param schema one character for each byte, or null
     * @param name the same
     */
    record Entry(int number, String kind, String schema, String name) {
        /** @return with its schema, as archives have it */
        String qualified() {
            return schema == null ? name : schema + "." + name;
        }
    }

    /** What stands around entries, without line breaks. */
    interface Frame {
        /** @return whether the entry is left out */
        boolean isDone(Entry entry);

        String before(Entry entry);

        /** @param rows of a table, or 0 */
        String after(Entry entry, long rows);
    }

    private static final int BATCH = 64 * 1024;
    private static final String RULE = "--\n";
    private static final Pattern NAME =
            Pattern.compile("-- (?:Data for )?Name: (.*); Type: ([A-Z ]+); Schema: (.*); Owner: .*\n");
    private static final String COPY = "COPY ";
    private static final String STDIN = " FROM stdin;\n";

    private final InputStream script;
    private final Frame frame;
    private final SqlLines lines = new SqlLines();
    private final CopyRows copied = new CopyRows();
    private final byte[] batch = new byte[BATCH];
    private final Output ready = new Output();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int given;
    private boolean rule;
    private Entry entry;
    private int entries;
    private boolean left;
    private boolean copies;
    private boolean rows;
    private boolean over;

    /** Can be read without a copy of it. */
    private static final class Output extends ByteArrayOutputStream {
        int take(int from, byte[] into, int start, int length) {
            int some = Math.min(length, count - from);
            System.arraycopy(buf, from, into, start, some);
            return some;
        }

        void text(String text) {
            writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    PlainScript(InputStream script, Frame frame) {
        this.script = script;
        this.frame = frame;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int start, int length) throws IOException {
        while (given == ready.size()) {
            if (over) {
                return -1;
            }
            ready.reset();
            given = 0;
            int read = script.read(batch);
            if (read < 0) {
                end();
            } else {
                pass(read);
            }
        }
        int some = ready.take(given, into, start, length);
        given += some;
        return some;
    }

    @Override
    public void close() throws IOException {
        script.close();
    }

    private void end() {
        over = true;
        if (line.size() > 0) {
            statement(line.toString(StandardCharsets.ISO_8859_1));
        }
        finish();
    }

    private void pass(int length) {
        for (int at = 0; at < length;) {
            if (rows) {
                int next = copied.next(batch, at, length);
                if (!left) {
                    ready.write(batch, at, next);
                } else if (batch[at + next - 1] == '\n') {
                    ready.write('\n');
                }
                at += next;
                rows = !copied.ended();
            } else {
                int next = CopyRows.afterLine(batch, at, length);
                line.write(batch, at, next - at);
                at = next;
                if (batch[at - 1] == '\n') {
                    String text = line.toString(StandardCharsets.ISO_8859_1);
                    line.reset();
                    statement(text);
                }
            }
        }
    }

    private void statement(String text) {
        boolean between = lines.between();
        if (between && !rule && text.equals(RULE)) {
            rule = true;
            return;
        }
        if (rule) {
            Matcher name = NAME.matcher(text);
            if (name.matches()) {
                finish();
                begin(new Entry(++entries, name.group(2), name.group(3).equals("-") ? null : name.group(3),
                        name.group(1)));
            }
            write(RULE);
            rule = false;
        }
        if (between) {
            copies = text.startsWith(COPY);
        }
        lines.pass(text);
        // What holds for the session holds for the next entries as well.
        if (between && left && (text.startsWith("SET ") || text.startsWith("\\"))) {
            ready.text(text);
        } else {
            write(text);
        }
        if (copies && lines.between() && text.endsWith(STDIN)) {
            rows = true;
            copied.begin();
        }
    }

    /** What psql says of a line has to be true of the dump's. */
    private void write(String text) {
        ready.text(left ? "\n" : text);
    }

    private void begin(Entry next) {
        entry = next;
        left = frame.isDone(next);
        copied.begin();
        if (!left) {
            ready.text(frame.before(next));
        }
    }

    private void finish() {
        if (rule) {
            write(RULE);
            rule = false;
        }
        if (entry != null && !left) {
            ready.text(frame.after(entry, copied.count()));
        }
        left = false;
        entry = null;
    }
}
