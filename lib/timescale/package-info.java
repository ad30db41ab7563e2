//SOURCES AlterJob.java CatalogRights.java CatalogSequence.java CatalogShape.java ChunkFacts.java CompressedChunk.java
//SOURCES DisabledJobs.java DistributedHypertables.java DueJobs.java HypertableFacts.java HypertableFeature.java
//SOURCES HypertableStatements.java Hypertables.java JobFacts.java Jobs.java MovedJobs.java MultiNode.java
//SOURCES NodeTables.java PauseRecord.java PauseRights.java RestoringMode.java Timescale.java TimescaleCatalog.java
//SOURCES TimescaleDefect.java TimescaleExtension.java TimescaleFeatures.java TimescaleNames.java
//SOURCES TimescaleSettings.java TimescaleVersions.java
//SOURCES ../server/package-info.java
/** The extension TimescaleDB: its catalog, its jobs, its restoring mode. */
package lib.timescale;
