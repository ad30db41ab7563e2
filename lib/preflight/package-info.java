//SOURCES ArrayNulls.java CarriedSettings.java Collations.java DateStyleCheck.java DefaultPrivileges.java
//SOURCES DiskSpace.java EffectiveSettings.java EnvironmentChecks.java ExtensionAlignment.java ExtensionCheck.java
//SOURCES ExtensionCreation.java ExtensionOwners.java FunctionSettings.java LargeRows.java ManagedServices.java
//SOURCES NameConflicts.java Preflight.java PreflightRun.java ProposalRun.java Readability.java StandingObjects.java
//SOURCES TableChecks.java TargetCheck.java TargetSchemas.java TimescaleAlignment.java TimescaleCheck.java
//SOURCES TimescaleRights.java TimescaleSource.java ValueSettings.java VersionCheck.java
//SOURCES ../rows/package-info.java ../convert/package-info.java
/** What would stop a migration, with the remedy, found out before anything is changed. */
package lib.preflight;
