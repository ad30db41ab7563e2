//SOURCES AlterJob.java CatalogRights.java CatalogSequence.java CatalogShape.java ChunkFacts.java CompressedChunk.java
//SOURCES DisabledJobs.java DistributedHypertables.java DueJobs.java ExtensionCall.java HypertableFacts.java
//SOURCES HypertableFeature.java HypertableStatements.java Hypertables.java JobFacts.java Jobs.java MovedJobs.java
//SOURCES MultiNode.java NodeTables.java PauseRecord.java PauseRights.java RestoringMode.java Timescale.java
//SOURCES TimescaleCatalog.java TimescaleDefect.java TimescaleExtension.java TimescaleFeatures.java
//SOURCES TimescaleNames.java TimescaleSettings.java TimescaleVersions.java
//SOURCES ../server/package-info.java
/** The extension TimescaleDB: its catalog, its jobs, its restoring mode. */
package lib.timescale;
