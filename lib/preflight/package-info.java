//SOURCES ArrayNulls.java CarriedSettings.java Collations.java DataNodeCheck.java DataNodeObjects.java
//SOURCES DateStyleCheck.java DefaultPrivileges.java DiskSpace.java EffectiveSettings.java EnvironmentChecks.java
//SOURCES ExtensionAlignment.java ExtensionCheck.java ExtensionCreation.java ExtensionOwners.java
//SOURCES FunctionSettings.java LargeRows.java ManagedServices.java NameConflicts.java NewerTimescale.java
//SOURCES Preflight.java PreflightRun.java ProposalRun.java Readability.java StandingObjects.java TableChecks.java
//SOURCES TargetCheck.java TargetSchemas.java TimescaleAlignment.java TimescaleCheck.java TimescaleRights.java
//SOURCES TimescaleSource.java ValueSettings.java VersionCheck.java
//SOURCES ../nodes/package-info.java
//SOURCES ../rows/package-info.java ../convert/package-info.java
/** What would stop a migration, with the remedy, found out before anything is changed. */
package lib.preflight;
