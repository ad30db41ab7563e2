//SOURCES AddedDefaults.java ArchiveRows.java CarriedEntries.java Contents.java ExtensionRows.java
//SOURCES FrozenSource.java Inventory.java LeftBehind.java LeftBehindQuery.java Lz4Column.java
//SOURCES MovedJobsRepair.java PathNeedSearch.java PathNeeds.java PausedJobs.java Schema.java
//SOURCES SchemaChanges.java Snapshot.java Tablespaces.java UnreadableOnStandby.java WriteCounters.java
//SOURCES ../code/package-info.java
/** The source as every step reads it: one snapshot, its contents, and what of them cannot be carried. */
package lib.source;
