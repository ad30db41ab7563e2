//SOURCES AdvisoryLock.java ConnectionRemedy.java Continuity.java DatabaseCreation.java DatabaseIdentity.java
//SOURCES DropStatements.java EventTriggers.java FactQuery.java Finding.java JournalTables.java Leftovers.java
//SOURCES LoadingCopy.java Membership.java NewSession.java OldestVersion.java OwnSchema.java OwnSchemaCatalog.java
//SOURCES RegainedLock.java Retries.java SameDatabase.java Server.java ServerWatch.java Session.java SessionAbort.java
//SOURCES SessionPair.java SessionSettings.java Sessions.java Settings.java SqlFailures.java StepFile.java
//SOURCES TargetDatabase.java TargetLock.java TerminationMessage.java TransientFault.java Verdict.java Versions.java
//SOURCES WorkerSessions.java
//SOURCES ../dsn/package-info.java
/** Sessions on a server, questions to it, findings about it, and what we keep there in a schema of our own. */
package lib.server;
