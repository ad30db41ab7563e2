//SOURCES AddedDefaults.java Contents.java Counters.java ExtensionRows.java Freezing.java FrozenSource.java
//SOURCES Inventory.java Lz4Column.java MovedJobs.java PathNeedSearch.java PathNeeds.java PausedJobs.java Schema.java
//SOURCES SchemaChanges.java Snapshot.java Tablespaces.java LeftBehind.java UnreadableOnStandby.java
//SOURCES ../code/package-info.java
/** The source as every step reads it: one snapshot, its contents, and what of them cannot be carried. */
package lib.source;
