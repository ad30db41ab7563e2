//SOURCES AddedDefaults.java ArchiveRows.java CarriedEntries.java Contents.java WriteCounters.java
//SOURCES DueJobs.java ExtensionRows.java FrozenSource.java Inventory.java
//SOURCES LeftBehind.java LeftBehindQuery.java Lz4Column.java MovedJobs.java PathNeedSearch.java
//SOURCES PathNeeds.java PauseRights.java PausedJobs.java Schema.java SchemaChanges.java
//SOURCES Snapshot.java Tablespaces.java UnreadableOnStandby.java
//SOURCES ../code/package-info.java
/** The source as every step reads it: one snapshot, its contents, and what of them cannot be carried. */
package lib.source;
