//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import lib.server.Finding;
import lib.server.Session;
import lib.timescale.HypertableStatements;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleFeatures;

/**
 * TimescaleDB on the target, where tables become hypertables.
 *
 * @param version of the extension
 * @param schema of its functions
 * @param community whether it compresses and has policies, as the community edition does
 */
public record ConversionTarget(String version, String schema, boolean community) {
    /** @return null where the database does not have the extension */
    public static ConversionTarget of(Session target) {
        TimescaleExtension extension = TimescaleExtension.of(target);
        return extension == null ? null : new ConversionTarget(extension.version(), extension.schema(),
                TimescaleFeatures.edition(target, false, extension.version()) != TimescaleFeatures.Edition.APACHE);
    }

    /** @return what stops a conversion where there is no extension */
    public static Finding missing() {
        return Finding.stop(ConversionCheck.CHECK, "on the target: CREATE EXTENSION timescaledb;",
                "the target's database does not have timescaledb, which hypertables need");
    }

    HypertableStatements statements() {
        return new HypertableStatements(schema);
    }
}
