//SOURCES Aborting.java ComputingSessions.java Connecting.java ConnectionRemedy.java DatabaseCreation.java
//SOURCES DatabaseIdentity.java DriverSettings.java Drops.java EventTriggers.java Finding.java JournalTables.java
//SOURCES LastWords.java Leftovers.java NewSession.java OwnSchema.java Rows.java SameDatabase.java Server.java
//SOURCES SessionPair.java SessionSettings.java Sessions.java Settings.java StepFile.java TargetDatabase.java
//SOURCES TargetLock.java Verdict.java Versions.java Watch.java
//SOURCES ../tools/package-info.java
/** Sessions on a server, questions to it, findings about it, and what we keep there in a schema of our own. */
package lib.server;
