package lib.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Archive;
import lib.roles.MissingRoles;
import lib.source.Contents;
import lib.source.Inventory;
import lib.source.Schema;
import lib.talk.ShellScript;

/**
 * What {@link Schema} does with the parts of an archive, as commands of a shell that pick them from its table of
 * contents.
 */
public final class ArchiveScript {
    public static final String CONTENTS = '"' + ShellScript.FOLDER + "/contents\"";
    public static final String LIST = '"' + ShellScript.FOLDER + "/list\"";

    /** Names may be in another encoding than the terminal's, and what is no text in that is no line for grep. */
    private static final String GREP = "LC_ALL=C grep";

    /** In the table of contents a comment has no address. */
    public static final String COMMENTS = "; 0 0 COMMENT ";

    private final ShellScript script;
    private final String file;
    private final boolean whole;
    private final List<Archive.Entry> entries;
    private final Schema schema;
    private final Contents contents;
    private final List<String> unrestored = new ArrayList<>();

    /**
     * @param file the archive, as a word of the shell
     * @param whole whether rows are in it
     * @param entries its table of contents, or that of one of the schema alone
     */
    public ArchiveScript(ShellScript script, String file, boolean whole, List<Archive.Entry> entries, Schema schema,
            Contents contents) {
        this.script = script;
        this.file = file;
        this.whole = whole;
        this.entries = entries;
        this.schema = schema;
        this.contents = contents;
    }

    /** @param existing the schemas that are there already */
    public void preData(Set<String> existing) {
        List<String> others = keys(schema.carried().negate());
        script.line(
                "pg_restore --list " + file + (others.isEmpty() ? "" : " | " + dropLines(others)) + " > " + CONTENTS);
        List<String> made = keys(
                schema.carried().and(schema.isCreated(existing).negate())
                        .and(entry -> !entry.kind().equals("COMMENT")));
        made.add(COMMENTS);
        section("pre-data", 1, false, made);
    }

    /**
     * Tables whose rows may be in the archive and are not restored, for an archive whose own table of contents is not
     * known yet.
     */
    public void skipRows(Stream<Inventory.Table> tables) {
        tables.forEach(table -> unrestored.add(tableDataKey(table.oid())));
    }

    /** @return the archive, as a word of the shell */
    public String file() {
        return file;
    }

    /** The rows of an archive that holds them, but for those of TimescaleDB's catalog. */
    public void rows(int workers) {
        List<String> others = new ArrayList<>(deferred());
        contents.catalog().stream().sorted().forEach(table -> others.add(tableDataKey(table)));
        others.add(COMMENTS);
        List<Contents.Table> turned = contents.orderedTables();
        turned.forEach(table -> others.add(tableDataKey(table.oid())));
        Set<Long> filled = contents.tables().stream().map(Contents.Table::oid).collect(Collectors.toSet());
        others.addAll(unrestored);
        others.addAll(keys(entry -> entry.kind().equals("TABLE DATA") && !filled.contains(entry.oid())));
        section("data", workers, false, others);
        inOrder(turned);
    }

    public void deferredRows() {
        inOrder(contents.deferredInOrder());
    }

    private void inOrder(List<Contents.Table> tables) {
        tables.stream()
                .collect(Collectors.groupingBy(Contents.Table::turn, TreeMap::new,
                        Collectors.mapping(table -> tableDataKey(table.oid()), Collectors.toList())))
                .values().forEach(together -> restoreOnly(List.of("--section=data"), together));
    }

    /** @return what post-data will make, by its address */
    public Set<Archive.Address> postDataAddresses() {
        schema.preData(Set.of());
        Set<Archive.Address> later = schema.postDataAddresses();
        schema.postData();
        return later;
    }

    /**
     * Sessions that work on a partitioned table and on its partitions at once may deadlock.
     *
     * @param owners whether pg_restore gives to their owners what it makes
     */
    public void postData(int workers, boolean owners) {
        List<String> others =
                keys(schema.carried().and(entry -> schema.waitsForDeferred(entry) || schema.needsHypertables(entry)
                        || entry.kind().equals("EVENT TRIGGER")));
        others.add(COMMENTS);
        if (whole) {
            contents.materializedViews().forEach(view -> others.add(key(0, view.oid(), "MATERIALIZED VIEW DATA")));
        }
        section("post-data", contents.partitioned().isEmpty() ? workers : 1, owners, others);
    }

    public void deferredPostData() {
        restoreOnly(List.of("--section=post-data"),
                keys(schema.carried().and(schema::waitsForDeferred).and(Predicate.not(schema::needsHypertables))));
    }

    /** What looks into hypertables, with the comments on it. */
    public void afterRestoringMode() {
        restoreOnly(List.of(),
                keys(schema.carried().and(schema::needsHypertables).and(Predicate.not(schema::onHypertables))));
    }

    /** What stands on hypertables, and refers to what was filled after the mode. */
    public void inRestoringModeAgain() {
        restoreOnly(List.of(), keys(schema.carried().and(schema::onHypertables)));
    }

    public void eventTriggers() {
        restoreOnly(List.of(), keys(schema.carried().and(ArchiveScript::isEventTrigger)));
    }

