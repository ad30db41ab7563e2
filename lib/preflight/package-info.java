//SOURCES ArrayNulls.java CarriedSettings.java Collations.java DateStyleCheck.java DefaultPrivileges.java
//SOURCES DiskSpace.java EffectiveSettings.java EnvironmentChecks.java ExtensionAlignment.java ExtensionCheck.java
//SOURCES ExtensionCreation.java ExtensionOwners.java FunctionSettings.java LargeRows.java ManagedServices.java
//SOURCES NameConflicts.java Preflight.java PreflightRun.java Readability.java StandingObjects.java TableChecks.java
//SOURCES TargetCheck.java TargetSchemas.java TimescaleAlignment.java TimescaleCheck.java TimescaleRights.java
//SOURCES TimescaleSource.java ValueSettings.java VersionCheck.java
//SOURCES ../rows/package-info.java
/** What would stop a migration, with the remedy, found out before anything is changed. */
package lib.preflight;
