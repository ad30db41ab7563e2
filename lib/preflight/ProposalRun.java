package lib.preflight;

import java.nio.file.Path;
import java.util.List;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.convert.ConversionTarget;
import lib.convert.Proposal;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.OutputFile;
import lib.talk.Printable;

/**
 * Writes which tables of the source could become hypertables. Nothing is changed on either side.
 *
 * @param file for it
 * @param memory of the target's server in bytes, or 0 to find it out
 * @param least how many bytes a table must have to be looked at
 */
public record ProposalRun(OutputFile file, long memory, long least) {
    private static final String LEAST = "100MB";

    /**
     * What the operator wants.
     *
     * @param file to be written, {@code overwrite} whether it may be there already
     * @param memory as {@link Bytes#parse} reads it, or null; {@code least} likewise
     * @throws Failure usage
     */
    public static ProposalRun of(Path file, boolean overwrite, String memory, String least) {
        return new ProposalRun(OutputFile.of(file, overwrite), memory == null ? 0 : bytes("--proposal-memory", memory),
                bytes("--proposal-tables", least == null ? LEAST : least));
    }

    private static long bytes(String option, String text) {
        long bytes = Bytes.parse(text);
        if (bytes <= 0) {
            throw Failure.usage("%s is \"%s\", and must be a number of bytes with a unit, such as 512MB or 8GB", option,
                    text);
        }
        return bytes;
    }

    /** Asks both sides, and writes the file; or says that there is nothing to write, and why. */
    public void write(Server source, Server target, Filters filters, Console console) {
        try (Session from = source.session(); Session to = target.session()) {
            ConversionTarget timescale = ConversionTarget.of(to);
            if (timescale == null) {
                Finding missing = ConversionTarget.missing();
                throw Failure.of("%s", missing.message()).hint("%s", missing.remedy());
            }
            Proposal proposal = Proposal.of(from, Selection.resolve(from, filters), timescale,
                    memory == 0 ? Proposal.Memory.of(to) : new Proposal.Memory(memory, "by --proposal-memory"), least);
            List<Printable> others = proposal.others();
            others.forEach(other -> console.out("not proposed: %s", other));
            if (proposal.count() > 0) {
                file.write(proposal.text());
                console.out("a proposal for %s is in %s", Count.of(proposal.count(), "hypertable"), file.path());
            } else {
                console.out("no file is written, because %s", others.isEmpty()
                        ? "no table of the source has " + Bytes.text(least) + " (--proposal-tables)"
                        : "no table can be proposed");
            }
        }
    }
}
