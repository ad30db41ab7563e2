//SOURCES DumpFiles.java DumpOrder.java DumpOutput.java DumpWriter.java Dumping.java EarlierTables.java
//SOURCES FinishedDump.java LoaderLimits.java LoadingScript.java Manifest.java ManifestCheck.java OrderedScript.java
//SOURCES PlainDump.java PlainLoad.java Restoration.java RestoreCheck.java RestoreOptions.java RestoreRoles.java
//SOURCES RestoredRows.java RowScript.java TableLoader.java TableRows.java
//SOURCES ../load/package-info.java ../preflight/package-info.java ../verify/package-info.java
/** A dump with its manifest: written, checked, restored. */
package lib.dump;
