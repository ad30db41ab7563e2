//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Bytes;

/** Whether this machine has room for a dump. */
public final class DiskSpace {
    private DiskSpace() {
    }

    /**
     * Compares what is free with what the rows take on the source. A dump of them is smaller where it is compressed,
     * and larger where text is longer than what it stands for; so this is a warning and no stop.
     *
     * @param source a session on the source
     * @param out where the dump will be written
     */
    public static Finding check(Session source, Selection selection, Path out) {
        long bytes = Long.parseLong(source.text("measuring the tables",
                """
                SELECT coalesce(pg_catalog.sum(%s + CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE %s END), 0)::bigint + %s
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND %s AND %s""".formatted(Selection.bytes("c.oid"),
                        Selection.bytes("c.reltoastrelid"),
                        selection.selective() ? "0"
                                : Selection.bytes("'pg_catalog.pg_largeobject'::pg_catalog.regclass"),
                        selection.relation("c", "n"),
                        selection.data("c"))));
        Path folder = out.toAbsolutePath().normalize().getParent();
        while (!Files.isDirectory(folder)) {
            folder = folder.getParent();
        }
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            return free >= bytes
                    ? Finding.ok("disk", "\"%s\" has %s free, the source's tables take %s", folder, Bytes.text(free),
                            Bytes.text(bytes))
                    : Finding.warning("disk", "make room, or name a place on another disk",
                            "\"%s\" has %s free, and the source's tables take %s: "
                                    + "a dump of them may not fit, unless compression makes it smaller",
                            folder, Bytes.text(free), Bytes.text(bytes));
        } catch (IOException e) {
            return Finding.warning("disk", null, "the free space of \"%s\" cannot be determined: %s", folder,
                    e.getMessage());
        }
    }
}
