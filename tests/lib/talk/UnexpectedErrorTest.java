//DEPS info.picocli:picocli:4.7.7
//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** An error that nobody has expected says nothing about what was changed; that is known all the same. */
class UnexpectedErrorTest {
    @Command(name = "broken")
    private static final class Broken implements Callable<Integer> {
        @Option(names = "--begin")
        boolean begins;
        @Mixin
        Console console = new Console();

        @Override
        public Integer call() {
            if (begins) {
                console.begin();
            }
            throw new ArithmeticException("division\nby \u001b zero");
        }
    }

    /** A command with it as its subcommand, as rds-via-ec2 has them. */
    @Command(name = "outer", subcommands = Broken.class)
    private static final class Outer {
        @Mixin
        Console console = new Console();
    }

    @ParameterizedTest
    @CsvSource({"3, broken, ''", "1, broken, --begin", "3, outer, broken", "1, outer, broken --begin",
            "3, broken, -v", "1, broken, -v --begin"})
    void it_is_a_refusal_only_where_nothing_had_begun(int code, String command, String arguments) {
        CommandLine line = new CommandLine(command.equals("outer") ? new Outer() : new Broken());
        Console.configure(line);
        StringWriter err = new StringWriter();
        line.setErr(new PrintWriter(err));
        assertEquals(code, line.execute(arguments.isEmpty() ? new String[0] : arguments.split(" ")));
        String said = """
                NAME: error: unexpected ArithmeticException: division
                NAME: hint: run again with -v for the details, and report them
                """.replace("NAME", command);
        assertEquals(said, err.toString().lines().limit(2).map(text -> text + "\n").reduce("", String::concat));
        if (arguments.startsWith("-v")) {
            assertTrue(err.toString().contains(command + ": trace: java.lang.ArithmeticException: division\n"),
                    err.toString());
        } else {
            assertEquals(said, err.toString());
        }
    }
}
