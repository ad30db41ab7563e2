//SOURCES ArrayNulls.java CarriedSettings.java Collations.java DateStyleCheck.java
//SOURCES DefaultPrivileges.java DiskSpace.java EffectiveSettings.java EnvironmentChecks.java
//SOURCES ExtensionAlignment.java ExtensionCheck.java ExtensionCreation.java ExtensionOwners.java
//SOURCES FunctionSettings.java LargeRows.java ManagedServices.java NameConflicts.java
//SOURCES Preflight.java Readability.java TableChecks.java TargetCheck.java TargetSchemas.java
//SOURCES TimescaleAlignment.java TimescaleCheck.java TimescaleRights.java TimescaleSource.java
//SOURCES ValueSettings.java VersionCheck.java
//SOURCES ../facts/package-info.java ../rows/package-info.java
/** What would stop a migration, with the remedy, found out before anything is changed. */
package lib.preflight;
