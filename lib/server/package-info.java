//SOURCES ConnectionRemedy.java DatabaseCreation.java DatabaseIdentity.java DropStatements.java
//SOURCES EventTriggers.java FactQuery.java Finding.java JournalTables.java Leftovers.java Membership.java
//SOURCES NewSession.java OldestVersion.java OwnSchema.java OwnSchemaCatalog.java SameDatabase.java
//SOURCES Server.java ServerWatch.java Session.java SessionAbort.java SessionPair.java SessionSettings.java
//SOURCES Sessions.java Settings.java SqlFailures.java StepFile.java TargetDatabase.java TargetLock.java
//SOURCES TerminationMessage.java Verdict.java Versions.java
//SOURCES ../dsn/package-info.java
/** Sessions on a server, questions to it, findings about it, and what we keep there in a schema of our own. */
package lib.server;
