//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An AWS account with the RDS instance {@code shop} in it, and rds-via-ec2 run against it; as an extension, one for a
 * class, as new for each test.
 */
public final class AwsAccount implements AutoCloseable, BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
    public static final String DATABASE = "shop";
    /** An address for documentation (RFC 5737). */
    public static final String HERE = "203.0.113.7";

    private Moto moto;
    private AwsProxy proxy;
    private String guard;
    private List<String> before;

    /** Starts it, with nothing in it but the instance. */
    public AwsAccount start() {
        moto = Moto.start();
        proxy = AwsProxy.before(moto);
        return reset();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        start();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        reset();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }

    /** Makes it as new. */
    public AwsAccount reset() {
        proxy.reset();
        moto.reset();
        guard = moto.database(DATABASE);
        before = moto.things();
        return this;
    }

    /** @return the security group of the database */
    public String guard() {
        return guard;
    }

    public Moto moto() {
        return moto;
    }

    public AwsProxy proxy() {
        return proxy;
    }

    /** @return what was not there when all was new */
    public List<String> made() {
        return moto.things().stream().filter(item -> !before.contains(item)).toList();
    }

    /** Runs a command such as {@code down}; the words are split at blanks. */
    public CommandRun run(Path folder, String words) {
        return CommandRun.of("RdsViaEc2", Map.of(), words(folder, words));
    }

    /** Starts a command in a process of its own. */
    public ChildCommand start(Path folder, String words) {
        return ChildCommand.start(ChildCommand.java("RdsViaEc2", words(folder, words)),
                folder.toAbsolutePath().getParent(), Moto.ENVIRONMENT);
    }

    /** Starts a command at a terminal. */
    public Terminal terminal(Path folder, String words) {
        return Terminal.start(ChildCommand.java("RdsViaEc2", words(folder, words)), Moto.ENVIRONMENT);
    }

    private String[] words(Path folder, String words) {
        List<String> all = new ArrayList<>(List.of(words.split(" ")));
        all.addAll(List.of("--dir", folder.toString(), "--region", Moto.REGION, "--endpoint-url", proxy.url()));
        return all.toArray(String[]::new);
    }

    /** Does nothing where it could not be started. */
    @Override
    public void close() {
        if (proxy != null) {
            proxy.close();
        }
        if (moto != null) {
            moto.close();
        }
    }
}
