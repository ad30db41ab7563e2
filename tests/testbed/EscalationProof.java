//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that a function of somebody who is no superuser tries to write, through a program of the operating system:
 * what stands in it are the statements that have run the function with a superuser's rights.
 *
 * @param file in the server's folder of data
 */
public record EscalationProof(Path file) {
    /** @return of this name on a server */
    public static EscalationProof on(PgServer server, String name) {
        return new EscalationProof(server.dataFolder().resolve(name));
    }

    /**
     * @param schema where the functions are to stand
     * @param name of the file
     * @return the statements that create {@code evil(int)}, which is declared IMMUTABLE, and what it calls
     */
    public static String[] functions(String schema, String name) {
        return new String[]{"""
                CREATE FUNCTION %1$s.act() RETURNS void LANGUAGE plpgsql AS $act$
                BEGIN
                  COPY (SELECT pg_catalog.current_query()) TO PROGRAM 'cat >> %2$s';
                EXCEPTION WHEN OTHERS THEN NULL;
                END $act$""".formatted(schema, name),
                ("CREATE FUNCTION %1$s.evil(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM "
                        + "%1$s.act(); RETURN i; END'")
                        .formatted(schema)};
    }

    public void assertNone() {
        assertFalse(Files.exists(file), () -> "run by a superuser: " + content());
    }

    private String content() {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins anew. */
    public void remove() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
