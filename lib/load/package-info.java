//SOURCES AfterLoad.java ArchiveLoad.java ArchiveScript.java ExclusiveTarget.java ForeignKey.java Grantees.java
//SOURCES Grantors.java LoadMethod.java LoadSettings.java Loading.java OwnerScript.java OwnersAndPrivileges.java
//SOURCES Ownership.java PostData.java PostPlan.java PreData.java Repair.java RestoringScript.java SchemaSession.java
//SOURCES SchemaWorkers.java SearchPathTrial.java
//SOURCES ../rows/package-info.java
/** Objects on the target, in the order that is safe. */
package lib.load;
