//SOURCES ArchiveScript.java LoadMethod.java AfterLoad.java ForeignKey.java OwnersAndPrivileges.java Grantees.java Grantors.java
//SOURCES LoadSettings.java Loading.java ClaimedTarget.java OwnerScript.java Ownership.java PostData.java PostPlan.java
//SOURCES PreData.java Rehearsal.java Repair.java RestoringScript.java SchemaSession.java SchemaWorkers.java
//SOURCES ArchiveLoad.java
//SOURCES ../rows/package-info.java
/** Objects on the target, in the order that is safe. */
package lib.load;
