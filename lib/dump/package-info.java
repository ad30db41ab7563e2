//SOURCES DumpFiles.java DumpOrder.java DumpOutput.java DumpWriter.java Dumping.java LoaderLimits.java
//SOURCES LoadingScript.java Manifest.java ManifestCheck.java OrderedScript.java PlainDump.java PlainLoad.java
//SOURCES Restoration.java RestoreCheck.java RestoreOptions.java RestoreRoles.java RestoredRows.java
//SOURCES ../load/package-info.java ../preflight/package-info.java ../verify/package-info.java
/** A dump with its manifest: written, checked, restored. */
package lib.dump;
