//SOURCES MissingRoles.java RecognizedKind.java RoleCreation.java RoleDifferences.java RoleDump.java RoleGains.java
//SOURCES RoleLoss.java RoleOutcome.java RolePlan.java RolePowers.java RoleRecord.java RoleReport.java RoleRules.java
//SOURCES RoleScript.java RoleStatements.java RoleTarget.java RoleTranslation.java Roles.java TargetKind.java
//SOURCES TargetKindOption.java
//SOURCES ../timescale/package-info.java
/** The roles of a cluster, and what becomes of them on another one. */
package lib.roles;
