//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.io.IOException;
import java.io.StringReader;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.code.LoadOrder;
import lib.server.Session;
import lib.talk.Cleanup;
import lib.talk.Failure;
import lib.talk.Sql;
import lib.timescale.Jobs;
import lib.timescale.TimescaleCatalog;
import lib.timescale.TimescaleSettings;

/** The rows that a whole dump holds, restored by pg_restore in the order that {@link Schema} needs. */
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

    /**
     * Restores the rows of a whole dump, its large objects and the values of its sequences, except for the deferred
     * tables.
     */
    public void all(int workers) {
        List<Contents.Table> turned = contents.orderedTables();
        Set<Long> filled = contents.tables().stream().map(Contents.Table::oid).collect(Collectors.toSet());
        Set<Long> waiting = turned.stream().map(Contents.Table::oid).collect(Collectors.toSet());
        archive.restore("data", workers, options,
                ours.and(entry -> !isDeferred(entry) && !isCatalog(entry) && !entry.kind().equals("COMMENT")
                        && !(entry.kind().equals("TABLE DATA")
                                && (waiting.contains(entry.oid()) || !filled.contains(entry.oid())))));
        inOrder(turned, workers);
    }

    private void inOrder(List<Contents.Table> tables, int workers) {
        LoadOrder.load(tables, Contents.Table::turn, together -> {
            Set<Long> wanted = together.stream().map(Contents.Table::oid).collect(Collectors.toSet());
            archive.restore("data", workers, options,
                    ours.and(entry -> entry.kind().equals("TABLE DATA") && wanted.contains(entry.oid())));
        }, this::hasRows, failure -> !Cleanup.stopping());
    }

    /** Each COPY loads all rows of its table or none; a chunk can have compressed rows as well. */
    private boolean hasRows(Contents.Table table) {
        String doing = "looking for rows";
        String setting = TimescaleSettings.DECOMPRESSION;
        if (contents.timescale() != null) {
            target.run(doing, "SET " + setting + " = off");
        }
        boolean any = "t".equals(target.text(doing,
                "SELECT EXISTS (SELECT FROM ONLY " + Sql.name(table.schema(), table.name()) + ")"));
        if (contents.timescale() != null) {
            target.run(doing, "RESET " + setting);
        }
        return any;
    }

    /** Restores the rows of the deferred tables. */
    public void deferred(int workers) {
        inOrder(contents.deferredInOrder(), workers);
    }

    private boolean isDeferred(Archive.Entry entry) {
        return entry.kind().equals("TABLE DATA") && contents.deferred().contains(entry.oid());
    }
}
