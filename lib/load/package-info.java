//SOURCES AfterLoad.java ArchiveLoad.java ArchiveScript.java ExclusiveTarget.java ForeignKey.java Grantees.java
//SOURCES Grantors.java LoadMethod.java LoadSettings.java Loading.java OwnerScript.java
//SOURCES OwnersAndPrivileges.java Ownership.java PostData.java PostPlan.java PreData.java SearchPathTrial.java
//SOURCES Repair.java RestoringScript.java SchemaSession.java SchemaWorkers.java
//SOURCES ../rows/package-info.java
/** Objects on the target, in the order that is safe. */
package lib.load;
