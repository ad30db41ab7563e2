//SOURCES AlterJob.java CatalogRights.java CatalogSequence.java CatalogShape.java ChunkFacts.java CompressedChunk.java
//SOURCES DisabledJobs.java DueJobs.java HypertableFacts.java HypertableFeature.java HypertableStatements.java
//SOURCES Hypertables.java JobFacts.java Jobs.java MovedJobs.java PauseRecord.java PauseRights.java RestoringMode.java
//SOURCES Timescale.java TimescaleCatalog.java TimescaleDefect.java TimescaleExtension.java TimescaleFeatures.java
//SOURCES TimescaleNames.java TimescaleSettings.java TimescaleVersions.java
//SOURCES ../server/package-info.java
/** The extension TimescaleDB: its catalog, its jobs, its restoring mode. */
package lib.timescale;
