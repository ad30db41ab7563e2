//SOURCES CopyRows.java DumpFiles.java DumpOrder.java DumpOutput.java DumpWriter.java Dumping.java EarlierTables.java
//SOURCES FinishedDump.java LoaderLimits.java LoadingScript.java Manifest.java ManifestCheck.java OrderedScript.java
//SOURCES PlainDump.java PlainEntries.java PlainLoad.java PlainScript.java Restoration.java RestoreCheck.java
//SOURCES RestoreOptions.java RestoreRoles.java RestoredRows.java RowScript.java SqlLines.java TableLoader.java
//SOURCES TableRows.java
//SOURCES ../load/package-info.java ../preflight/package-info.java ../verify/package-info.java
/** A dump with its manifest: written, checked, restored. */
package lib.dump;
