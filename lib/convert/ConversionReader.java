//DEPS org.snakeyaml:snakeyaml-engine:3.0.1
package lib.convert;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.talk.Bytes;
import lib.talk.Failure;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads the file of {@code --hypertables}; docs/hypertables.md describes it. */
final class ConversionReader {
    private static final int MOST_PARTITIONS = Short.MAX_VALUE;
    private static final List<String> SUBJECTS = Arrays.stream(Subject.values()).map(Subject::toString).toList();

    private ConversionReader() {
    }

    static List<Conversion> read(Path file) {
        FileNode root = new FileNode(file, compose(file), "the file");
        Map<TableName, Integer> lines = new HashMap<>();
        List<Conversion> tables = new ArrayList<>();
        FileNode list = root.keys("hypertables").need("hypertables");
        for (FileNode each : list.list("a hypertable")) {
            Conversion table = table(each);
            Integer earlier = lines.put(table.table(), table.line());
            if (earlier != null) {
                throw each.failure("table %s is there twice, also in line %d; allowed: once", table.table(), earlier);
            }
            tables.add(table);
        }
        if (tables.isEmpty()) {
            throw list.failure("\"hypertables\" names no table; allowed: at least one");
        }
        return tables;
    }

    private static Node compose(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw Failure.usage("\"%s\" is not there", file).because(e);
        } catch (CharacterCodingException e) {
            throw Failure.usage("\"%s\" is not in UTF-8", file).because(e);
        } catch (IOException e) {
            throw Failure.usage("\"%s\" cannot be read: %s", file, e.getMessage()).because(e);
        }
        try {
            return new Compose(LoadSettings.builder().setUseMarks(true).build()).composeString(text)
                    .orElseThrow(
                            () -> FileNode.failure(file, 1, "the file is empty; allowed: the key \"hypertables\""));
        } catch (MarkedYamlEngineException e) {
            throw FileNode.failure(file, e.getProblemMark().or(e::getContextMark).map(Mark::getLine).orElse(0) + 1,
                    "this is no YAML: %s", e.getProblem()).because(e);
        } catch (YamlEngineException e) {
            throw FileNode.failure(file, 1, "this is no YAML: %s", e.getMessage()).because(e);
        }
    }

    private static Conversion table(FileNode node) {
        FileNode.Keys keys = node.keys("schema", "table", "time_column", "chunk_interval", "chunk_size", "integer_now",
                "space_partitions", "compression", "retention", "null_times", "changes");
        TableName table = new TableName(keys.need("schema").text(), keys.need("table").text());
        String time = keys.need("time_column").text();
        FileNode interval = keys.get("chunk_interval");
        FileNode size = keys.get("chunk_size");
        if ((interval == null) == (size == null)) {
            throw (size == null ? node : size).failure("hypertable %s has %s; allowed: one of chunk_interval and "
                    + "chunk_size", table, size == null ? "no size of a chunk" : "two sizes of a chunk");
        }
        return new Conversion(node.line(), table, time, interval == null ? null : interval.span(),
                size == null ? 0 : bytes(size), integerNow(keys.get("integer_now")),
                space(keys.get("space_partitions"), time), compression(keys.get("compression"), time),
                keys.get("retention") == null ? null : keys.get("retention").keys("drop_after").need("drop_after")
                        .span(),
                keys.get("null_times") != null && keys.get("null_times").oneOf(List.of("stop",
                        Treatment.NOT_CONVERTED.toString())).equals(Treatment.NOT_CONVERTED.toString()),
                changes(keys.get("changes"), table));
    }

    private static long bytes(FileNode size) {
        long bytes = Bytes.parse(size.text());
        if (bytes <= 0) {
            throw size.failure("%s is \"%s\"; allowed: a number of bytes with a unit, such as 512MB or 2GB",
                    size.what(), size.text());
        }
        return bytes;
    }

    private static TableName integerNow(FileNode node) {
        if (node == null) {
            return null;
        }
        FileNode.Keys keys = node.keys("schema", "function");
        return new TableName(keys.need("schema").text(), keys.need("function").text());
    }

    private static List<Conversion.SpacePartitions> space(FileNode node, String time) {
        List<Conversion.SpacePartitions> space = new ArrayList<>();
        Set<String> columns = new HashSet<>(Set.of(time));
        if (node != null) {
            for (FileNode each : node.list("a column with its number of partitions")) {
                FileNode.Keys keys = each.keys("column", "partitions");
                FileNode column = keys.need("column");
                if (!columns.add(column.text())) {
                    throw column.failure("column \"%s\" divides the hypertable already; allowed: another one",
                            column.text());
                }
                space.add(new Conversion.SpacePartitions(each.line(), column.text(),
                        keys.need("partitions").number(1, MOST_PARTITIONS)));
            }
        }
        return space;
    }

    private static Conversion.Compression compression(FileNode node, String time) {
        if (node == null) {
            return null;
        }
        FileNode.Keys keys = node.keys("segmentby", "orderby", "after");
        Set<String> columns = new HashSet<>();
        List<String> segmentBy = new ArrayList<>();
        if (keys.get("segmentby") != null) {
            for (FileNode each : keys.get("segmentby").list("the name of a column")) {
                segmentBy.add(once(each, each.text(), columns));
            }
        }
        List<Conversion.Sorting> orderBy = new ArrayList<>();
        if (keys.get("orderby") == null) {
            orderBy.add(new Conversion.Sorting(time, true, true));
        } else {
            for (FileNode each : keys.get("orderby").list("the name of a column, or column, order and nulls")) {
                Conversion.Sorting sorting = sorting(each);
                once(each, sorting.column(), columns);
                orderBy.add(sorting);
            }
        }
        return new Conversion.Compression(node.line(), segmentBy, orderBy,
                keys.get("after") == null ? null : keys.get("after").span());
    }

    private static String once(FileNode node, String column, Set<String> columns) {
        if (!columns.add(column)) {
            throw node.failure("column \"%s\" is there twice in \"compression\"; allowed: once, either in segmentby or "
                    + "in orderby", column);
        }
        return column;
    }

    /** NULL is the largest value where nothing else is said, as in ORDER BY. */
    private static Conversion.Sorting sorting(FileNode node) {
        if (node.isText()) {
            return new Conversion.Sorting(node.text(), false, false);
        }
        FileNode.Keys keys = node.keys("column", "order", "nulls");
        boolean descending =
                keys.get("order") != null && keys.get("order").oneOf(List.of("asc", "desc")).equals("desc");
        return new Conversion.Sorting(keys.need("column").text(), descending, keys.get("nulls") == null ? descending
                : keys.get("nulls").oneOf(List.of("first", "last")).equals("first"));
    }

    private static List<Change> changes(FileNode node, TableName table) {
        List<Change> changes = new ArrayList<>();
        if (node != null) {
            for (FileNode each : node.list("a change")) {
                Change change = change(each, table);
                changes.stream().filter(earlier -> earlier.subject() == change.subject()
                        && earlier.name().equals(change.name()) && earlier.of().equals(change.of())).findFirst()
                        .ifPresent(earlier -> {
                            throw each.failure("%s \"%s\" is there twice, also in line %d; allowed: once",
                                    change.subject(), change.name(), earlier.line());
                        });
                changes.add(change);
            }
        }
        return changes;
    }

    private static Change change(FileNode node, TableName table) {
        List<String> allowed = new ArrayList<>(SUBJECTS);
        allowed.addAll(List.of("of", "becomes"));
        FileNode.Keys keys = node.keys(allowed.toArray(String[]::new));
        List<Subject> subjects = Arrays.stream(Subject.values()).filter(each -> keys.get(each.toString()) != null)
                .toList();
        if (subjects.size() != 1) {
            throw node.failure("a change names %s; allowed: one of %s",
                    subjects.isEmpty() ? "nothing that changes" : "several things", String.join(", ", SUBJECTS));
        }
        Subject subject = subjects.get(0);
        FileNode name = keys.get(subject.toString());
        if (subject.only() != null) {
            name.oneOf(List.of(subject.only()));
        }
        TableName of = table;
        if (keys.get("of") != null) {
            FileNode.Keys other = keys.get("of").keys("schema", "table");
            of = new TableName(other.need("schema").text(), other.need("table").text());
        }
        return new Change(node.line(), subject, name.text(), of, keys.need("becomes").oneOf(subject.treatments()));
    }
}
