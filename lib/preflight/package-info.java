//SOURCES ArrayNulls.java CarriedSettings.java Collations.java DateStyleCheck.java DefaultPrivileges.java DiskSpace.java
//SOURCES EffectiveSettings.java ExtensionCheck.java ExtensionCreation.java ExtensionOwners.java FunctionSettings.java
//SOURCES LargeRows.java ManagedServices.java NameConflicts.java TableChecks.java Preflight.java Readability.java
//SOURCES EnvironmentChecks.java TargetCheck.java TargetSchemas.java TimescaleAlignment.java TimescaleCheck.java
//SOURCES TimescaleRights.java TimescaleSource.java VersionCheck.java
//SOURCES ../facts/package-info.java ../rows/package-info.java
/** What would stop a migration, with the remedy, found out before anything is changed. */
package lib.preflight;