    /** @return whether there is anything to do for {@link #eventTriggers} */
    public boolean hasEventTriggers() {
        return entries.stream().anyMatch(schema.carried().and(ArchiveScript::isEventTrigger));
    }

    private static boolean isEventTrigger(Archive.Entry entry) {
        return entry.concerns("EVENT TRIGGER");
    }

    /**
     * The privileges.
     *
     * @param superuser whether the target's user is one; others let a grantor speak by SET ROLE, as members of it
     * @param gone roles that take no part in them
     */
    public void grants(boolean superuser, MissingRoles gone) {
        if (hasGrants()) {
            String words = (superuser ? ""
                    : " -e 's/^SET SESSION AUTHORIZATION /SET ROLE /' -e 's/^RESET SESSION AUTHORIZATION;$/RESET "
                            + "ROLE;/'")
                    + gone.sed();
            script.line(GREP + " -E '^[0-9]+; [0-9]+ [0-9]+ (ACL|DEFAULT ACL) ' " + CONTENTS + " > " + LIST);
            if (words.isEmpty()) {
                restore(List.of("--no-owner"), LIST);
            } else {
                if (!superuser) {
                    script.comment("What psql is refused here is for a superuser, and stays behind");
                }
                script.line("pg_restore --no-owner --file=- --use-list=" + LIST + " " + file + " | LC_ALL=C sed -E"
                        + words + " | "
                        + script.call("psql", ShellScript.Side.TARGET, List.of("--no-psqlrc", "--quiet",
                                "--set=ON_ERROR_STOP=" + (superuser ? 1 : 0), "--output=/dev/null")));
            }
        }
    }

    /** The comments on all that is there by then. */
    public void comments() {
        Predicate<Archive.Entry> comments = schema.carried().and(entry -> entry.kind().equals("COMMENT"));
        Predicate<Archive.Entry> early = entry -> !isEventTrigger(entry) && !schema.needsHypertables(entry);
        List<String> others = keys(comments.and(early.negate()));
        if (entries.stream().anyMatch(comments.and(early))) {
            script.step("Comments").line(GREP + " -F -e '" + COMMENTS + "' " + CONTENTS
                    + (others.isEmpty() ? "" : " | " + dropLines(others)) + " > " + LIST);
            restore(List.of("--no-owner", "--no-privileges"), LIST);
        }
    }

    /** @return whether there is anything to do for {@link #grants} */
    public boolean hasGrants() {
        return entries.stream().anyMatch(
                schema.carried().and(entry -> entry.kind().equals("ACL") || entry.kind().equals("DEFAULT ACL")));
    }

    private List<String> deferred() {
        return contents.deferred().stream().sorted().map(ArchiveScript::tableDataKey).toList();
    }

    private void section(String name, int workers, boolean owners, List<String> others) {
        List<String> arguments = new ArrayList<>(List.of("--section=" + name, "--no-owner", "--no-privileges"));
        arguments.removeIf(option -> owners && option.equals("--no-owner"));
        arguments.addAll(schema.options());
        if (workers > 1) {
            arguments.add("--jobs=" + workers);
        }
        if (!others.isEmpty()) {
            script.line(dropLines(others) + " " + CONTENTS + " > " + LIST);
        }
        restore(arguments, others.isEmpty() ? CONTENTS : LIST);
    }

    private void restoreOnly(List<String> section, List<String> wanted) {
        if (!wanted.isEmpty()) {
            script.line(keepLines(wanted) + " " + CONTENTS + " > " + LIST);
            List<String> arguments = new ArrayList<>(section);
            arguments.addAll(List.of("--no-owner", "--no-privileges"));
            restore(arguments, LIST);
        }
    }

    private void restore(List<String> arguments, String list) {
        List<String> all = new ArrayList<>(List.of("--exit-on-error"));
        all.addAll(arguments);
        script.line(script.call("pg_restore", ShellScript.Side.TARGET, all) + " --use-list=" + list + " " + file);
    }

    /** @return the command for all lines but these */
    static String dropLines(List<String> keys) {
        return grep(GREP + " -v -F", keys);
    }

    /** @return the command for these lines */
    public static String keepLines(List<String> keys) {
        return grep(GREP + " -F", keys);
    }

    private static String grep(String command, List<String> keys) {
        return keys.stream().map(key -> " -e " + ShellScript.quoted(key)).collect(Collectors.joining("", command, ""));
    }

    private List<String> keys(Predicate<Archive.Entry> wanted) {
        return entries.stream().filter(wanted).map(ArchiveScript::key).collect(Collectors.toCollection(ArrayList::new));
    }

    /** A key that identifies the entry in a later archive of this database, whose numbering may differ. */
    public static String key(Archive.Entry entry) {
        return entry.oid() == 0 ? entry.line().substring(entry.line().indexOf(';'))
                : key(entry.catalog(), entry.oid(), entry.kind());
    }

    /** @return what finds the rows of a table */
    public static String tableDataKey(long table) {
        return key(0, table, "TABLE DATA");
    }

    private static String key(long catalog, long oid, String kind) {
        return "; " + catalog + " " + oid + " " + kind + " ";
    }
}
