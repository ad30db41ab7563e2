//SOURCES AlterJob.java CatalogShape.java DisabledJobs.java Jobs.java PauseRecord.java RestoringMode.java
//SOURCES Timescale.java TimescaleCatalog.java TimescaleExtension.java TimescaleFeatures.java TimescaleVersions.java
//SOURCES ../server/package-info.java
/** The extension TimescaleDB: its catalog, its jobs, its restoring mode. */
package lib.timescale;
