//SOURCES DumpFiles.java DumpOutput.java DumpWriter.java Dumping.java LoadingScript.java Manifest.java
//SOURCES ManifestCheck.java OrderedScript.java PlainDump.java Restoration.java RestoreCheck.java RestoreOptions.java
//SOURCES RestoredRows.java PlainLoad.java NotRetried.java
//SOURCES ../load/package-info.java ../preflight/package-info.java ../verify/package-info.java
/** A dump with its manifest: written, checked, restored. */
package lib.dump;
