//DEPS com.google.code.gson:gson:2.13.1
package lib.dump;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.Reader;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import lib.catalog.Extensions;
import lib.catalog.Money;
import lib.catalog.OthersComments;
import lib.code.OwnersCode;
import lib.preflight.ArrayNulls;
import lib.source.Contents;
import lib.source.LeftBehind;
import lib.source.Lz4Column;
import lib.source.PathNeeds;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.tools.DumpFormat;

/**
 * What a dump says of itself: how it was made, of what, and every file of it with its checksum. It stands beside the
 * dump as {@code NAME.manifest.json} and never holds a password.
 *
 * @param formatVersion the version of the manifest's own format, {@value #FORMAT}
 * @param tool the version of this toolkit that wrote it
 * @param created when the dump was complete, in UTC
 * @param filters pg_dump's own filter arguments
 * @param uncarried what the dump does not hold, and, with an identifier, what only a superuser can restore
 * @param grantees the roles that privileges are granted to or that have default privileges
 * @param users the other roles that the dump names beside owners: in policies and user mappings
 * @param serverRoles those of all these that do not leave the source's server: its bootstrap superuser, and a managed
 * service's own
 * @param money what is an amount of money in it; null where nothing is
 * @param lz4 the columns that are to be compressed with it; null where there are none
 * @param computed what users' functions, or a query, compute anew on the target, in words; null in a manifest that was
 * written before this was
 * @param comments what is said of extensions, schemas and the database, which only their owners may say; null in a
 * manifest that was written before this was
 * @param arrays what reads texts as arrays, where the database has array_nulls off; else null
 * @param pathNeeds the functions that need a search_path, and what calls them; null where there are none
 * @param ownersCode the owners of what the dump holds who are no superusers, with what acts with their rights
 */
