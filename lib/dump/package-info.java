//SOURCES DumpFiles.java DumpOutput.java DumpWriter.java Dumping.java LateScript.java LoadingScript.java Manifest.java
//SOURCES ManifestCheck.java PlainDump.java Restoration.java RestoreCheck.java RestoreOptions.java RestoredRows.java
//SOURCES ScriptDelivery.java Untried.java
//SOURCES ../load/package-info.java ../preflight/package-info.java ../verify/package-info.java
/** A dump with its manifest: written, checked, restored. */
package lib.dump;
