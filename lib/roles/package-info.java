//SOURCES MissingRoles.java RecognizedKind.java RoleDifferences.java RoleGains.java RoleLoss.java
//SOURCES RolePlan.java RolePowers.java RoleReport.java RoleRules.java RoleScript.java RoleStatements.java
//SOURCES RoleTarget.java RoleTranslation.java Roles.java TargetKind.java TargetKindOption.java
//SOURCES ../server/package-info.java
/** The roles of a cluster, and what becomes of them on another one. */
package lib.roles;
