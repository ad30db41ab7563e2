//SOURCES AlterJob.java CatalogRights.java CatalogSequence.java CatalogShape.java ChunkFacts.java
//SOURCES CompressedChunk.java DisabledJobs.java DueJobs.java HypertableFacts.java Hypertables.java
//SOURCES JobFacts.java Jobs.java MovedJobs.java PauseRecord.java PauseRights.java RestoringMode.java
//SOURCES Timescale.java TimescaleCatalog.java TimescaleDefect.java TimescaleExtension.java
//SOURCES TimescaleFeatures.java TimescaleNames.java TimescaleSettings.java TimescaleVersions.java
//SOURCES ../server/package-info.java
/** The extension TimescaleDB: its catalog, its jobs, its restoring mode. */
package lib.timescale;
