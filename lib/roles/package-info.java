//SOURCES MissingRoles.java RecognizedKind.java RoleCreation.java RoleDifferences.java
//SOURCES RoleGains.java RoleLoss.java RoleOutcome.java RolePlan.java RolePowers.java
//SOURCES RoleReport.java RoleRules.java RoleScript.java RoleStatements.java RoleTarget.java
//SOURCES RoleTranslation.java Roles.java TargetKind.java TargetKindOption.java
//SOURCES ../timescale/package-info.java
/** The roles of a cluster, and what becomes of them on another one. */
package lib.roles;
