package lib.dump;

import java.nio.file.Files;
import java.nio.file.Path;
import lib.catalog.MigrationOptions;
import lib.talk.Failure;
import lib.tools.Compression;
import lib.tools.DumpFormat;

/**
 * What the operator wants of a dump.
 *
 * @param wanted with the number of workers that write
 * @param out the file or folder to write
 * @param compression null for pg_dump's own choice
 */
public record DumpOrder(MigrationOptions wanted, Path out, DumpFormat format, Compression compression,
        boolean overwrite) {
    /**
     * A migration's own dump: named after the database, and with owners and privileges, which are left out when it is
     * loaded. A plain dump is loaded as it is, so that it is written without them.
     */
    public static DumpOrder inFolder(MigrationOptions wanted, Path folder, String database, DumpFormat format,
            Compression compression, boolean overwrite) {
        DumpOrder order = new DumpOrder(format == DumpFormat.PLAIN ? wanted : wanted.withOwnersAndPrivileges(),
                folder.resolve(database.replace('/', '_') + format.ending()), format, compression, overwrite);
        order.check(true);
        return order;
    }

    /**
     * Asks for what can be known without connecting. A run that goes on puts in place what a killed one has written
     * whole.
     *
     * @param ownFolder whether the folder is ours to create
     * @throws Failure usage, when the parts do not go together or the place is taken
     */
    public void check(boolean ownFolder) {
        if (compression != null && format == DumpFormat.PLAIN) {
            throw Failure.usage("a plain dump is not compressed, since psql could not read it")
                    .hint("use --format custom, or compress it afterwards");
        }
        if (wanted.resume()) {
            DumpOutput.finishKilled(out, wanted.workers());
        }
        DumpOutput.check(out, overwrite || wanted.resume() && Files.exists(Manifest.beside(out)), ownFolder);
    }
}