public record Manifest(int formatVersion, String tool, String created, Dump dump, Origin source, Moment snapshot,
        List<String> filters,
        List<Extensions.Installed> extensions, List<LeftBehind.Item> uncarried, List<String> grantees,
        List<String> users,
        List<String> serverRoles, List<OwnersCode> ownersCode, PathNeeds pathNeeds, Money money, List<Lz4Column> lz4,
        List<String> computed,
        List<OthersComments.Comment> comments, ArrayNulls arrays, Contents contents, List<File> files) {
    /** The version that this toolkit writes and reads. */
    public static final int FORMAT = 1;

    /** How the dump was made; {@code compression} may be null. {@code client} is pg_dump's version. */
    public record Dump(String format, String compression, boolean owners, boolean privileges, String client,
            int clientMajor) {
    }

    /**
     * The server and database it was made of; {@code creation} is what CREATE DATABASE has to be told to make one like
     * it.
     *
     * @param identity the database, whatever its address is; null in a manifest that was written before this was
     */
    public record Origin(String server, String version, int major, String encoding, String collate, String ctype,
            String sorting, String creation, String identity) {
        /**
         * @return what texts sort by, as {@link lib.server.Server.Facts Server.Facts} has it; a manifest that was
         * written before has only the locale of the C library
         */
        String sorts() {
            return sorting == null ? collate : sorting;
        }
    }

    /** The snapshot that everything was read under; {@code time} is when it was taken, in UTC. */
    public record Moment(String id, String time) {
    }

    /** One file; {@code name} is relative to the dump when that is a folder. */
    public record File(String name, long bytes, String sha256) {
    }

    private static final String VERSION = "formatVersion";
    /** What may be absent. */
    private static final Set<String> OPTIONAL =
            Set.of("compression", "schema", "timescale", "nextStart", "ownedBy", "money", "lz4", "computed", "comments",
                    "arrays", "sorting", "identity", "pathNeeds", "readers", "circular", "inModeAgain", "rebuild");
    /** Manifests have another word for deferred tables; those of earlier dumps must be understood. */
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping()
            .setFieldNamingStrategy(field -> field.getName().equals("deferred") ? "late" : field.getName()).create();

    /** None in a manifest of an earlier version, which does not list them. */
    @Override
    public List<String> serverRoles() {
        return serverRoles == null ? List.of() : serverRoles;
    }

    /** None in a manifest of an earlier version, which does not list them. */
    @Override
    public List<OwnersCode> ownersCode() {
        return ownersCode == null ? List.of() : ownersCode;
    }

    /** @return the functions that need a search_path; none in a manifest that was written before this was */
    PathNeeds needs() {
        return pathNeeds == null ? PathNeeds.NONE : pathNeeds;
    }

    boolean isPlain() {
        return dump.format.equals(DumpFormat.PLAIN.word());
    }

    /** @return where the manifest of this dump stands */
    public static Path beside(Path dump) {
        return dump.resolveSibling(dump.getFileName() + ".manifest.json");
    }

    /** @return the manifest as it is written: readable, one line for each thing that there are many of */
    String json() {
        return Printable.json(text(GSON.toJsonTree(this).getAsJsonObject(), "")) + "\n";
    }

    private static String text(JsonObject object, String indent) {
        StringJoiner lines = new StringJoiner(",\n", "{\n", "\n" + indent + "}");
        object.entrySet().forEach(entry -> lines
                .add(indent + "  " + GSON.toJson(entry.getKey()) + ": " + text(entry.getValue(), indent + "  ")));
        return lines.toString();
    }

    private static String text(JsonElement value, String indent) {
        if (value instanceof JsonObject object) {
            return text(object, indent);
        } else if (value instanceof JsonArray array && !array.isEmpty()) {
            StringJoiner lines = new StringJoiner(",\n", "[\n", "\n" + indent + "]");
            array.forEach(element -> lines.add(indent + "  " + GSON.toJson(element)));
            return lines.toString();
        }
        return GSON.toJson(value);
    }

    /**
     * Reads the manifest of a dump.
     *
     * @throws Failure when there is none, it is broken, or it is of another version
     */
    public static Manifest read(Path dump) {
        Path file = beside(dump);
        if (!Files.exists(file)) {
            throw Failure.of("the dump \"%s\" has no manifest (\"%s\")", dump, file.getFileName())
                    .hint("an interrupted dump has none: dump again with --resume; restore dumps of other tools with "
                            + "pg_restore or psql");
        }
        return of(file);
    }

    /** @return what a file says that holds a manifest; throws what {@link #read} throws */
    static Manifest of(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            JsonElement tree = JsonParser.parseReader(reader);
            int version = version(tree);
            if (version != FORMAT) {
                throw Failure
                        .of("the manifest \"%s\" has format version %d, and this tsmigrate reads version %d", file,
                                version, FORMAT)
                        .hint(version > FORMAT ? "use a newer tsmigrate, such as the one that made the dump"
                                : "dump again");
            }
            Manifest manifest = GSON.fromJson(tree, Manifest.class);
            missing(manifest).ifPresent(name -> {
                throw broken(file, "\"" + name + "\" is missing");
            });
            return manifest;
        } catch (JsonParseException | NumberFormatException e) {
            throw broken(file, "it is no valid JSON of that form").because(e);
        } catch (IOException e) {
            throw Failure.of("could not read the manifest \"%s\": %s", file, e.getMessage()).because(e);
        }
    }

    private static int version(JsonElement tree) {
        if (tree instanceof JsonObject object && object.get(VERSION) instanceof JsonPrimitive version) {
            return version.getAsInt();
        }
        throw new JsonParseException("no " + VERSION);
    }

    private static Failure broken(Path file, String why) {
        return Failure.of("the manifest \"%s\" is broken: %s", file, why).hint("dump again");
    }

    /** @return the first part of a record, or of the records in its lists, that JSON did not give */
    private static Optional<String> missing(Object part) {
        if (part instanceof Collection<?> parts) {
            return parts.stream().map(element -> element == null ? Optional.of("element") : missing(element))
                    .flatMap(Optional::stream).findFirst();
        } else if (!(part instanceof Record)) {
            return Optional.empty();
        }
        List<String> names = new ArrayList<>();
        for (RecordComponent component : part.getClass().getRecordComponents()) {
            Object value = value(part, component);
            if (value == null && !OPTIONAL.contains(component.getName())) {
                names.add(component.getName());
            } else if (value != null) {
                missing(value).ifPresent(names::add);
            }
        }
        return names.stream().findFirst();
    }

    private static Object value(Object part, RecordComponent component) {
        try {
            return component.getAccessor().invoke(part);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
