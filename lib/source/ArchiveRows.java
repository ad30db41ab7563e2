//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.io.IOException;
import java.io.StringReader;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.server.Session;
import lib.talk.Failure;
import lib.timescale.Jobs;
import lib.timescale.TimescaleCatalog;

/** What a whole dump holds beside the schema. */
public final class ArchiveRows {

    private final Archive archive;
    private final Contents contents;
    private final Session target;
    private final List<String> options;
    private final Predicate<Archive.Entry> ours;

    /**
     * @param options the options of pg_restore
     * @param ours the entries that are carried
     */
    ArchiveRows(Archive archive, Contents contents, Session target, List<String> options,
            Predicate<Archive.Entry> ours) {
        this.archive = archive;
        this.contents = contents;
        this.target = target;
        this.options = options;
        this.ours = ours;
    }

    /** Restores the rows of TimescaleDB's catalog, one table after another. */
    public void catalog(Jobs workers) {
        Predicate<Archive.Entry> catalog = ours.and(this::isCatalog);
        Predicate<Archive.Entry> ofJobs = entry -> entry.tag().contains(" " + TimescaleCatalog.JOBS + " ");
        archive.restore("data", 1, options, catalog.and(ofJobs.negate()));
        Jobs.CopyStatement copied = workers.rows(archive.text(catalog.and(ofJobs)));
        try {
            target.driver().getCopyAPI().copyIn(copied.statement(), new StringReader(copied.rows()));
        } catch (SQLException | IOException e) {
            throw Failure.of("the jobs of TimescaleDB could not be loaded: %s", e.getMessage()).because(e);
        }
    }

    private boolean isCatalog(Archive.Entry entry) {
        return entry.kind().equals("TABLE DATA") && contents.catalog().contains(entry.oid());
    }

    /** @return what holds the rows of tables, by the tables' identifiers; some have none */
    public Map<Long, Archive.Entry> ofTables() {
        return archive.entries().stream()
                .filter(ours.and(entry -> entry.kind().equals("TABLE DATA") && !isCatalog(entry)))
                .collect(Collectors.toMap(Archive.Entry::oid, Function.identity()));
    }

    /** Restores the values of sequences. */
    public void sequences() {
        archive.restore("data", 1, options, ours.and(entry -> entry.kind().equals("SEQUENCE SET")));
    }

    /** Fills the large objects, which are there; in one session, for others make indexes meanwhile. */
    public void largeObjects() {
        archive.restore("data", 1, options, ours.and(entry -> entry.kind().startsWith("BLOB")));
    }
}
