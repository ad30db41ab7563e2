package testbed;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An AWS account with the RDS instance {@code shop} in it, and rds-via-ec2 run against it. */
public final class AwsAccount implements AutoCloseable {
    public static final String DATABASE = "shop";
    /** An address for documentation (RFC 5737). */
    public static final String HERE = "203.0.113.7";

    private final Moto moto = Moto.start();
    private final AwsProxy proxy = AwsProxy.before(moto);
    private String guard;
    private List<String> before;

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
        return moto.things().stream().filter(thing -> !before.contains(thing)).toList();
    }

    /** Runs a command such as {@code down}; the words are split at blanks. */
    public CommandRun run(Path folder, String words) {
        return CommandRun.of("RdsViaEc2", Map.of(), words(folder, words));
    }

    /** The same in a process of its own. */
    public ChildCommand start(Path folder, String words) {
        return ChildCommand.start(ChildCommand.java("RdsViaEc2", words(folder, words)), folder.toAbsolutePath().getParent(), Moto.ENVIRONMENT);
    }

    /** The same at a terminal. */
    public Terminal terminal(Path folder, String words) {
        return Terminal.start(ChildCommand.java("RdsViaEc2", words(folder, words)), Moto.ENVIRONMENT);
    }

    private String[] words(Path folder, String words) {
        List<String> all = new ArrayList<>(List.of(words.split(" ")));
        all.addAll(List.of("--dir", folder.toString(), "--region", Moto.REGION, "--endpoint-url", proxy.url()));
        return all.toArray(String[]::new);
    }

    @Override
    public void close() {
        proxy.close();
        moto.close();
    }
}
