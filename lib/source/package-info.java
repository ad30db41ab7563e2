//SOURCES AddedDefaults.java ArchiveRows.java CarriedEntries.java Contents.java ExtensionRows.java FrozenSource.java
//SOURCES Inventory.java LeftBehind.java LeftBehindQuery.java Lz4Column.java MovedJobsRepair.java PathNeedSearch.java
//SOURCES PathNeeds.java PausedJobs.java PopulatedViews.java Schema.java SchemaChanges.java Snapshot.java
//SOURCES Tablespaces.java Timeline.java UnreadableOnStandby.java WriteCounters.java
//SOURCES ../code/package-info.java
//SOURCES ../rebuild/package-info.java
/** The source as every step reads it: one snapshot, its contents, and what of them cannot be carried. */
package lib.source;
