//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.talk.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a manifest looks like to others, and what is said of one that cannot be used. */
class ManifestTest {
    /** This is the format of version 1: dumps of this form are on other people's disks. */
    private static final String VERSION_1 = """
            {
              "formatVersion": 1,
              "tool": "0.1.0",
              "created": "2026-01-02T03:04:05Z",
              "dump": {
                "format": "custom",
                "compression": "gzip:9",
                "owners": true,
                "privileges": true,
                "client": "15.18",
                "clientMajor": 15
              },
              "source": {
                "server": "postgresql://app@old:5432/shop",
                "version": "15.18",
                "major": 15,
                "encoding": "UTF8",
                "collate": "C.UTF-8",
                "ctype": "C.UTF-8",
                "creation": "TEMPLATE template0 ENCODING 'UTF8'"
              },
              "snapshot": {
                "id": "00000003-0000001B-1",
                "time": "2026-01-02T03:04:00Z"
              },
              "filters": [
                "--schema=app"
              ],
              "extensions": [
                {"name":"citext","version":"1.6","schema":"public"}
              ],
              "uncarried": [
                {"kind":"event-triggers","name":"seen","reason":"only a superuser may create an event \
            trigger","catalog":3466,"oid":16999}
              ],
              "grantees": [
                "reader"
              ],
              "users": [],
              "serverRoles": [
                "postgres"
              ],
              "ownersCode": [
                {"owner":"app","powers":["CREATEROLE"],"code":["function app.f() (SECURITY DEFINER)"]}
              ],
              "contents": {
                "database": "shop",
                "selective": true,
                "tablesOnly": false,
                "tables": [
                  {"oid":16400,"schema":"app","name":"item \\"x\\" \
            <ü>","rows":100,"bytes":8192,"late":false,"catalog":false,"turn":0}
                ],
                "sequences": [
                  {"oid":16401,"schema":"app","name":"ticket","value":77,"called":true}
                ],
                "materializedViews": [
                  {"oid":16402,"schema":"app","name":"total"}
                ],
                "analyzed": [
                  {"oid":16400,"schema":"app","name":"item"}
                ],
                "schemas": [
                  {"oid":16399,"schema":"","name":"app"}
                ],
                "tablespaces": [],
                "objects": [
                  {"catalog":2615,"oid":16399,"kind":"SCHEMA","identity":"app","owner":"app","part":false}
                ],
                "partitioned": [
                  {"catalog":1259,"oid":16403}
                ],
                "waiting": [],
                "privileges": [
                  "GRANT CONNECT ON DATABASE \\"shop\\" TO \\"reader\\""
                ],
                "settings": []
              },
              "files": [
                {"name":"shop.dump","bytes":4711,\
            "sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
              ]
            }
            """;

    @TempDir
    Path folder;

    @Test
    void version_1_is_read_and_written_in_this_form() throws IOException {
        Manifest manifest = read(VERSION_1);

        assertEquals(VERSION_1, manifest.json());
        assertEquals("item \"x\" <ü>", manifest.contents().tables().get(0).name());
        assertNull(manifest.contents().objects().get(0).schema());
    }

    @Test
    void it_stands_beside_the_dump() {
        assertEquals(Path.of("/backup/shop.dump.manifest.json"), Manifest.beside(Path.of("/backup/shop.dump")));
        assertEquals(Path.of("shop.manifest.json"), Manifest.beside(Path.of("shop")));
    }

    @Test
    void a_dump_without_one_is_refused() {
        refused("""
                the dump "%1$s/shop" has no manifest ("shop.manifest.json")
                an interrupted dump has none: dump again with --resume; restore dumps of other tools with \
                pg_restore or psql""",
                assertThrows(Failure.class, () -> Manifest.read(folder.resolve("shop"))));
    }

    @Test
    void one_of_a_newer_format_is_refused() {
        refused("""
                the manifest "%1$s/shop.manifest.json" has format version 2, and this tsmigrate reads version 1
                use a newer tsmigrate, such as the one that made the dump""",
                assertThrows(Failure.class, () -> read("{\"formatVersion\": 2, \"completely\": [\"different\"]}")));
    }

    @Test
    void one_of_another_older_format_is_refused() {
        refused("""
                the manifest "%1$s/shop.manifest.json" has format version 0, and this tsmigrate reads version 1
                dump again""", assertThrows(Failure.class,
                () -> read(VERSION_1.replace("\"formatVersion\": 1", "\"formatVersion\": 0"))));
    }

    @Test
    void a_broken_one_is_refused() {
        String broken = """
                the manifest "%1$s/shop.manifest.json" is broken: it is no valid JSON of that form
                dump again""";
        refused(broken, assertThrows(Failure.class, () -> read("")));
        refused(broken, assertThrows(Failure.class, () -> read("[]")));
        refused(broken, assertThrows(Failure.class, () -> read("{}")));
        refused(broken, assertThrows(Failure.class, () -> read(VERSION_1.substring(0, VERSION_1.length() / 2))));
        refused(broken, assertThrows(Failure.class, () -> read(VERSION_1.replace("4711", "\"many\""))));
        refused("""
                the manifest "%1$s/shop.manifest.json" is broken: "sha256" is missing
                dump again""",
                assertThrows(Failure.class, () -> read(VERSION_1.replace("\"sha256\"", "\"md5\""))));
        refused("""
                the manifest "%1$s/shop.manifest.json" is broken: "contents" is missing
                dump again""",
                assertThrows(Failure.class, () -> read(VERSION_1.replace("\"contents\"", "\"holds\""))));
    }

    private Manifest read(String json) throws IOException {
        Files.writeString(folder.resolve("shop.manifest.json"), json);
        return Manifest.read(folder.resolve("shop"));
    }

    private void refused(String lines, Failure failure) {
        assertEquals(lines.formatted(folder), failure.getMessage() + "\n" + failure.hint());
        assertEquals(3, failure.exitCode());
    }
}
