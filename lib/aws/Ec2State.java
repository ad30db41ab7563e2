//DEPS com.google.code.gson:gson:2.13.1
package lib.aws;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import lib.talk.Failure;
import lib.talk.OutputFile;

/**
 * What a run has made so far, in the file {@value #FILE} of its folder, written before and after every change. It holds
 * no secret. What was made without being written down, because the process was killed in between, is found by the tag.
 *
 * @param formatVersion the version of the file's own format, {@value #FORMAT}
 * @param run the run's id, the value of the tag
 * @param made what was made, such as {@code instance}, with AWS's identifier of it
 */
public record Ec2State(int formatVersion, String run, Ec2Plan plan, Map<String, String> made) {
    public static final String FILE = "rds-via-ec2.json";
    /** The version that this toolkit writes and reads. */
    public static final int FORMAT = 1;

    /** The EC2 machine. */
    public static final String INSTANCE = "instance";
    /** Where ssh reaches the machine. */
    public static final String ADDRESS = "address";
    /** The security group of the machine. */
    public static final String GROUP = "group";
    /** The rule that lets ssh in. */
    public static final String SSH_RULE = "sshRule";
    /** The rule that lets the machine reach the database. */
    public static final String DATABASE_RULE = "databaseRule";
    public static final String KEY_PAIR = "keyPair";
    /** How many machines were tried. */
    public static final String ATTEMPT = "attempt";

    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    /** A run that has made nothing yet; its id is the day and what chance gives. */
    static Ec2State begin(Ec2Plan plan) {
        String day = LocalDate.now(ZoneOffset.UTC).format(DateTimeFormatter.BASIC_ISO_DATE);
        return new Ec2State(FORMAT, "%s-%06x".formatted(day, new SecureRandom().nextInt(1 << 24)), plan, Map.of());
    }

    /** @return the same run with another plan */
    Ec2State replanned(Ec2Plan other) {
        return new Ec2State(formatVersion, run, other, made);
    }

    /** @return whether there is a state file in this folder */
    private static boolean exists(Path folder) {
        return Files.exists(folder.resolve(FILE));
    }

    /** @return {@link #read}, or nothing where there is no state file */
    public static Optional<Ec2State> find(Path folder) {
        return exists(folder) ? Optional.of(read(folder)) : Optional.empty();
    }

    /**
     * @return {@link #read}, once {@code up} is done
     * @throws Failure also when the machine is not ready
     */
    public static Ec2State ready(Path folder) {
        Ec2State state = read(folder);
        if (state.address() == null) {
            throw Failure.of("the machine of \"%s\" is not ready", folder)
                    .hint("run rds-via-ec2 up: it goes on where it was interrupted");
        }
        return state;
    }

    /**
     * Reads the state file of a folder.
     *
     * @throws Failure when there is none, or it is broken
     */
    public static Ec2State read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!exists(folder)) {
            throw Failure.of("there is no \"%s\": nothing was made from this folder", file)
                    .hint("name the folder of up with --dir; what all runs have made: aws ec2 describe-tags --filters "
                            + "Name=key,Values=%s",
                            Ec2Plan.TAG);
        }
        try {
            Ec2State state = GSON.fromJson(Files.readString(file), Ec2State.class);
            if (state != null && state.formatVersion == FORMAT && state.run != null && state.plan != null
                    && state.made != null) {
                return state;
            }
            throw broken(file);
        } catch (JsonParseException e) {
            throw broken(file).because(e);
        } catch (IOException e) {
            throw Failure.of("could not read \"%s\": %s", file, e.getMessage()).because(e);
        }
    }

    private static Failure broken(Path file) {
        return Failure.of("\"%s\" is broken, or of another version of tsmigrate", file)
                .hint("list what runs have made, and remove it by hand: aws ec2 describe-tags --filters "
                        + "Name=key,Values=%s",
                        Ec2Plan.TAG);
    }

    /** Writes the state file, of mode 0600; it is never half written. */
    public Ec2State write(Path folder) {
        new OutputFile(folder.resolve(FILE), true).write(GSON.toJson(this) + "\n");
        return this;
    }

    /** @return the state with one more thing, or, without an identifier, with one less */
    public Ec2State with(String item, String id) {
        Map<String, String> all = new LinkedHashMap<>(made);
        if (id == null) {
            all.remove(item);
        } else {
            all.put(item, id);
        }
        return new Ec2State(formatVersion, run, plan, all);
    }

    /** @return what ssh connects to, or null as long as there is no machine */
    public String address() {
        return made.get(ADDRESS);
    }

    /** @return the user of the machine */
    public String user() {
        return Ec2Plan.USER;
    }

    /** @return where ssh keeps the key of the machine itself */
    public Path knownHosts(Path folder) {
        return folder.resolve("known_hosts-" + run);
    }

    /** @return the private key of that user */
    public Path key() {
        return Path.of(plan.key().file());
    }
}
