//SOURCES ConnectionRemedy.java DatabaseCreation.java DatabaseIdentity.java DropStatements.java
//SOURCES EventTriggers.java Finding.java JournalTables.java Leftovers.java NewSession.java OwnSchema.java
//SOURCES Rows.java SameDatabase.java Server.java ServerWatch.java SessionAbort.java SessionPair.java
//SOURCES SessionSettings.java Sessions.java Settings.java SqlFailures.java StepFile.java TargetDatabase.java
//SOURCES TargetLock.java TerminationMessage.java Verdict.java Versions.java
//SOURCES ../dsn/package-info.java
/** Sessions on a server, questions to it, findings about it, and what we keep there in a schema of our own. */
package lib.server;
