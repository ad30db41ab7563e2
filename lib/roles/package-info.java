//SOURCES MissingRoles.java RecognizedKind.java RoleCreation.java RoleDifferences.java RoleDump.java
//SOURCES RoleGains.java RoleLoss.java RoleOutcome.java RolePlan.java RolePowers.java RoleReport.java
//SOURCES RoleRules.java RoleScript.java RoleStatements.java RoleTarget.java RoleTranslation.java Roles.java
//SOURCES TargetKind.java TargetKindOption.java
//SOURCES ../timescale/package-info.java
/** The roles of a cluster, and what becomes of them on another one. */
package lib.roles;
