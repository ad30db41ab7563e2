package lib.dump;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.journal.FinishedUnits;
import lib.journal.Journal;
import lib.journal.PartRecord;
import lib.journal.PartRecords;
import lib.journal.Unit;
import lib.source.Contents;

/** The entries of a plain dump, each with what the journal has of it. */
final class PlainEntries implements PlainScript.Frame {
    /**
     * What every run does, because a run that goes on takes it back before, or it says the same again, or other rows
     * may be there by then.
     */
    private static final Set<String> ALWAYS =
            Set.of("COMMENT", "ACL", "DEFAULT ACL", "SEQUENCE SET", "MATERIALIZED VIEW DATA");
    private static final String ROWS = "TABLE DATA";
    /** What is its own transaction already, and says the same again. */
    private static final String LARGE_OBJECTS = "BLOBS";

    private final Journal journal;
    private final Map<String, Contents.Table> tables = new HashMap<>();

    PlainEntries(Contents contents, Journal journal) {
        this.journal = journal;
        Set<String> ambiguous = new HashSet<>();
        contents.tables().forEach(table -> {
            String name = name(table);
            if (tables.put(name, table) != null) {
                ambiguous.add(name);
            }
        });
        tables.keySet().removeAll(ambiguous);
    }

    /** pg_dump writes names in comments without line breaks (sanitize_line in its source). */
    private static String name(Contents.Table table) {
        return table.toString().replace('\n', ' ').replace('\r', ' ');
    }

    /** Writes down which tables are going to be loaded. */
    void plan() {
        journal.parts().plan(tables.values().stream().filter(table -> !table.catalog() && !isLoaded(table))
                .map(TableRows.Source::record).toList());
    }

    private boolean isLoaded(Contents.Table table) {
        return EarlierTables.isFinished(journal.parts().earlier(table.oid()));
    }

    /** @return null where the name is in an encoding that does not tell */
    private Contents.Table table(PlainScript.Entry entry) {
        return !entry.kind().equals(ROWS) ? null
                : tables.get(new String(entry.qualified().getBytes(StandardCharsets.ISO_8859_1),
                        StandardCharsets.UTF_8));
    }

    private static Unit unit(PlainScript.Entry entry) {
        return Unit.of(entry.kind(), entry.qualified(), "entry " + entry.number());
    }

    @Override
    public boolean isDone(PlainScript.Entry entry) {
        Contents.Table table = table(entry);
        return table != null ? !table.catalog() && isLoaded(table)
                : !ALWAYS.contains(entry.kind()) && journal.units().contain(unit(entry));
    }

    @Override
    public String before(PlainScript.Entry entry) {
        return entry.kind().equals(LARGE_OBJECTS) ? "" : "BEGIN; ";
    }

    @Override
    public String after(PlainScript.Entry entry, long rows) {
        Contents.Table table = table(entry);
        String record = table == null
                ? ALWAYS.contains(entry.kind()) ? "" : FinishedUnits.recording(List.of(unit(entry)))
                : table.catalog() ? ""
                : PartRecords.arrival(List.of(TableRows.Source.record(table)
                        .arrived(new PartRecord.Arrival(rows, 0, 0, 0))), null);
        return record + (entry.kind().equals(LARGE_OBJECTS) ? "; " : record.isEmpty() ? "COMMIT; " : " \\; COMMIT; ");
    }
}
