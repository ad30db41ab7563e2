//DEPS info.picocli:picocli:4.7.7
package lib.roles;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The option {@code --target-kind}, for every command that depends on it. */
public final class TargetKindOption {
    private static final String KINDS = "auto, "
            + Arrays.stream(TargetKind.values()).map(TargetKind::option).sorted().collect(Collectors.joining(", "));

    @Option(names = "--target-kind", paramLabel = "KIND", order = 9, converter = Converter.class,
            description = "what the target is: cloud, mst, postgres or auto (default: auto)")
    private TargetKind kind;

    /** @return the kind that was given, or null to recognize it */
    public TargetKind given() {
        return kind;
    }

    static final class Converter implements ITypeConverter<TargetKind> {
        @Override
        public TargetKind convert(String value) {
            if (value.equals("auto")) {
                return null;
            }
            return Arrays.stream(TargetKind.values()).filter(kind -> kind.option().equals(value)).findFirst()
                    .orElseThrow(
                            () -> new TypeConversionException("expected one of " + KINDS + ", not \"" + value + "\""));
        }
    }
}
