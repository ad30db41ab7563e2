//SOURCES ArrayNulls.java CarriedSettings.java Collations.java DateStyleCheck.java DefaultPrivileges.java
//SOURCES DiskSpace.java EffectiveSettings.java EnvironmentChecks.java ExtensionCheck.java
//SOURCES ExtensionCreation.java ExtensionOwners.java FunctionSettings.java LargeRows.java
//SOURCES ManagedServices.java NameConflicts.java Preflight.java Readability.java TableChecks.java
//SOURCES TargetCheck.java TargetSchemas.java TimescaleAlignment.java TimescaleCheck.java TimescaleRights.java
//SOURCES TimescaleSource.java VersionCheck.java
//SOURCES ../facts/package-info.java ../rows/package-info.java
/** What would stop a migration, with the remedy, found out before anything is changed. */
package lib.preflight;
