//SOURCES DumpFiles.java DumpOrder.java DumpOutput.java DumpWriter.java Dumping.java LoadingScript.java Manifest.java
//SOURCES ManifestCheck.java LoaderLimits.java OrderedScript.java PlainDump.java PlainLoad.java Restoration.java
//SOURCES RestoreCheck.java RestoreOptions.java RestoreRoles.java RestoredRows.java
//SOURCES ../load/package-info.java ../preflight/package-info.java ../verify/package-info.java
/** A dump with its manifest: written, checked, restored. */
package lib.dump;
