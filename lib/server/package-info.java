//SOURCES SessionAbort.java SqlFailures.java ConnectionRemedy.java DatabaseCreation.java DatabaseIdentity.java DropStatements.java
//SOURCES EventTriggers.java Finding.java JournalTables.java TerminationMessage.java Leftovers.java NewSession.java
//SOURCES OwnSchema.java Rows.java SameDatabase.java Server.java SessionPair.java SessionSettings.java Sessions.java
//SOURCES Settings.java StepFile.java TargetDatabase.java TargetLock.java Verdict.java Versions.java ServerWatch.java
//SOURCES ../dsn/package-info.java
/** Sessions on a server, questions to it, findings about it, and what we keep there in a schema of our own. */
package lib.server;
