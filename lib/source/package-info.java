//SOURCES AddedDefaults.java Contents.java Counters.java ExtensionRows.java Freezing.java FrozenSource.java
//SOURCES Inventory.java LeftBehind.java Lz4Column.java MovedJobs.java PathNeedSearch.java PathNeeds.java
//SOURCES PausedJobs.java Schema.java SchemaChanges.java Snapshot.java Tablespaces.java
//SOURCES UnreadableOnStandby.java
//SOURCES ../code/package-info.java
/** The source as every step reads it: one snapshot, its contents, and what of them cannot be carried. */
package lib.source;
