//SOURCES ConnectionRemedy.java DatabaseCreation.java DatabaseIdentity.java DropStatements.java
//SOURCES EventTriggers.java Finding.java JournalTables.java Leftovers.java Membership.java NewSession.java
//SOURCES OwnSchema.java OwnSchemaCatalog.java SameDatabase.java Server.java
//SOURCES ServerWatch.java Session.java SessionAbort.java SessionPair.java SessionSettings.java Sessions.java
//SOURCES Settings.java SqlFailures.java StepFile.java TargetDatabase.java TargetLock.java
//SOURCES TerminationMessage.java Verdict.java Versions.java
//SOURCES ../dsn/package-info.java
/** Sessions on a server, questions to it, findings about it, and what we keep there in a schema of our own. */
package lib.server;
